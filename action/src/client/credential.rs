//! The credential of one attempt.
//!
//! Each attempt requests a new id token: the backend refuses one that was used for another write, and an old one may
//! expire during the retries.

use phase_data_wire::OidcDiscovery;
use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, AUTHORIZATION};
use serde::Deserialize;
use tokio::time::Instant;

use super::answer::Answer;
use super::peer::Peer;
use super::retry::{Attempt, RetryBudget};
use super::{Client, REQUEST_ID};
use crate::auth::{Auth, TokenService};
use crate::error::BackendProblem;
use crate::error::{CredentialError, CredentialKind, Error};
use crate::log::Log;
use crate::secret::Secret;
use crate::text::one_line;

/// The used part of the token service's answer.
#[derive(Deserialize)]
struct TokenAnswer {
    value: String,
}

impl Client<'_> {
    /// Adds the credential to the request.
    pub(super) async fn authorized(
        &self,
        request: RequestBuilder,
        deadline: Instant,
        log: &mut Log<'_>,
    ) -> Result<RequestBuilder, Error> {
        let credential = match &self.job.auth {
            Auth::ApiKey(key) => key.clone(),
            Auth::IdToken(service) => {
                let audience = self.audience(service, deadline, log).await?;
                self.id_token(service, audience, deadline, log).await?
            }
        };
        Ok(request.bearer_auth(credential.expose()))
    }

    /// Returns the audience in the workflow, otherwise that of the backend: `GET /api/v1/auth/oidc`, once.
    async fn audience(
        &self,
        service: &TokenService,
        deadline: Instant,
        log: &mut Log<'_>,
    ) -> Result<&str, Error> {
        if let Some(audience) = self.audience.get() {
            return Ok(audience);
        }
        let audience = match &service.audience {
            Some(audience) => audience.clone(),
            None => self.discovered(deadline, log).await?,
        };
        log.line(&format!("Sending an id token of this job for the audience {}.", one_line(&audience, 200)));
        Ok(self.audience.get_or_init(|| audience))
    }

    /// Returns the audience that the backend names, if it is the backend's own address.
    ///
    /// A token for another service's audience is a credential there. A hostile backend, or an attacker on an unencrypted
    /// connection, could name any audience: it must be the address that the author of the workflow chose.
    async fn discovered(&self, deadline: Instant, log: &mut Log<'_>) -> Result<String, Error> {
        let backend = &self.job.backend;
        if !backend.is_tamper_proof() {
            return Err(CredentialError::PlainDiscovery { origin: backend.origin() }.into());
        }
        let audience = self.discovery(deadline, log).await?.audience;
        if !backend.is_same(&audience) {
            let audience = one_line(&log.without_secrets(&audience), 200);
            return Err(
                CredentialError::ForeignAudience { audience, backend: backend.as_str().to_owned() }.into()
            );
        }
        Ok(audience)
    }

    async fn discovery(&self, deadline: Instant, log: &mut Log<'_>) -> Result<OidcDiscovery, Error> {
        let url = self.job.backend.call(&["auth", "oidc"]);
        let mut budget = RetryBudget::until(deadline, Peer::Backend);
        let answer = loop {
            let request = self.http.get(url.clone()).header(REQUEST_ID, self.runner.trace.request_id()?);
            if let Attempt::Final(outcome) = budget.attempt(request, log).await {
                break outcome.map_err(|error| self.unreachable(&error, &budget))?;
            }
        };
        // An older backend does not have the path; a newer one may have no OIDC configured.
        let code = answer.problem().map(BackendProblem::code);
        if matches!(code, Some("route_not_found" | "oidc_not_configured")) {
            return Err(CredentialError::NotAccepted.into());
        }
        Ok(answer.read::<OidcDiscovery>(CredentialKind::Nothing)?.body)
    }

    /// Requests a new token, and masks it before anything else is printed.
    async fn id_token(
        &self,
        service: &TokenService,
        audience: &str,
        deadline: Instant,
        log: &mut Log<'_>,
    ) -> Result<Secret, Error> {
        let url = service.token_url(audience);
        let mut budget = RetryBudget::until(deadline, Peer::TokenService);
        let answer = loop {
            let request = self.tokens.get(url.clone()).header(ACCEPT, "application/json; api-version=2.0");
            let request = request.header(AUTHORIZATION, format!("bearer {}", service.request_token.expose()));
            if let Attempt::Final(outcome) = budget.attempt(request, log).await {
                break outcome.map_err(|error| CredentialError::Unreachable {
                    proxy: self.runner.proxies.description(service.url()),
                    cause: error.to_string(),
                    attempts: budget.attempts(),
                    seconds: budget.seconds(),
                })?;
            }
        };
        let token = token(&answer)?;
        log.mask(token.expose());
        Ok(token)
    }
}

/// Returns the token in an answer of the token service. No other part of the answer is ever printed.
fn token(answer: &Answer) -> Result<Secret, CredentialError> {
    let status = answer.status.as_u16();
    match status {
        401 | 403 => return Err(CredentialError::Denied { status }),
        200 => {}
        _ => return Err(CredentialError::NoToken { status }),
    }
    let value = serde_json::from_slice(&answer.body).map(|TokenAnswer { value }| value).ok();
    // Masking anything else, like one letter, would make the whole log unreadable.
    let token = value.filter(|value| is_signed_token(value)).and_then(|value| value.parse().ok());
    token.ok_or(CredentialError::NoToken { status })
}

/// Checks for the three parts of a signed token (RFC 7515, section 7.1).
fn is_signed_token(value: &str) -> bool {
    value.split('.').count() == 3 && value.split('.').all(|part| !part.is_empty())
}
