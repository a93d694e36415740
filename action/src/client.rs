//! The calls on the backend.

use std::cell::OnceCell;
use std::time::Duration;

use phase_data_wire::issues::{IssueCursor, IssueList};
use phase_data_wire::phase_data::{
    DeletedPhaseData, IssuePhaseData, RestoredPhaseData, StorePhaseData, StoredPhaseData,
};
use phase_data_wire::{IssueNumber, Phase, ProblemCode, Repository, WaitSeconds};
use reqwest::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use reqwest::{Certificate, RequestBuilder, Url, redirect};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use crate::auth::{Auth, TokenService};
use crate::error::Error;
use crate::job::{Condition, Filter, How, Job, Target};
use crate::log::Log;
use crate::trace::Trace;

mod answer;
mod credential;
mod debug;
mod mismatch;
mod problem;
mod retry;
mod write;

pub use answer::Sent;
use answer::{Answer, Lost, Tagged};
pub use mismatch::Mismatch;
pub use problem::BackendProblem;
use retry::{Attempt, Patience, Peer};
use write::Write;

/// A backend and the credential for it.
pub(crate) struct Client<'a> {
    http: reqwest::Client,
    job: &'a Job,
    trace: &'a Trace,
    /// The audience of the id tokens, once it is known.
    audience: OnceCell<String>,
}

