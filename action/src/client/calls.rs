//! The calls on a repository and its issues.

use phase_data_wire::phase_data::{
    DeletedPhaseData, IssuePhaseData, PhaseEvent, PhaseEventKind, PhaseEvents, RestoredPhaseData,
};
use phase_data_wire::repositories::{IssueCursor, IssueList};
use phase_data_wire::{IssueNumber, Phase, ProblemCode, Repository, WaitSeconds};
use reqwest::Url;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use super::answer::Answer;
use super::call::{Call, EventFilter, WriteOutcome};
use super::{Client, subject};
use crate::error::Error;
use crate::files::MAX_DOCUMENTS_BYTES;
use crate::job::Filter;
use crate::log::Log;
use crate::target::Target;

/// The maximum page size of events.
const MAX_EVENTS: &str = "100";

impl Client<'_> {
    /// `GET /api/v1/phase_data/{owner}/{name}/{issue_number}`; `None` if nothing is stored.
    pub(crate) async fn retrieve(
        &self,
        target: &Target,
        phase: Option<Phase>,
        log: &mut Log<'_>,
    ) -> Result<Option<IssuePhaseData>, Error> {
        let url = self.retrieve_url(target, phase, WaitSeconds::default());
        let call = Call::until(self.deadline()).reading(MAX_DOCUMENTS_BYTES);
        let answer = self.send(call, &|| self.http.get(url.clone()), log).await?;
        self.retrieved(target, phase, answer)
    }

    pub(super) fn retrieve_url(&self, target: &Target, phase: Option<Phase>, wait: WaitSeconds) -> Url {
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
        url
    }

    pub(super) fn retrieved(
        &self,
        target: &Target,
        phase: Option<Phase>,
        answer: Answer,
    ) -> Result<Option<IssuePhaseData>, Error> {
        // Only this code means "not found". Any other 404 comes from a wrong address, which must not look like it.
        if answer.problem().is_some_and(|problem| problem.is(ProblemCode::PhaseDataNotFound)) {
            return Ok(None);
        }
        let mut tagged = answer.read::<IssuePhaseData>(self.credential_kind())?;
        if let (Some(_), [one]) = (phase, tagged.body.phases.as_mut_slice()) {
            complete(&mut one.etag, &tagged.etag);
        }
        subject::retrieved(target, phase, self.job.commit_sha.as_ref(), &tagged)?;
        Ok(Some(tagged.body))
    }

    /// `DELETE /api/v1/phase_data/{owner}/{name}/{issue_number}`
    pub(crate) async fn cleanup(
        &self,
        target: &Target,
        closed_at: Option<OffsetDateTime>,
        log: &mut Log<'_>,
    ) -> Result<DeletedPhaseData, Error> {
        let started = OffsetDateTime::now_utc();
        let (deadline, url) = (self.deadline(), self.issue_url(&target.repository, target.issue_number));
        let request = |repeated: bool| {
            let mut url = url.clone();
            // The step must not remove what was stored after it started. The first attempt relies on the backend's clock,
            // because the runner's clock may be behind.
            since(&mut url, "closed_at", closed_at.or(repeated.then_some(started)));
            self.http.delete(url)
        };
        let filter = EventFilter { target, kind: PhaseEventKind::Deleted, phase: None };
        let answer = match self.send_write(Call::until(deadline), filter, &request, log).await? {
            WriteOutcome::Answered(answer) => *answer,
            WriteOutcome::Found(events) => {
                let deleted = with_own(&[], &events);
                let Target { repository, issue_number } = target.clone();
                return Ok(DeletedPhaseData { repository, issue_number, deleted, purged: false });
            }
        };
        let earlier = answer.earlier.clone();
        let mut body = answer.read::<DeletedPhaseData>(self.credential_kind())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        let events = self.own_events(filter, &earlier, deadline, log).await;
        body.deleted = with_own(&body.deleted, &events);
        Ok(body)
    }

    /// `POST /api/v1/phase_data/{owner}/{name}/{issue_number}/restore`
    pub(crate) async fn restore(
        &self,
        target: &Target,
        reopened_at: Option<OffsetDateTime>,
        log: &mut Log<'_>,
    ) -> Result<RestoredPhaseData, Error> {
        let mut url = self.restore_url(target);
        since(&mut url, "reopened_at", reopened_at);
        let (deadline, request) = (self.deadline(), |_| self.http.post(url.clone()));
        let filter = EventFilter { target, kind: PhaseEventKind::Restored, phase: None };
        let answer = match self.send_write(Call::until(deadline), filter, &request, log).await? {
            WriteOutcome::Answered(answer) => *answer,
            WriteOutcome::Found(events) => {
                let restored = with_own(&[], &events);
                let Target { repository, issue_number } = target.clone();
                return Ok(RestoredPhaseData { repository, issue_number, restored });
            }
        };
        let earlier = answer.earlier.clone();
        let mut body = answer.read::<RestoredPhaseData>(self.credential_kind())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        let events = self.own_events(filter, &earlier, deadline, log).await;
        body.restored = with_own(&body.restored, &events);
        Ok(body)
    }

    /// `GET /api/v1/repositories/{owner}/{name}/issues`: one page.
    pub(crate) async fn list(
        &self,
        repository: &Repository,
        filter: &Filter,
        after: Option<IssueCursor>,
        deadline: Instant,
        log: &mut Log<'_>,
    ) -> Result<IssueList, Error> {
        let mut url =
            self.job.backend.call(&["repositories", repository.owner(), repository.name(), "issues"]);
        let stale_for = self.job.commit_sha.as_ref().filter(|_| filter.stale);
        let query = [
            ("limit", Some(subject::MAX_PAGE.to_string())),
            ("closed", filter.closed.then(|| "true".to_owned())),
            ("pending", filter.pending.map(|phase| phase.as_str().to_owned())),
            ("phase", filter.phase.map(|phase| phase.to_string())),
            ("stale_for", stale_for.map(ToString::to_string)),
            ("status", filter.status.map(|status| status.to_string())),
            ("outcome", filter.outcome.map(|outcome| outcome.to_string())),
            ("older_than", filter.older_than.map(|age| age.to_string())),
            ("cursor", after.map(|cursor| cursor.to_string())),
        ];
        for (name, value) in query {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, &value);
            }
        }
        let answer = self.send(Call::until(deadline), &|| self.http.get(url.clone()), log).await?;
        let body = answer.read::<IssueList>(self.credential_kind())?.body;
        subject::listed(repository, filter, after, &body)?;
        Ok(body)
    }

    /// `GET /api/v1/phase_data/{owner}/{name}/{issue_number}/events`: the newest ones.
    pub(crate) async fn events(&self, target: &Target, log: &mut Log<'_>) -> Result<PhaseEvents, Error> {
        let url = self.events_url(target, None);
        let answer = self.send(Call::until(self.deadline()), &|| self.http.get(url.clone()), log).await?;
        self.events_page(target, answer)
    }

    /// Returns the address of the events before this one, newest first.
    pub(super) fn events_url(&self, target: &Target, before: Option<i64>) -> Url {
        let Target { repository, issue_number } = target;
        let parts =
            ["phase_data", repository.owner(), repository.name(), &issue_number.to_string(), "events"];
        let mut url = self.job.backend.call(&parts);
        url.query_pairs_mut().append_pair("limit", MAX_EVENTS);
        if let Some(before) = before {
            url.query_pairs_mut().append_pair("before", &before.to_string());
        }
        url
    }

    /// Reads a page of the issue's events.
    pub(super) fn events_page(&self, target: &Target, answer: Answer) -> Result<PhaseEvents, Error> {
        let body = answer.read::<PhaseEvents>(self.credential_kind())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        Ok(body)
    }

    /// Returns the two-segment form of the path, which also passes proxies that refuse `%2F`.
    pub(super) fn issue_url(&self, repository: &Repository, issue_number: IssueNumber) -> Url {
        let issue_number = issue_number.to_string();
        self.job.backend.call(&["phase_data", repository.owner(), repository.name(), &issue_number])
    }

    pub(super) fn restore_url(&self, target: &Target) -> Url {
        let Target { repository, issue_number } = target;
        let parts =
            ["phase_data", repository.owner(), repository.name(), &issue_number.to_string(), "restore"];
        self.job.backend.call(&parts)
    }

    /// `DELETE …?purge=true`: removes the issue's data for good.
    pub(crate) async fn purge(&self, target: &Target, log: &mut Log<'_>) -> Result<DeletedPhaseData, Error> {
        let mut url = self.issue_url(&target.repository, target.issue_number);
        url.query_pairs_mut().append_pair("purge", "true");
        let answer = self.send(Call::until(self.deadline()), &|| self.http.delete(url.clone()), log).await?;
        let body = answer.read::<DeletedPhaseData>(self.credential_kind())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        Ok(body)
    }
}

/// Returns these phases and those of the events, in their order.
fn with_own(phases: &[Phase], events: &[PhaseEvent]) -> Vec<Phase> {
    let own = |phase: &Phase| events.iter().any(|event| event.phase == *phase);
    Phase::ALL.into_iter().filter(|phase| phases.contains(phase) || own(phase)).collect()
}

/// Takes the entity tag of the header if the body has none.
pub(super) fn complete(in_body: &mut String, in_head: &str) {
    if in_body.is_empty() {
        in_head.clone_into(in_body);
    }
}

/// Adds the time of an event, if it is known. The backend's default is now.
pub(super) fn since(url: &mut Url, name: &str, at: Option<OffsetDateTime>) {
    if let Some(at) = at.and_then(|at| at.format(&Rfc3339).ok()) {
        url.query_pairs_mut().append_pair(name, &at);
    }
}
