//! The calls on a repository and its issues.

use phase_data_wire::phase_data::{
    DeletedPhaseData, IssuePhaseData, PhaseEvent, PhaseEventKind, PhaseEvents, RestoredPhaseData,
    StoreOutcome, StorePhaseData, StoredPhaseData,
};
use phase_data_wire::repositories::{IssueCursor, IssueList};
use phase_data_wire::{IssueNumber, Phase, ProblemCode, Repository, WaitSeconds};
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use super::answer::Answer;
use super::call::{Call, Sought, Written};
use super::write::Write;
use super::{Client, Mismatch, own_events, subject};
use crate::error::Error;
use crate::files::LARGEST_DOCUMENT;
use crate::job::{Condition, Filter, How, Target};
use crate::log::Log;

/// The largest page of events that a backend gives.
const MOST_EVENTS: &str = "100";

/// What a store came to.
pub(crate) struct Stored {
    pub(crate) revision: i64,
    pub(crate) outcome: StoreOutcome,
    /// The document's entity tag, quotes included.
    pub(crate) etag: String,
}

impl Stored {
    /// The store of an attempt whose answer was lost, as its event tells of it.
    fn own(event: &PhaseEvent, condition: &Condition) -> Option<Self> {
        let revision = event.revision;
        let created = *condition == Condition::CreateOnly || revision == 1;
        let outcome = if created { StoreOutcome::Created } else { StoreOutcome::Replaced };
        Some(Self { revision, outcome, etag: event.etag.clone()? })
    }
}

