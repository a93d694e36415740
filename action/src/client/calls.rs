//! The calls on a repository and its issues.

use phase_data_wire::issues::{IssueCursor, IssueList};
use phase_data_wire::phase_data::{
    DeletedPhaseData, IssuePhaseData, PhaseEvents, RestoredPhaseData, StorePhaseData, StoredPhaseData,
};
use phase_data_wire::{IssueNumber, Phase, ProblemCode, Repository, WaitSeconds};
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::answer::Tagged;
use super::write::Write;
use super::{Client, Mismatch};
use crate::error::Error;
use crate::job::{Condition, Filter, How, Target};
use crate::log::Log;

impl Client<'_> {
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
        answer.read(self.sent()).map(|tagged| tagged.body)
    }

    /// `GET /api/v1/phase_data/{owner}/{name}/{issue_number}/events`: the newest receipts.
    pub(crate) async fn events(&self, target: &Target, log: &mut Log<'_>) -> Result<PhaseEvents, Error> {
        let Target { repository, issue_number } = target;
        let parts =
            ["phase_data", repository.owner(), repository.name(), &issue_number.to_string(), "events"];
        let url = self.job.backend.call(&parts);
        let answer = self.send(&|| self.http.get(url.clone()), log).await?;
        answer.read(self.sent()).map(|tagged| tagged.body)
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
        answer.read(self.sent()).map(|tagged| tagged.body)
    }
}

/// When something happened, if that is known: the backend takes it for now otherwise.
fn since(url: &mut Url, name: &str, at: Option<OffsetDateTime>) {
    if let Some(at) = at.and_then(|at| at.format(&Rfc3339).ok()) {
        url.query_pairs_mut().append_pair(name, &at);
    }
}
