//! Messages that GitHub signs: ECDSA over P-256 with SHA-256, over the body's exact bytes, by a key that a
//! header names and that GitHub publishes.
//! <https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partnership-program/secret-scanning-partner-program>

mod published_keys;
#[cfg(test)]
mod tests;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use tokio::sync::Mutex;

use crate::outbound::BaseUrl;
use crate::telemetry::chain;
use published_keys::{FetchError, PublishedKeys};

/// The minimum interval between two fetches of the keys, however many requests arrive.
const REFRESH_AFTER: Duration = Duration::from_secs(60);
/// After so long the keys are read again even if a message names one that is known: it may be withdrawn.
const STALE_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// No identifier is longer; GitHub's have 64 characters.
const MAX_IDENTIFIER_CHARS: usize = 128;

/// Verifies GitHub's signatures.
#[derive(Debug)]
pub(crate) struct GithubSignatures {
    http: Client,
    address: String,
    keys: RwLock<Option<(Arc<PublishedKeys>, Instant)>>,
    /// The holder of the lock asks GitHub.
    last_fetch: Mutex<Option<Fetch>>,
}

/// When GitHub was last asked, and why that failed if it did.
#[derive(Debug)]
struct Fetch {
    at: Instant,
    outcome: Result<(), Arc<FetchError>>,
}

/// Why a message is not taken for GitHub's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignatureError {
    /// It is not signed at all.
    #[error("the header Github-Public-Key-Identifier or Github-Public-Key-Signature is missing")]
    Missing,
    /// The signature is damaged, by an unknown key, or of another message. A stranger learns no more.
    #[error("the signature does not match the message, or its key is not published by GitHub")]
    Invalid,
    /// It can't be verified now.
    #[error("GitHub's public keys can't be fetched at the moment")]
    NoKeys {
        /// When GitHub will be asked again.
        again_in: Duration,
        #[source]
        cause: Arc<FetchError>,
    },
}

impl GithubSignatures {
    /// A verifier with the keys that this API publishes.
    pub(crate) fn new(http: Client, api: &BaseUrl) -> Self {
        let address = api.join("meta/public_keys/secret_scanning");
        Self { http, address, keys: RwLock::default(), last_fetch: Mutex::default() }
    }

    /// Checks that GitHub signed these bytes.
    ///
    /// # Errors
    /// See [`SignatureError`].
    pub(crate) async fn verify(
        &self,
        identifier: Option<&str>,
        signature: Option<&str>,
        message: &[u8],
    ) -> Result<(), SignatureError> {
        let (Some(identifier), Some(signature)) = (identifier, signature) else {
            return Err(SignatureError::Missing);
        };
        // An impossible identifier is refused without a request to GitHub.
        let plain = identifier.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !plain || !(1..=MAX_IDENTIFIER_CHARS).contains(&identifier.len()) {
            return Err(SignatureError::Invalid);
        }
        let signature = STANDARD.decode(signature).map_err(|_| SignatureError::Invalid)?;
        let keys = self.keys_with(identifier).await?;
        if keys.verifies(identifier, &signature, message) { Ok(()) } else { Err(SignatureError::Invalid) }
    }

    /// The keys, read again if this one is missing or they are old, but at most once a minute. When they
    /// can't be had, those that are there serve on.
    async fn keys_with(&self, identifier: &str) -> Result<Arc<PublishedKeys>, SignatureError> {
        if let Some(keys) = self.known(identifier) {
            return Ok(keys);
        }
        let mut last_fetch = self.last_fetch.lock().await;
        // Another request may have asked while this one waited.
        if let Some(keys) = self.known(identifier) {
            return Ok(keys);
        }
        let fetches = last_fetch.as_ref().is_none_or(|last| last.at.elapsed() >= REFRESH_AFTER);
        if fetches {
            // Should this request be dropped while it waits, the next one does not ask right again.
            *last_fetch = Some(Fetch { at: Instant::now(), outcome: Err(Arc::new(FetchError::CutOff)) });
            let fetched = PublishedKeys::fetch(&self.http, &self.address).await;
            let outcome = fetched.map(|keys| self.keep(keys)).map_err(Arc::new);
            *last_fetch = Some(Fetch { at: Instant::now(), outcome });
        }
        match (self.current(), &*last_fetch) {
            (Some((keys, _)), last) if keys.has(identifier) => {
                // Otherwise the request is refused, and its own line has the error.
                if let (true, Some(Fetch { outcome: Err(error), .. })) = (fetches, last) {
                    let error = chain(error.as_ref());
                    tracing::warn!(
                        url = self.address,
                        error,
                        "GitHub's public keys could not be fetched; cached keys stay valid"
                    );
                }
                Ok(keys)
            }
            (_, Some(Fetch { at, outcome: Err(cause) })) => {
                let again_in = REFRESH_AFTER.saturating_sub(at.elapsed()).max(Duration::from_secs(1));
                Err(SignatureError::NoKeys { again_in, cause: cause.clone() })
            }
            _ => Err(SignatureError::Invalid),
        }
    }

    /// The keys, if they are fresh and have this one.
    fn known(&self, identifier: &str) -> Option<Arc<PublishedKeys>> {
        let (keys, since) = self.current()?;
        (keys.has(identifier) && since.elapsed() < STALE_AFTER).then_some(keys)
    }

    fn current(&self) -> Option<(Arc<PublishedKeys>, Instant)> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, keys: PublishedKeys) {
        let mut cached = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        *cached = Some((Arc::new(keys), Instant::now()));
    }
}