impl Client<'_> {
    /// `POST /api/v1/phase_data`, or for a merge `PATCH` on the issue's path.
    pub(crate) async fn store(
        &self,
        document: &StorePhaseData,
        How { condition, merge, .. }: &How,
        log: &mut Log<'_>,
    ) -> Result<Stored, Error> {
        let write = match merge {
            true => Write::patch(self.issue_url(&document.repository, document.issue_number), document),
            false => Write::whole(self.job.backend.call(&["phase_data"]), document)?,
        };
        let write = write.only_if(condition);
        let request = |_| {
            let request = self.http.request(write.method.clone(), write.url.clone());
            let request = request.header(CONTENT_TYPE, write.content_type);
            let request = match condition {
                Condition::None | Condition::Revision(_) => request,
                Condition::Tag(tag) => request.header(IF_MATCH, tag),
                Condition::CreateOnly => request.header(IF_NONE_MATCH, "*"),
            };
            request.body(write.body.clone())
        };
        let (deadline, target) = (self.deadline(), Target::of(document));
        let sought = Sought { target: &target, kind: PhaseEventKind::Stored, phase: Some(document.phase) };
        let answer = match self.send_write(Call::until(deadline), sought, &request, log).await? {
            Written::Answered(answer) => *answer,
            Written::Found(events) => {
                let own = events.first().and_then(|event| Stored::own(event, condition));
                let wrong = || Error::WrongAnswer { asked: format!("{} of {target}", document.phase) };
                return own.ok_or_else(wrong);
            }
        };
        if let Some(problem) = answer.problem().filter(|problem| problem.is(ProblemCode::RevisionMismatch)) {
            let earlier = &answer.earlier;
            // The condition may not hold any more because an earlier attempt arrived late.
            let events = self.own_events(sought, earlier, deadline, log).await;
            if let Some(own) = events.first().and_then(|event| Stored::own(event, condition)) {
                return Ok(own);
            }
            let (repeated, condition) = (!earlier.is_empty(), condition.clone());
            return Err(Error::Mismatch(Mismatch { problem: problem.clone(), condition, repeated }.into()));
        }
        let mut tagged = answer.read::<StoredPhaseData>(self.sent())?;
        complete(&mut tagged.body.etag, &tagged.etag);
        subject::stored(document, condition, &tagged)?;
        let StoredPhaseData { revision, outcome, etag, .. } = tagged.body;
        Ok(Stored { revision, outcome, etag })
    }

    /// `GET /api/v1/phase_data/{owner}/{name}/{issue_number}`; nothing, if nothing is stored there.
    pub(crate) async fn retrieve(
        &self,
        target: &Target,
        phase: Option<Phase>,
        wait: WaitSeconds,
        log: &mut Log<'_>,
    ) -> Result<Option<IssuePhaseData>, Error> {
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
        let call = Call::until(self.deadline()).reading(LARGEST_DOCUMENT);
        let answer = self.send(call, &|| self.http.get(url.clone()), log).await?;
        // Only this code says "not there". Any other 404 comes from a wrong address, and taking it
        // for "not there" would hide that.
        if answer.problem().is_some_and(|problem| problem.is(ProblemCode::PhaseDataNotFound)) {
            return Ok(None);
        }
        let mut tagged = answer.read::<IssuePhaseData>(self.sent())?;
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
            // What was stored since the step began is not what it was to remove. The first attempt leaves that to
            // the backend's clock, which the runner's may be behind.
            since(&mut url, "closed_at", closed_at.or(repeated.then_some(started)));
            self.http.delete(url)
        };
        let sought = Sought { target, kind: PhaseEventKind::Deleted, phase: None };
        let answer = match self.send_write(Call::until(deadline), sought, &request, log).await? {
            Written::Answered(answer) => *answer,
            Written::Found(events) => {
                let deleted = own_events::with_own(&[], &events);
                let Target { repository, issue_number } = target.clone();
                return Ok(DeletedPhaseData { repository, issue_number, deleted, purged: false });
            }
        };
        let earlier = answer.earlier.clone();
        let mut body = answer.read::<DeletedPhaseData>(self.sent())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        let events = self.own_events(sought, &earlier, deadline, log).await;
        body.deleted = own_events::with_own(&body.deleted, &events);
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
        let sought = Sought { target, kind: PhaseEventKind::Restored, phase: None };
        let answer = match self.send_write(Call::until(deadline), sought, &request, log).await? {
            Written::Answered(answer) => *answer,
            Written::Found(events) => {
                let restored = own_events::with_own(&[], &events);
                let Target { repository, issue_number } = target.clone();
                return Ok(RestoredPhaseData { repository, issue_number, restored });
            }
        };
        let earlier = answer.earlier.clone();
        let mut body = answer.read::<RestoredPhaseData>(self.sent())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        let events = self.own_events(sought, &earlier, deadline, log).await;
        body.restored = own_events::with_own(&body.restored, &events);
        Ok(body)
    }

    /// `GET /api/v1/repositories/{owner}/{name}/issues`, one page of it.
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
            ("limit", Some(subject::LARGEST_PAGE.to_string())),
            ("closed", filter.closed.then(|| "true".to_owned())),
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
        let answer = self.send(Call::until(deadline), &|| self.http.get(url.clone()), log).await?;
        let body = answer.read::<IssueList>(self.sent())?.body;
        subject::listed(repository, filter, after, &body)?;
        Ok(body)
    }

    /// `GET /api/v1/phase_data/{owner}/{name}/{issue_number}/events`: the newest ones.
    pub(crate) async fn events(&self, target: &Target, log: &mut Log<'_>) -> Result<PhaseEvents, Error> {
        let url = self.events_url(target, None);
        let answer = self.send(Call::until(self.deadline()), &|| self.http.get(url.clone()), log).await?;
        self.events_page(target, answer)
    }

    /// Where the events are, from this one on to older ones.
    pub(super) fn events_url(&self, target: &Target, before: Option<i64>) -> Url {
        let Target { repository, issue_number } = target;
        let parts =
            ["phase_data", repository.owner(), repository.name(), &issue_number.to_string(), "events"];
        let mut url = self.job.backend.call(&parts);
        url.query_pairs_mut().append_pair("limit", MOST_EVENTS);
        if let Some(before) = before {
            url.query_pairs_mut().append_pair("before", &before.to_string());
        }
        url
    }

    /// Reads a page of the issue's events.
    pub(super) fn events_page(&self, target: &Target, answer: Answer) -> Result<PhaseEvents, Error> {
        let body = answer.read::<PhaseEvents>(self.sent())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        Ok(body)
    }

    /// The two-segment form of the path, which also passes proxies that refuse `%2F`.
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

    /// `DELETE …?purge=true`: nothing of the issue is kept.
    pub(crate) async fn purge(&self, target: &Target, log: &mut Log<'_>) -> Result<DeletedPhaseData, Error> {
        let mut url = self.issue_url(&target.repository, target.issue_number);
        url.query_pairs_mut().append_pair("purge", "true");
        let answer = self.send(Call::until(self.deadline()), &|| self.http.delete(url.clone()), log).await?;
        let body = answer.read::<DeletedPhaseData>(self.sent())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        Ok(body)
    }
}

/// Takes an entity tag from the head where the body has none.
fn complete(in_body: &mut String, in_head: &str) {
    if in_body.is_empty() {
        in_head.clone_into(in_body);
    }
}

/// When something happened, if that is known: the backend takes it for now otherwise.
pub(super) fn since(url: &mut Url, name: &str, at: Option<OffsetDateTime>) {
    if let Some(at) = at.and_then(|at| at.format(&Rfc3339).ok()) {
        url.query_pairs_mut().append_pair(name, &at);
    }
}
