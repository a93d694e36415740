//! What phase-data asks of GitHub's REST API, by octocrab.
//!
//! In reading order:
//! - [`GitHub`] is the API with one credential; `request` sends, waits out rate limits and tries again where
//!   that is safe; [`GitHubError`] is what can come of it.
//! - `page` reads lists to their end.
//! - `repository` looks repositories up, by name and by id; `issues` tells whether one is closed, moved or gone, and
//!   `survey` does so for many: [`Survey`].
//! - `policy` decides what happens to an issue's data: [`decide`].
//! - `comments` keeps one comment of an issue up to date.
//! - `app` is what a GitHub App asks for itself.
//!
//! Nothing here changes data.

// What GitHub answers is not to be believed: no number of it may overflow.
#![warn(clippy::arithmetic_side_effects)]

mod app;
mod comments;
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
pub use error::{Failures, GitHubError};
pub use issues::{IssueState, Place};
pub use policy::{Decision, KnownIssue, decide};
pub use repository::Repo;
pub use survey::Survey;

/// The version of the API that is asked for.
/// <https://docs.github.com/en/rest/about-the-rest-api/api-versions>
const API_VERSION: &str = "2022-11-28";

/// GitHub's REST API, asked with one credential.
#[derive(Clone)]
pub struct GitHub {
    http: reqwest::Client,
    /// Replaced with its token.
    octocrab: Arc<Mutex<Octocrab>>,
    /// Makes another token when GitHub no longer accepts this one.
    renew: Option<RenewToken>,
    /// `https://api.github.com`, or a GitHub Enterprise Server's `https://host/api/v3`.
    base: String,
    /// How long one call may take, with all that it waits for.
    patience: Duration,
    /// When all calls together have to be over.
    deadline: Option<Instant>,
}

impl GitHub {
    /// The API below `base`, asked through `http` with this token. The client must not follow redirects: what
    /// redirects an issue is to be known here.
    ///
    /// # Errors
    /// If the address or the token can't be sent. It must be called within a tokio runtime.
    pub fn new(
        http: reqwest::Client,
        base: &str,
        token: &str,
        patience: Duration,
    ) -> Result<Self, GitHubError> {
        let base = base.trim_end_matches('/').to_owned();
        let octocrab = Arc::new(Mutex::new(with_token(http.clone(), &base, token)?));
        Ok(Self { http, octocrab, renew: None, base, patience, deadline: None })
    }

    /// Gives all calls together this deadline, beside the time that each may take.
    #[must_use]
    pub fn until(self, deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// Tells whether the deadline of all calls has passed.
    pub(crate) fn is_out_of_time(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Asks for another token when GitHub no longer accepts the one that it has: those of an installation end after an
    /// hour.
    #[must_use]
    pub fn renewing(self, renew: RenewToken) -> Self {
        Self { renew: Some(renew), ..self }
    }

    /// Replaces the token. Answers whether that could be done.
    pub(crate) async fn renew_token(&self) -> Result<bool, GitHubError> {
        let Some(renew) = &self.renew else { return Ok(false) };
        let octocrab = with_token(self.http.clone(), &self.base, &renew().await?)?;
        *self.octocrab.lock().unwrap_or_else(PoisonError::into_inner) = octocrab;
        Ok(true)
    }

    pub(crate) fn octocrab(&self) -> Octocrab {
        self.octocrab.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The address of a path, which begins with a slash.
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
    // Layer by layer, and not by octocrab's own choice of them, which names itself as the user agent. The
    // credential goes to this base's host alone.
    Ok(OctocrabBuilder::new_empty()
        .with_service(ReqwestConnector::new(http))
        .with_layer(&ExtraHeadersLayer::new(Arc::new(headers)))
        .with_layer(&AuthHeaderLayer::new(Some(bearer), uri.clone(), uri))
        .with_auth(AuthState::None)
        .build()
        .unwrap_or_else(|never| match never {}))
}
