//! Tokens whose signature was not verified. Anybody can write such a text: it is used only to choose the issuer and the key,
//! and to show the sender its claims.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::OidcReason;

/// Real tokens have about 2 KB. A longer text is refused before anything looks at it.
pub(super) const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// Real key ids have 40 characters.
const MAX_KEY_ID_BYTES: usize = 256;

/// A token whose signature nobody has checked.
pub(super) struct UnverifiedToken<'a> {
    pub(super) header: UnverifiedHeader,
    pub(super) claims: UnverifiedClaims,
    /// Header and payload as they were sent, which is what the signature is over.
    message: &'a str,
    signature: &'a str,
}

/// The header. `jku`, `jwk`, `x5u` and `x5c` are not even read: a token that brings its own key, or says
/// where to fetch one, proves nothing.
#[derive(Deserialize)]
pub(super) struct UnverifiedHeader {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood (RFC 7515, section 4.1.11). We understand none.
    #[serde(default)]
    crit: Option<serde::de::IgnoredAny>,
}

/// The payload.
pub(super) struct UnverifiedClaims(Map<String, Value>);

/// The payload of a token whose signature was right. Only [`UnverifiedToken::verify`] makes one.
pub(super) struct SignedClaims(Map<String, Value>);

impl<'a> UnverifiedToken<'a> {
    /// Takes a token apart.
    pub(super) fn parse(token: &'a str) -> Result<Self, OidcReason> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(OidcReason::TooLong { bytes: token.len() });
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, signature] = parts[..] else {
            return Err(OidcReason::Malformed("it has not three parts between its dots"));
        };
        Ok(Self {
            header: decode(header, "its header is not base64url of a JSON object with `alg` and `kid`")?,
            claims: UnverifiedClaims(decode(payload, "its payload is not base64url of a JSON object")?),
            message: &token[..header.len() + 1 + payload.len()],
            signature,
        })
    }

    /// Checks the signature. The algorithm is ours and not the token's: the attacks that swap it (`none`, or
    /// HS256 with the public key as the secret) have nothing to swap.
    pub(super) fn verify(self, key: &DecodingKey) -> Result<SignedClaims, UnverifiedClaims> {
        let right =
            jsonwebtoken::crypto::verify(self.signature, self.message.as_bytes(), key, Algorithm::RS256);
        if matches!(right, Ok(true)) { Ok(SignedClaims(self.claims.0)) } else { Err(self.claims) }
    }
}

impl UnverifiedHeader {
    /// The name of the key, if the header asks for nothing that we don't do. It is looked up in a map as it
    /// is, and never becomes part of a path, a URL or a query.
    pub(super) fn key_id(&self) -> Result<&str, OidcReason> {
        if self.alg != "RS256" {
            return Err(OidcReason::Algorithm { got: excerpt(&self.alg) });
        }
        if self.crit.is_some() {
            return Err(OidcReason::Malformed("its header has critical extensions"));
        }
        match self.kid.as_deref() {
            None | Some("") => Err(OidcReason::KeyId("there is no `kid`")),
            Some(kid) if kid.len() > MAX_KEY_ID_BYTES => Err(OidcReason::KeyId("its `kid` is too long")),
            Some(kid) => Ok(kid),
        }
    }
}

impl UnverifiedClaims {
    /// Returns the unverified issuer.
    pub(super) fn issuer(&self) -> Result<&str, OidcReason> {
        match self.0.get("iss") {
            Some(Value::String(iss)) => Ok(iss),
            Some(other) => Err(OidcReason::invalid_claim("iss", "a string", other)),
            None => Err(OidcReason::ClaimMissing { claim: "iss" }),
        }
    }

    /// All of them, to be shown.
    pub(super) fn all(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl SignedClaims {
    /// Claims that nobody signed, for tests of what comes after the signature.
    #[cfg(test)]
    pub(super) fn made_up(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// All of them.
    pub(super) fn all(&self) -> &Map<String, Value> {
        &self.0
    }
}

fn decode<T: serde::de::DeserializeOwned>(part: &str, otherwise: &'static str) -> Result<T, OidcReason> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| OidcReason::Malformed(otherwise))?;
    serde_json::from_slice(&bytes).map_err(|_| OidcReason::Malformed(otherwise))
}

/// Enough of a text that somebody sent to recognise it.
pub(super) fn excerpt(text: &str) -> String {
    const CHARACTERS: usize = 200;
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
