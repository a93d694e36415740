//! The GitHub App, which sends requests for the accounts that have installed it.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use phase_data_github::{GitHub, GitHubError};
use serde::Serialize;
use time::OffsetDateTime;

use crate::outbound::BaseUrl;

/// The time limit of one request, including its waits: a sweep has time, but other accounts wait for its end.
const PATIENCE: Duration = Duration::from_secs(120);

/// An App's id and private key.
#[derive(Debug, Clone)]
pub(crate) struct AppKey {
    id: String,
    key: EncodingKey,
}

/// An App that can send requests.
#[derive(Debug, Clone)]
pub(crate) struct GithubApp {
    key: AppKey,
    http: reqwest::Client,
    api: BaseUrl,
}

/// <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>
#[derive(Serialize)]
struct Claims<'a> {
    iat: i64,
    exp: i64,
    iss: &'a str,
}

impl AppKey {
    /// Returns the key of an App with this id (or client id), from the private key as GitHub provides it: PEM.
    ///
    /// # Errors
    /// If it can't sign, because it is not an RSA key or is a public key.
    pub(crate) fn new(id: String, pem: &[u8]) -> Result<Self, jsonwebtoken::errors::Error> {
        let key = Self { id, key: EncodingKey::from_rsa_pem(pem)? };
        key.token()?;
        Ok(key)
    }

    /// Returns a token that identifies the App for some minutes. GitHub accepts at most ten, and clocks differ.
    fn token(&self) -> Result<String, jsonwebtoken::errors::Error> {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let claims = Claims { iat: now - 60, exp: now + 8 * 60, iss: &self.id };
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &self.key)
    }
}

impl GithubApp {
    pub(crate) fn new(key: AppKey, http: reqwest::Client, api: BaseUrl) -> Self {
        Self { key, http, api }
    }

    /// Returns a client with the App's own credential.
    ///
    /// # Errors
    /// If the key can't sign.
    pub(crate) fn itself(&self) -> anyhow::Result<GitHub> {
        Ok(self.with_token(&self.key.token()?)?)
    }

    /// Returns a client for an installation. Its tokens expire after an hour, and are replaced then.
    ///
    /// # Errors
    /// See [`GitHubError`].
    pub(crate) async fn installed(&self, installation: i64) -> Result<GitHub, GitHubError> {
        let token = self.installation_token(installation).await?;
        let app = self.clone();
        let renew = move || {
            let app = app.clone();
            async move { app.installation_token(installation).await }
        };
        Ok(self.with_token(&token)?.renewing(Arc::new(move || Box::pin(renew()))))
    }

    async fn installation_token(&self, installation: i64) -> Result<String, GitHubError> {
        let app =
            self.itself().map_err(|_| GitHubError::Unauthorized("the App's key can't sign".to_owned()))?;
        app.installation_token(installation).await
    }

    fn with_token(&self, token: &str) -> Result<GitHub, GitHubError> {
        GitHub::new(self.http.clone(), self.api.as_str(), token, PATIENCE)
    }
}