/// A host that does not even accept a connection is given up for this attempt, not for the whole call.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl<'a> Client<'a> {
    pub(crate) fn new(job: &'a Job, trace: &'a Trace) -> Result<Self, Error> {
        // It fails only where a provider is installed already, and then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(trace.user_agent())
            .tls_certs_only(roots(job)?)
            .connect_timeout(CONNECT_TIMEOUT)
            // A followed redirect would turn a POST into a GET and lose the document without a word.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| Error::client(&error))?;
        Ok(Self { http, job, trace, audience: OnceCell::new() })
    }

    /// `POST /api/v1/phase_data`, or for a merge `PATCH` on the issue's path.
    pub(crate) async fn store(
        &self,
        document: &StorePhaseData,
        How { condition, merge, .. }: How,
        log: &mut Log<'_>,
    ) -> Result<Tagged<StoredPhaseData>, Error> {
        let write = match merge {
            true => Write::patch(self.issue_url(&document.repository, document.issue_number), document),
            false => Write::whole(self.job.backend.call(&["phase_data"]), document)?,
        };
        let request = || {
            let request = self.http.request(write.method.clone(), write.url.clone());
            let request = request.header(CONTENT_TYPE, write.content_type);
            let request = match condition {
                Condition::None => request,
                Condition::Revision(revision) => request.header(IF_MATCH, format!("\"{revision}\"")),
                Condition::CreateOnly => request.header(IF_NONE_MATCH, "*"),
            };
            request.body(write.body.clone())
        };
        let answer = self.send(&request, log).await?;
        if let Some(problem) = answer.problem().filter(|problem| problem.is(ProblemCode::RevisionMismatch)) {
            let mismatch = Mismatch { problem: problem.clone(), condition, repeated: answer.repeated };
            return Err(Error::Mismatch(mismatch.into()));
        }
        answer.read(self.sent())
    }

    /// `GET /api/v1/phase_data/{owner}/{name}/{issue_number}`; nothing, if nothing is stored there.
    pub(crate) async fn retrieve(
        &self,
        target: &Target,
        phase: Option<Phase>,
        wait: WaitSeconds,
        log: &mut Log<'_>,
    ) -> Result<Option<Tagged<IssuePhaseData>>, Error> {
        let mut url = self.issue_url(&target.repository, target.issue_number);
        if let Some(phase) = phase {
            url.query_pairs_mut().append_pair("phase", phase.as_str());
        }
        if let Some(commit_sha) = &self.job.commit_sha {
            url.query_pairs_mut().append_pair("commit_sha", commit_sha.as_str());
        }
        if !wait.get().is_zero() {
            url.query_pairs_mut().append_pair("wait_seconds", &wait.to_string());
        }
        let time = self.job.timeout + wait.get();
        let answer = self.send_within(time, &|| self.http.get(url.clone()), log).await?;
        // Only this code says "not there". Any other 404 comes from a wrong address, and taking it
        // for "not there" would hide that.
        if answer.problem().is_some_and(|problem| problem.is(ProblemCode::PhaseDataNotFound)) {
            return Ok(None);
        }
        answer.read(self.sent()).map(Some)
    }

    /// `DELETE /api/v1/phase_data/{owner}/{name}/{issue_number}`
    pub(crate) async fn cleanup(
        &self,
        target: &Target,
        closed_at: Option<OffsetDateTime>,
        log: &mut Log<'_>,
    ) -> Result<DeletedPhaseData, Error> {
        let mut url = self.issue_url(&target.repository, target.issue_number);
        since(&mut url, "closed_at", closed_at);
        let answer = self.send(&|| self.http.delete(url.clone()), log).await?;
        answer.read(self.sent()).map(|tagged| tagged.body)
    }

    /// `POST /api/v1/phase_data/{owner}/{name}/{issue_number}/restore`
    pub(crate) async fn restore(
        &self,
        target: &Target,
        reopened_at: Option<OffsetDateTime>,
        log: &mut Log<'_>,
    ) -> Result<RestoredPhaseData, Error> {
        let Target { repository, issue_number } = target;
        let parts =
            ["phase_data", repository.owner(), repository.name(), &issue_number.to_string(), "restore"];
        let mut url = self.job.backend.call(&parts);
        since(&mut url, "reopened_at", reopened_at);
        let answer = self.send(&|| self.http.post(url.clone()), log).await?;
        answer.read(self.sent()).map(|tagged| tagged.body)
    }

    /// `GET /api/v1/repositories/{owner}/{name}/issues`, one page of it.
    pub(crate) async fn list(
        &self,
        repository: &Repository,
        filter: &Filter,
        after: Option<IssueCursor>,
        log: &mut Log<'_>,
    ) -> Result<IssueList, Error> {
        let mut url =
            self.job.backend.call(&["repositories", repository.owner(), repository.name(), "issues"]);
        let stale_for = self.job.commit_sha.as_ref().filter(|_| filter.stale);
        let query = [
            ("limit", Some("100".to_owned())),
            ("pending", filter.pending.map(|phase| phase.as_str().to_owned())),
            ("phase", filter.phase.map(|phase| phase.to_string())),
            ("stale_for", stale_for.map(ToString::to_string)),
            ("cursor", after.map(|cursor| cursor.to_string())),
        ];
        for (name, value) in query {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, &value);
            }
        }
        let answer = self.send(&|| self.http.get(url.clone()), log).await?;
        answer.read(self.sent()).map(|tagged| tagged.body)
    }

    /// The two-segment form of the path, which also passes proxies that refuse `%2F`.
    fn issue_url(&self, repository: &Repository, issue_number: IssueNumber) -> Url {
        let issue_number = issue_number.to_string();
        self.job.backend.call(&["phase_data", repository.owner(), repository.name(), &issue_number])
    }

    /// Sends until there is an answer that a repetition would not change, or no time left.
    ///
    /// Every call may be repeated: storing the same document twice makes no second revision.
    async fn send(&self, request: &dyn Fn() -> RequestBuilder, log: &mut Log<'_>) -> Result<Answer, Error> {
        self.send_within(self.job.timeout, request, log).await
    }

    async fn send_within(
        &self,
        time: Duration,
        request: &dyn Fn() -> RequestBuilder,
        log: &mut Log<'_>,
    ) -> Result<Answer, Error> {
        let deadline = Instant::now() + time;
        let mut patience = Patience::until(deadline, Peer::Backend);
        let mut before = None;
        let outcome = loop {
            let request = match (self.authorized(request(), deadline, log).await, before.take()) {
                (Ok(request), _) => request,
                // The time ended while a token was asked for, but what used it up is the backend.
                (Err(Error::Credential(error)), Some(outcome)) if error.lasted() => break outcome,
                (Err(error), _) => return Err(error),
            };
            match patience.attempt(request, log).await {
                Attempt::Final(outcome) => break outcome,
                Attempt::Again(outcome) => before = Some(outcome),
            }
        };
        let mut answer = outcome.map_err(|lost| self.unreachable(&lost, &patience))?;
        answer.repeated = patience.failed() > 0;
        Ok(answer)
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

/// When something happened, if that is known: the backend takes it for now otherwise.
fn since(url: &mut Url, name: &str, at: Option<OffsetDateTime>) {
    if let Some(at) = at.and_then(|at| at.format(&Rfc3339).ok()) {
        url.query_pairs_mut().append_pair(name, &at);
    }
}

/// The certification authorities. Reading them takes longer than plain requests, which have no use for them.
fn roots(job: &Job) -> Result<Vec<Certificate>, Error> {
    if !job.backend.is_https() && !job.auth.token_service().is_some_and(TokenService::is_https) {
        return Ok(Vec::new());
    }
    job.authorities.with_public()
}
