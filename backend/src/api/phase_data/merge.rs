//! `PATCH /api/v1/phase_data/{repository}/{issue_number}?phase=` — scope `write`.

use std::sync::Arc;

use phase_data_wire::phase_data::StorePhaseData;
use phase_data_wire::{CommitSha, Document, ExpiresInSeconds, IssueNumber, Phase, ProblemCode, Repository};

use super::store::{Store, StoredAnswer, answer};
use crate::api::State;
use crate::api::refused::{Operation, Refused};
use crate::api::request_scope::RequestId;
use crate::auth::{Caller, Scope};
use crate::domain::{Precondition, check};
use crate::error::ApiError;
use crate::heavy;
use crate::store::phase_data::{self, By};

/// What can go wrong: what can in a store.
pub(super) struct Merge;

impl Operation for Merge {
    const CODES: &'static [&'static [ProblemCode]] = Store::CODES;
}

/// What is to be patched.
pub(super) struct Of {
    pub(super) repository: Repository,
    pub(super) issue: IssueNumber,
    pub(super) phase: Phase,
    pub(super) commit: Option<CommitSha>,
    pub(super) expires_in: Option<ExpiresInSeconds>,
}

/// Merges a patch into one phase.
pub(super) async fn merge(
    state: &State,
    caller: &Caller,
    request_id: &RequestId,
    precondition: Precondition,
    of: Of,
    patch: Document,
) -> Result<StoredAnswer, Refused<Merge>> {
    let grant = caller.allowed(Scope::Write, of.repository.clone())?;
    let text = patch.as_str();
    heavy::on_text(text.len(), || check(text, &state.json_limits)).map_err(|flaw| {
        let pointer = flaw.pointer.clone();
        ApiError::from(flaw).at(pointer)
    })?;
    let request = Arc::new(StorePhaseData {
        repository: of.repository,
        issue_number: of.issue,
        phase: of.phase,
        commit_sha: of.commit,
        expires_in_seconds: of.expires_in,
        data: patch,
    });
    let by = By::new(caller, request_id.as_str());
    let patched = phase_data::patch(&state.db, &grant, &request, state.json_limits, &precondition, &by);
    Ok(answer(&request, &precondition, patched.await?)?)
}
