//! The calls on the backend.

use std::cell::OnceCell;
use std::time::Duration;

use reqwest::{Url, redirect};
use tokio::time::Instant;

use crate::auth::{Auth, TokenService};
use crate::authorities::Authorities;
use crate::error::Error;
use crate::job::Job;
use crate::trace::Trace;

mod answer;
mod call;
mod calls;
mod credential;
mod debug;
mod dry_run;
mod mismatch;
mod own_events;
mod probe;
mod problem;
mod retry;
mod subject;
mod write;

use answer::Lost;
pub use answer::Sent;
pub use mismatch::Mismatch;
pub use problem::BackendProblem;
use retry::Patience;
pub(crate) use retry::pause;

/// A backend and the credential for it.
pub(crate) struct Client<'a> {
    http: reqwest::Client,
    /// Asks the runner's token service, which may be reached another way than the backend.
    tokens: reqwest::Client,
    job: &'a Job,
    trace: &'a Trace,
    /// The audience of the id tokens, once it is known.
    audience: OnceCell<String>,
    /// When the step has to be over.
    deadline: Instant,
}

/// Names a request in the backend's log and events.
const REQUEST_ID: &str = "x-request-id";
/// A host that does not even accept a connection is given up for this attempt, not for the whole call.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl<'a> Client<'a> {
    pub(crate) fn new(job: &'a Job, trace: &'a Trace) -> Result<Self, Error> {
        let connection = |url| http(trace, url, &job.authorities);
        let http = connection(job.backend.url())?;
        let tokens = match job.auth.token_service().map(TokenService::url) {
            Some(url) if is_tls(url) != is_tls(job.backend.url()) => connection(url)?,
            _ => http.clone(),
        };
        let deadline = Instant::now() + job.timeout + job.task.wait();
        Ok(Self { http, tokens, job, trace, audience: OnceCell::new(), deadline })
    }

    /// Returns when the step has to be over, with all its calls, here and elsewhere.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns how much time of the step is left.
    pub(crate) fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Tells whether the time of the step is over.
    pub(crate) fn is_out_of_time(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// What a refused request carried.
    fn sent(&self) -> Sent {
        match self.job.auth {
            Auth::ApiKey(_) => Sent::ApiKey,
            Auth::IdToken(_) => Sent::IdToken,
        }
    }

    fn unreachable(&self, lost: &Lost, patience: &Patience) -> Error {
        let backend = self.job.backend.as_str().to_owned();
        let cause = lost.to_string();
        if lost.is_certificate() {
            return Error::Certificate { backend, cause };
        }
        Error::Unreachable { backend, cause, attempts: patience.attempts(), seconds: patience.seconds() }
    }
}

/// Makes the client that sends this step's requests to one address.
///
/// A proxy that the environment names sees nothing of a TLS connection. Without TLS it would read the credential, and
/// take a loopback address for its own machine's: plain HTTP goes straight to its host.
pub(crate) fn http(trace: &Trace, url: &Url, authorities: &Authorities) -> Result<reqwest::Client, Error> {
    // Reading the authorities takes longer than a plain request, which has no use for them.
    let roots = if is_tls(url) { authorities.with_public()? } else { Vec::new() };
    // It fails only where a provider is installed already, and then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder();
    let builder = if is_tls(url) { builder } else { builder.no_proxy() };
    builder
        .user_agent(trace.user_agent())
        .tls_certs_only(roots)
        .connect_timeout(CONNECT_TIMEOUT)
        // A followed redirect would turn a POST into a GET and lose the document without a word.
        .redirect(redirect::Policy::none())
        .build()
        .map_err(|error| Error::client(&error))
}

fn is_tls(url: &Url) -> bool {
    url.scheme() == "https"
}
