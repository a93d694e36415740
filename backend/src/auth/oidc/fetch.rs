//! Asks an issuer for its keys.

use std::time::Duration;

use reqwest::{Client, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Issuer;
use super::jwks::{KeySet, PublishedKeys};
use crate::outbound::UnexpectedJson;

/// The deadline of both requests together, to the last byte.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);
/// GitHub's keys are 10 KB.
const MAX_DOCUMENT_BYTES: usize = 256 * 1024;

/// Fetches keys.
#[derive(Debug)]
pub(super) struct Fetcher {
    http: Client,
    timeout: Duration,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("{address} can't be reached")]
    Unreachable {
        address: String,
        #[source]
        cause: reqwest::Error,
    },
    #[error("{address} answers with status {status}")]
    Status { address: String, status: u16 },
    #[error("{address} redirects to {}, and redirects are not followed", .to.as_deref().unwrap_or("nowhere"))]
    Redirect { address: String, to: Option<String> },
    #[error("{address} answers with more than {MAX_DOCUMENT_BYTES} bytes")]
    TooLong { address: String },
    #[error("{address} does not answer with the right JSON")]
    NotJson {
        address: String,
        #[source]
        cause: UnexpectedJson,
    },
    #[error("{address} is for another issuer, {got:?}")]
    OtherIssuer { address: String, got: String },
    #[error("{address} lists keys at {got:?}, which has another scheme, host or port")]
    ForeignKeys { address: String, got: String },
    #[error("{address} has no RSA key of 2048 bits or more for RS256")]
    NoKeys { address: String },
    #[error("the issuer did not answer within {0:?}")]
    TimedOut(Duration),
    /// The task that fetched came to an end without an outcome.
    #[error("the fetch was aborted")]
    CutOff,
}

/// The part of the discovery document that we need (OpenID Connect Discovery 1.0, section 3).
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Fetcher {
    /// A fetcher that gives up after `timeout`.
    pub(super) fn new(http: Client, timeout: Duration) -> Self {
        Self { http, timeout }
    }

    /// The issuer's keys. One time-out over everything: an answer that comes byte by byte would outlive any
    /// time-out on its parts.
    pub(super) async fn keys(&self, issuer: &Issuer) -> Result<KeySet, FetchError> {
        let fetched = tokio::time::timeout(self.timeout, self.discover_and_fetch(issuer)).await;
        fetched.unwrap_or(Err(FetchError::TimedOut(self.timeout)))
    }

    /// The discovery document is read again each time: it is as old as the keys, and an issuer may move them.
    async fn discover_and_fetch(&self, issuer: &Issuer) -> Result<KeySet, FetchError> {
        let address = issuer.discovery();
        let discovery: Discovery = self.get(&address).await?;
        if discovery.issuer != issuer.iss() {
            return Err(FetchError::OtherIssuer { address, got: discovery.issuer });
        }
        // The keys of GitHub, GitHub Enterprise Server and GitLab are on the issuer's own host. An address
        // elsewhere could be one that only we can reach, or one without TLS.
        let keys_at = discovery.jwks_uri.parse::<Url>().ok().filter(|url| issuer.is_origin_of(url));
        let Some(keys_at) = keys_at else {
            return Err(FetchError::ForeignKeys { address, got: discovery.jwks_uri });
        };
        let published: PublishedKeys = self.get(keys_at.as_str()).await?;
        let keys = KeySet::from_published(published);
        if keys.len() == 0 {
            return Err(FetchError::NoKeys { address: keys_at.into() });
        }
        Ok(keys)
    }

    async fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T, FetchError> {
        let unreachable = |cause: reqwest::Error| FetchError::Unreachable {
            address: address.to_owned(),
            cause: cause.without_url(),
        };
        let mut response = self.http.get(address).send().await.map_err(unreachable)?;
        accept(&response, address)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > MAX_DOCUMENT_BYTES {
                return Err(FetchError::TooLong { address: address.to_owned() });
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body)
            .map_err(|error| FetchError::NotJson { address: address.to_owned(), cause: error.into() })
    }
}

/// Only a direct 200 counts. The address is compared, too, because a client that follows redirects would
/// hide them.
fn accept(response: &reqwest::Response, requested: &str) -> Result<(), FetchError> {
    let address = requested.to_owned();
    if response.url().as_str() != requested {
        return Err(FetchError::Redirect { address, to: Some(response.url().to_string()) });
    }
    match response.status() {
        status if status.is_redirection() => {
            let to = response.headers().get("location").and_then(|to| to.to_str().ok());
            Err(FetchError::Redirect { address, to: to.map(str::to_owned) })
        }
        status if status.as_u16() != 200 => Err(FetchError::Status { address, status: status.as_u16() }),
        _ => Ok(()),
    }
}
