//! Calls the backend.

use std::cell::OnceCell;
use std::time::Duration;

use tokio::time::Instant;

use crate::auth::{Auth, TokenService};
use crate::error::{CredentialKind, Error};
use crate::http;
use crate::job::Job;
use crate::runner::Runner;

mod answer;
mod call;
mod calls;
mod credential;
mod dry_run;
mod health;
mod peer;
mod retry;
mod store;
mod subject;
mod wait;

use answer::TransportError;
use retry::RetryBudget;
pub(crate) use retry::pause;
pub(crate) use wait::WaitOutcome;

/// A backend and the credential for it.
pub(crate) struct Client<'a> {
    http: reqwest::Client,
    /// For the runner's token service, which may have another scheme than the backend.
    tokens: reqwest::Client,
    job: &'a Job,
    runner: &'a Runner,
    /// The audience of the id tokens, after the first request.
    audience: OnceCell<String>,
    /// The end of the step's time.
    deadline: Instant,
}

/// Names a request in the backend's log and events.
const REQUEST_ID: &str = "x-request-id";
impl<'a> Client<'a> {
    pub(crate) fn new(job: &'a Job, runner: &'a Runner) -> Result<Self, Error> {
        let tokens = job.auth.token_service().map(TokenService::url);
        for url in [Some(job.backend.url()), tokens].into_iter().flatten() {
            runner.proxies.check(url)?;
        }
        let connection = |url| http::client(runner, url, &job.ca_roots);
        let http = connection(job.backend.url())?;
        let tokens = match tokens {
            Some(url) if http::is_tls(url) != http::is_tls(job.backend.url()) => connection(url)?,
            _ => http.clone(),
        };
        let deadline = Instant::now() + job.timeout + job.task.wait();
        Ok(Self { http, tokens, job, runner, audience: OnceCell::new(), deadline })
    }

    /// Returns the end of the step's time, for all calls to all servers.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns the remaining time of the step.
    pub(crate) fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Checks if the time of the step has elapsed.
    pub(crate) fn is_out_of_time(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Returns the kind of credential in the requests.
    fn credential_kind(&self) -> CredentialKind {
        match self.job.auth {
            Auth::ApiKey(_) => CredentialKind::ApiKey,
            Auth::IdToken(_) => CredentialKind::IdToken,
        }
    }

    fn unreachable(&self, error: &TransportError, budget: &RetryBudget) -> Error {
        let backend = self.job.backend.as_str().to_owned();
        let cause = error.to_string();
        let proxy = self.runner.proxies.description(self.job.backend.url());
        if error.is_certificate() {
            return Error::Certificate { backend, proxy, cause };
        }
        if error.is_wrong_scheme() {
            let is_tls = http::is_tls(self.job.backend.url());
            return Error::WrongScheme { proxy, is_tls };
        }
        Error::Unreachable { backend, proxy, cause, attempts: budget.attempts(), seconds: budget.seconds() }
    }
}
