//! The call that stores a document, whole or as a merge patch.

use phase_data_wire::phase_data::{PhaseEvent, PhaseEventKind, StoreEffect, StorePhaseData, StoredPhaseData};
use phase_data_wire::{OpenEnum, ProblemCode};
use reqwest::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use reqwest::{Method, Url};

use super::call::{Call, EventFilter, WriteOutcome};
use super::calls::complete;
use super::{Client, subject};
use crate::condition::Condition;
use crate::error::{Error, Mismatch};
use crate::job::StoreOptions;
use crate::log::Log;
use crate::target::Target;

/// The result of a store.
pub(crate) struct Stored {
    pub(crate) revision: i64,
    pub(crate) effect: StoreEffect,
    /// The document's entity tag, quotes included.
    pub(crate) etag: String,
}

impl Stored {
    /// Returns the result of an attempt whose answer was lost, from its event.
    fn own(event: &PhaseEvent, condition: &Condition) -> Option<Self> {
        let revision = event.revision;
        let created = *condition == Condition::CreateOnly || revision == 1;
        let effect = if created { StoreEffect::Created } else { StoreEffect::Replaced };
        Some(Self { revision, effect, etag: event.etag.clone()? })
    }
}

impl Client<'_> {
    /// `POST /api/v1/phase_data`, or for a merge `PATCH` on the issue's path.
    pub(crate) async fn store(
        &self,
        document: &StorePhaseData,
        StoreOptions { condition, merge, .. }: &StoreOptions,
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
        let (deadline, target) = (self.deadline(), Target::for_document(document));
        let filter =
            EventFilter { target: &target, kind: PhaseEventKind::Stored, phase: Some(document.phase) };
        let answer = match self.send_write(Call::until(deadline), filter, &request, log).await? {
            WriteOutcome::Answered(answer) => *answer,
            WriteOutcome::Found(events) => {
                let own = events.first().and_then(|event| Stored::own(event, condition));
                let wrong = || Error::WrongAnswer { asked: format!("{} of {target}", document.phase) };
                return own.ok_or_else(wrong);
            }
        };
        if let Some(problem) = answer.problem().filter(|problem| problem.is(ProblemCode::RevisionMismatch)) {
            let earlier = &answer.earlier;
            // An earlier attempt of this call may have invalidated the condition.
            let events = self.own_events(filter, earlier, deadline, log).await;
            if let Some(own) = events.first().and_then(|event| Stored::own(event, condition)) {
                return Ok(own);
            }
            let (repeated, condition) = (!earlier.is_empty(), condition.clone());
            return Err(Error::Mismatch(Mismatch { problem: problem.clone(), condition, repeated }.into()));
        }
        let read = answer.read::<StoredPhaseData>(self.credential_kind());
        let mut tagged = read.map_err(Error::within_document)?;
        complete(&mut tagged.body.etag, &tagged.etag);
        subject::stored(document, condition, &tagged)?;
        let StoredPhaseData { revision, effect, etag, .. } = tagged.body;
        Ok(Stored { revision, effect, etag })
    }
}

/// The request, without conditional headers and credential.
pub(super) struct Write {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

impl Write {
    /// Creates a request that replaces the stored document.
    pub(super) fn whole(url: Url, document: &StorePhaseData) -> Result<Self, Error> {
        let body = serde_json::to_vec(document).map_err(|error| Error::client(&error))?;
        Ok(Self { method: Method::POST, url, content_type: "application/json", body })
    }

    /// Adds the revision that must be stored. Other conditions are headers.
    pub(super) fn only_if(mut self, condition: &Condition) -> Self {
        if let Condition::Revision(revision) = condition {
            self.url.query_pairs_mut().append_pair("if_revision", &revision.to_string());
        }
        self
    }

    /// Creates a request with a merge patch (RFC 7396). Everything but the patch is in the query.
    pub(super) fn patch(mut url: Url, patch: &StorePhaseData) -> Self {
        let StorePhaseData { phase, commit_sha, expires_in_seconds, status, outcome, reason, data, .. } =
            patch;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("phase", phase.as_str());
            if let Some(commit_sha) = commit_sha {
                query.append_pair("commit_sha", commit_sha.as_str());
            }
            if let Some(seconds) = expires_in_seconds {
                query.append_pair("expires_in_seconds", &seconds.to_string());
            }
            if let Some(status) = status {
                query.append_pair("status", status.as_str());
            }
            if let Some(outcome) = outcome {
                query.append_pair("outcome", outcome.as_str());
            }
            if let Some(reason) = reason {
                query.append_pair("reason", reason.as_str());
            }
        }
        let body = data.as_str().as_bytes().to_vec();
        Self { method: Method::PATCH, url, content_type: "application/merge-patch+json", body }
    }
}
