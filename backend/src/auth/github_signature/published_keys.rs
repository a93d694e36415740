//! The keys that GitHub publishes, and how they are read.

use std::collections::HashMap;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use reqwest::Client;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;

use crate::outbound::UnexpectedJson;

/// GitHub's list has 400 bytes a key.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Public keys by their identifiers, each as a DER SubjectPublicKeyInfo.
#[derive(Debug)]
pub(super) struct PublishedKeys(HashMap<String, SubjectPublicKeyInfoDer<'static>>);

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("the address can't be reached")]
    Unreachable(#[source] reqwest::Error),
    #[error("the address answers with status {0}")]
    Status(u16),
    #[error("the address answers with more than {MAX_ANSWER_BYTES} bytes")]
    TooLong,
    #[error("the address does not answer with a list of public keys")]
    NotAList(#[source] UnexpectedJson),
    #[error("the address answers with no key that can be read")]
    NoKeys,
    /// The request that asked was dropped.
    #[error("the request was aborted")]
    CutOff,
}

#[derive(Deserialize)]
struct Answer {
    public_keys: Vec<Published>,
}

#[derive(Deserialize)]
struct Published {
    key_identifier: String,
    key: String,
}

impl PublishedKeys {
    /// Asks for them. The client's time-out holds to the last byte.
    pub(super) async fn fetch(http: &Client, address: &str) -> Result<Self, FetchError> {
        let unreachable = |error: reqwest::Error| FetchError::Unreachable(error.without_url());
        let request = http.get(address).header("Accept", "application/json");
        let mut answer = request.send().await.map_err(unreachable)?;
        if answer.status().as_u16() != 200 {
            return Err(FetchError::Status(answer.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(FetchError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Self::read(&body)
    }

    /// A key that can't be read is left out: the others still serve.
    pub(super) fn read(answer: &[u8]) -> Result<Self, FetchError> {
        let answer: Answer =
            serde_json::from_slice(answer).map_err(|error| FetchError::NotAList(error.into()))?;
        let keys: HashMap<_, _> = answer
            .public_keys
            .into_iter()
            .filter_map(|Published { key_identifier, key }| {
                let key = SubjectPublicKeyInfoDer::from_pem_slice(key.as_bytes()).ok()?;
                Some((key_identifier, key))
            })
            .collect();
        if keys.is_empty() { Err(FetchError::NoKeys) } else { Ok(Self(keys)) }
    }

    pub(super) fn has(&self, identifier: &str) -> bool {
        self.0.contains_key(identifier)
    }

    /// Returns `true` if the key with this id signed the message. A key of another curve never verifies.
    pub(super) fn verifies(&self, identifier: &str, signature: &[u8], message: &[u8]) -> bool {
        let Some(key) = self.0.get(identifier) else { return false };
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(message, signature).is_ok()
    }
}
