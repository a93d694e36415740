//! An issuer's published keys (RFC 7517).

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;

/// The keys that can have signed a token, by their ids. Each key is made once, not for each token.
#[derive(Debug, Default)]
pub(super) struct KeySet(HashMap<String, Arc<DecodingKey>>);

/// The document. A key of a kind that we don't know must not spoil the others, so they are read one by one.
#[derive(Deserialize)]
pub(super) struct PublishedKeys {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct PublishedKey {
    kid: String,
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    n: String,
    e: String,
}

/// Shorter moduli can be factored; longer ones than these are refused by the verification itself.
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

impl KeySet {
    /// The keys of the document that fit.
    pub(super) fn from_published(document: PublishedKeys) -> Self {
        let keys = document.keys.into_iter().filter_map(|key| PublishedKey::deserialize(key).ok());
        Self(keys.filter_map(PublishedKey::usable).collect())
    }

    /// The key of this id.
    pub(super) fn get(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.0.get(kid).cloned()
    }

    /// Returns the number of entries.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl PublishedKey {
    /// The key, if RS256 signatures can be checked with it and its owner does not say otherwise: a key for
    /// encryption or for another algorithm was never meant to vouch for a token.
    fn usable(self) -> Option<(String, Arc<DecodingKey>)> {
        let meant = self.kty == "RSA"
            && self.usage.is_none_or(|usage| usage == "sig")
            && self.alg.is_none_or(|alg| alg == "RS256")
            && !self.kid.is_empty();
        let modulus = URL_SAFE_NO_PAD.decode(&self.n).ok().filter(|_| meant)?;
        let exponent = URL_SAFE_NO_PAD.decode(&self.e).ok()?;
        let fits = MODULUS_BITS.contains(&bits(&modulus));
        let key = || Arc::new(DecodingKey::from_rsa_raw_components(&modulus, &exponent));
        fits.then(|| (self.kid, key()))
    }
}

fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    let significant = &number[zeros..];
    significant.first().map_or(0, |first| significant.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn usable(changes: Value) -> bool {
        let n = URL_SAFE_NO_PAD.encode([0xff; 256]);
        let mut key =
            json!({ "kid": "a", "kty": "RSA", "use": "sig", "alg": "RS256", "n": n, "e": "AQAB", "x5c": [] });
        for (name, value) in changes.as_object().expect("an object") {
            key[name] = value.clone();
        }
        let document = json!({ "keys": [{ "kty": "OKP" }, 7, key] });
        let set = KeySet::from_published(PublishedKeys::deserialize(document).expect("a document"));
        set.get("a").is_some()
    }

    #[test]
    fn only_keys_that_are_meant_for_it_and_long_enough_are_used() {
        assert!(usable(json!({})));
        assert!(usable(json!({ "use": null, "alg": null })));
        let modulus = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        for changes in [
            json!({ "kid": "" }),
            json!({ "kid": null }),
            json!({ "kty": "EC" }),
            json!({ "kty": "oct" }),
            json!({ "use": "enc" }),
            json!({ "alg": "RS512" }),
            json!({ "alg": "HS256" }),
            json!({ "n": "not base64!" }),
            json!({ "e": "===" }),
            json!({ "n": "" }),
            json!({ "n": modulus(&[0xff; 128]) }),
            json!({ "n": modulus(&[&[0x7f][..], &[0xff; 255]].concat()) }),
            json!({ "n": modulus(&[&[0; 128][..], &[0xff; 128]].concat()) }),
            json!({ "n": modulus(&[0xff; 1025]) }),
        ] {
            assert!(!usable(changes.clone()), "{changes}");
        }
    }
}
