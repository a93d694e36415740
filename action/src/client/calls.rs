//! The calls on a repository and its issues.

use phase_data_wire::issues::{IssueCursor, IssueList};
use phase_data_wire::phase_data::{
    DeletedPhaseData, IssuePhaseData, PhaseEventKind, PhaseEvents, RestoredPhaseData, StoreOutcome,
    StorePhaseData, StoredPhaseData,
};
use phase_data_wire::{IssueNumber, Phase, ProblemCode, Repository, WaitSeconds};
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use super::answer::Tagged;
use super::write::Write;
use super::{Client, Mismatch, subject};
use crate::error::Error;
use crate::job::{Condition, Filter, How, Target};
use crate::log::Log;

/// What a store came to.
pub(crate) struct Stored {
    pub(crate) revision: i64,
    pub(crate) outcome: StoreOutcome,
    /// The `ETag` as it was sent; empty if it was not.
    pub(crate) etag: String,
}

impl Stored {
    /// The store of an attempt whose answer was lost.
    fn own(revision: i64, condition: Condition) -> Self {
        let created = condition == Condition::CreateOnly;
        let outcome = if created { StoreOutcome::Created } else { StoreOutcome::Replaced };
        Self { revision, outcome, etag: format!("\"{revision}\"") }
    }
}

impl Client<'_> {
    /// `POST /api/v1/phase_data`, or for a merge `PATCH` on the issue's path.
    pub(crate) async fn store(
        &self,
        document: &StorePhaseData,
        How { condition, merge, .. }: How,
        log: &mut Log<'_>,
    ) -> Result<Stored, Error> {
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
        let deadline = self.deadline();
        let answer = self.send_until(deadline, &request, log).await?;
        if let Some(problem) = answer.problem().filter(|problem| problem.is(ProblemCode::RevisionMismatch)) {
            let (target, earlier) = (Target::of(document), &answer.earlier);
            // The condition may not hold any more because an earlier attempt was carried out.
            if let Some(revision) = self.own_revision(&target, document.phase, earlier, deadline, log).await {
                return Ok(Stored::own(revision, condition));
            }
            let repeated = !earlier.is_empty();
            return Err(Error::Mismatch(Mismatch { problem: problem.clone(), condition, repeated }.into()));
        }
        let Tagged { etag, body } = answer.read::<StoredPhaseData>(self.sent())?;
        subject::stored(document, &body)?;
        Ok(Stored { revision: body.revision, outcome: body.outcome, etag })
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
        let deadline = self.deadline() + wait.get();
        let answer = self.send_until(deadline, &|| self.http.get(url.clone()), log).await?;
        // Only this code says "not there". Any other 404 comes from a wrong address, and taking it
        // for "not there" would hide that.
        if answer.problem().is_some_and(|problem| problem.is(ProblemCode::PhaseDataNotFound)) {
            return Ok(None);
        }
        let tagged = answer.read::<IssuePhaseData>(self.sent())?;
        subject::retrieved(target, phase, &tagged.body)?;
        Ok(Some(tagged))
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
        let deadline = self.deadline();
        let answer = self.send_until(deadline, &|| self.http.delete(url.clone()), log).await?;
        let earlier = answer.earlier.clone();
        let mut body = answer.read::<DeletedPhaseData>(self.sent())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        body.deleted =
            self.with_own(PhaseEventKind::Deleted, body.deleted, target, (&earlier, deadline), log).await;
        Ok(body)
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
        let deadline = self.deadline();
        let answer = self.send_until(deadline, &|| self.http.post(url.clone()), log).await?;
        let earlier = answer.earlier.clone();
        let mut body = answer.read::<RestoredPhaseData>(self.sent())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        body.restored =
            self.with_own(PhaseEventKind::Restored, body.restored, target, (&earlier, deadline), log).await;
        Ok(body)
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
        let answer = self.send(&|| self.http.get(url.clone()), log).await?;
        let body = answer.read::<IssueList>(self.sent())?.body;
        subject::listed(repository, filter, after, &body)?;
        Ok(body)
    }

    /// `GET /api/v1/phase_data/{owner}/{name}/{issue_number}/events`: the newest ones.
    pub(crate) async fn events(&self, target: &Target, log: &mut Log<'_>) -> Result<PhaseEvents, Error> {
        self.events_until(target, self.deadline(), log).await
    }

    /// The newest events, asked for until then.
    pub(super) async fn events_until(
        &self,
        target: &Target,
        deadline: Instant,
        log: &mut Log<'_>,
    ) -> Result<PhaseEvents, Error> {
        let Target { repository, issue_number } = target;
        let parts =
            ["phase_data", repository.owner(), repository.name(), &issue_number.to_string(), "events"];
        let url = self.job.backend.call(&parts);
        let answer = self.send_until(deadline, &|| self.http.get(url.clone()), log).await?;
        let body = answer.read::<PhaseEvents>(self.sent())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        Ok(body)
    }

    /// The two-segment form of the path, which also passes proxies that refuse `%2F`.
    fn issue_url(&self, repository: &Repository, issue_number: IssueNumber) -> Url {
        let issue_number = issue_number.to_string();
        self.job.backend.call(&["phase_data", repository.owner(), repository.name(), &issue_number])
    }

    /// `DELETE …?purge=true`: nothing of the issue is kept.
    pub(crate) async fn purge(&self, target: &Target, log: &mut Log<'_>) -> Result<DeletedPhaseData, Error> {
        let mut url = self.issue_url(&target.repository, target.issue_number);
        url.query_pairs_mut().append_pair("purge", "true");
        let answer = self.send(&|| self.http.delete(url.clone()), log).await?;
        let body = answer.read::<DeletedPhaseData>(self.sent())?.body;
        subject::issue(target, &body.repository, body.issue_number)?;
        Ok(body)
    }
}

/// When something happened, if that is known: the backend takes it for now otherwise.
fn since(url: &mut Url, name: &str, at: Option<OffsetDateTime>) {
    if let Some(at) = at.and_then(|at| at.format(&Rfc3339).ok()) {
        url.query_pairs_mut().append_pair(name, &at);
    }
}
