//! Client of GitHub's REST API for phase-data, on top of octocrab, and the policy from what GitHub says to what happens to
//! data.
//!
//! In reading order:
//! - [`GitHub`] is the API with one credential; `request` sends, waits for rate limits and retries where that is safe;
//!   [`GitHubError`] lists the failures.
//! - `page` reads lists to their end.
//! - `repository` looks up repositories by name and by id; `issues` reads the state of an issue, and `survey` those of
//!   many: [`Survey`].
//! - `policy` decides what happens to data after a statement of GitHub ([`decide`]); `effect` is the result.
//! - `comments` keeps one comment of an issue up to date.
//! - `dispatch` starts workflows.
//! - `app` has the requests that a GitHub App makes for itself.
//!
//! Nothing here changes stored data.

// Answers are untrusted: no number in them may overflow.
#![warn(clippy::arithmetic_side_effects)]

mod answer;
mod app;
mod comments;
mod dispatch;
mod effect;
mod error;
mod issues;
mod page;
mod policy;
mod rate_limit;
mod repository;
mod request;
mod survey;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderName, HeaderValue, Uri};
use octocrab::service::middleware::auth_header::AuthHeaderLayer;
use octocrab::service::middleware::extra_headers::ExtraHeadersLayer;
use octocrab::service::middleware::reqwest_connector::ReqwestConnector;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use tokio::time::Instant;

pub use app::{Installation, InstallationAccount, RenewToken};
pub use comments::Commented;
pub use dispatch::WorkflowDispatch;
pub use effect::{Effect, Subject};
pub use error::{Failures, GitHubError};
pub use issues::IssueLocation;
pub use policy::{Context, Decision, Fact, Known, KnownIssue, decide};
pub use repository::Repo;
pub use survey::Survey;

/// The requested version of the API.
/// <https://docs.github.com/en/rest/about-the-rest-api/api-versions>
const API_VERSION: &str = "2022-11-28";

/// GitHub's REST API, with one credential.
#[derive(Clone)]
pub struct GitHub {
    http: reqwest::Client,
    /// Replaced together with the token.
    octocrab: Arc<Mutex<Octocrab>>,
    /// Makes a new token when GitHub no longer accepts this one.
    renew: Option<RenewToken>,
    /// `https://api.github.com`, or a GitHub Enterprise Server's `https://host/api/v3`.
    base: String,
    /// The time limit of one call, including its waits.
    patience: Duration,
    /// The deadline of all calls together.
    deadline: Option<Instant>,
    /// Names the proxy of the HTTP client in errors.
    proxy: Option<String>,
}

impl GitHub {
    /// Returns the API below `base`, requested through `http` with this token. The HTTP client must not follow
    /// redirects: they tell where an issue went.
    ///
    /// # Errors
    /// If the address or the token can't be sent. Call it within a tokio runtime.
    pub fn new(
        http: reqwest::Client,
        base: &str,
        token: &str,
        patience: Duration,
    ) -> Result<Self, GitHubError> {
        let base = base.trim_end_matches('/').to_owned();
        let octocrab = Arc::new(Mutex::new(with_token(http.clone(), &base, token)?));
        Ok(Self { http, octocrab, renew: None, base, patience, deadline: None, proxy: None })
    }

    /// Sets a deadline for all calls together, in addition to the time limit of each.
    #[must_use]
    pub fn until(self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// Sets the name of the HTTP client's proxy, for errors.
    #[must_use]
    pub fn through(self, proxy: Option<String>) -> Self {
        Self { proxy, ..self }
    }

    /// Returns whether the deadline of all calls has passed.
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Sets a function that makes a new token when GitHub no longer accepts the current one: tokens of an installation
    /// expire after an hour.
    #[must_use]
    pub fn renewing(self, renew: RenewToken) -> Self {
        Self { renew: Some(renew), ..self }
    }

    /// Replaces the token. Returns false if no function for that is set.
    pub(crate) async fn renew_token(&self) -> Result<bool, GitHubError> {
        let Some(renew) = &self.renew else { return Ok(false) };
        let octocrab = with_token(self.http.clone(), &self.base, &renew().await?)?;
        *self.octocrab.lock().unwrap_or_else(PoisonError::into_inner) = octocrab;
        Ok(true)
    }

    pub(crate) fn octocrab(&self) -> Octocrab {
        self.octocrab.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the address of a path, which begins with a slash.
    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

impl fmt::Debug for GitHub {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("GitHub").field("base", &self.base).finish_non_exhaustive()
    }
}

fn with_token(http: reqwest::Client, base: &str, token: &str) -> Result<Octocrab, GitHubError> {
    let uri: Uri = base.parse().map_err(|_| GitHubError::Address(base.to_owned()))?;
    let mut bearer: HeaderValue = format!("Bearer {token}").parse().map_err(|_| GitHubError::UnfitToken)?;
    bearer.set_sensitive(true);
    let headers = vec![
        (ACCEPT, HeaderValue::from_static("application/vnd.github+json")),
        (HeaderName::from_static("x-github-api-version"), HeaderValue::from_static(API_VERSION)),
    ];
    // The layers are chosen here, because octocrab's own choice sets itself as the user agent. The credential is sent to
    // this base's host only.
    Ok(OctocrabBuilder::new_empty()
        .with_service(ReqwestConnector::new(http))
        .with_layer(&ExtraHeadersLayer::new(Arc::new(headers)))
        .with_layer(&AuthHeaderLayer::new(Some(bearer), uri.clone(), uri))
        .with_auth(AuthState::None)
        .build()
        .unwrap_or_else(|never| match never {}))
}
