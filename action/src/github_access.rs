//! Access to GitHub: the address of its API from the runner, and a token.

use std::time::Duration;

use phase_data_github::GitHub;
use tokio::time::Instant;

use crate::backend_url::BackendUrl;
use crate::ca_roots::CaRoots;
use crate::error::Error;
use crate::http;
use crate::inputs::Inputs;
use crate::interface::GITHUB_TOKEN;
use crate::runner::Runner;
use crate::secret::Secret;

/// A GitHub, which may be an Enterprise Server, and the token for it.
#[derive(Debug)]
pub(crate) struct GitHubAccess {
    api: BackendUrl,
    /// The address of its pages.
    pub(crate) server: String,
    token: Secret,
}

impl GitHubAccess {
    pub(crate) fn from_inputs(inputs: &Inputs<'_>) -> Option<Self> {
        let api = inputs.variable("GITHUB_API_URL").unwrap_or_else(|| "https://api.github.com".to_owned());
        let api: Option<BackendUrl> = inputs.valid("GITHUB_API_URL", Some(api.parse()));
        if api.as_ref().is_some_and(|api| !api.is_tamper_proof()) {
            inputs.problem("GITHUB_API_URL: the token is not sent over plain HTTP");
        }
        let token = inputs.given(&GITHUB_TOKEN);
        if token.is_none() {
            inputs.problem("github-token is empty: a sweep, a comment and a dispatch need GitHub");
        }
        let token = inputs.valid("github-token", token.map(|text| text.parse()));
        let server = inputs.variable("GITHUB_SERVER_URL").unwrap_or_else(|| "https://github.com".to_owned());
        Some(Self { api: api?, server: server.trim_end_matches('/').to_owned(), token: token? })
    }

    /// Returns a client of the API, which stops at the deadline.
    pub(crate) fn client(
        &self,
        ca_roots: &CaRoots,
        timeout: Duration,
        runner: &Runner,
        deadline: Instant,
    ) -> Result<GitHub, Error> {
        let url = self.api.url();
        runner.proxies.check(url)?;
        let http = http::client(runner, url, ca_roots)?;
        let proxy = runner.proxies.description(url);
        Ok(GitHub::new(http, self.api.as_str(), self.token.expose(), timeout)?.until(deadline).through(proxy))
    }
}
