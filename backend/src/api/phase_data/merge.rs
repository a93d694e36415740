//! `PATCH /api/v1/phase_data/{repository}/{issue_number}?phase=` — scope `write`.

use std::sync::Arc;

use phase_data_wire::phase_data::StorePhaseData;
use phase_data_wire::{CommitSha, ExpiresInSeconds, IssueNumber, Phase, ProblemCode, Repository, Revision};
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};

use super::store::{Store, StoredAnswer, answer};
use crate::api::caller::Authenticated;
use crate::api::merge_patch::MergePatch;
use crate::api::preconditions::Conditional;
use crate::api::refused::{Operation, Refused};
use crate::api::request_scope::RequestId;
use crate::api::state::State;
use crate::api::tag::Tag;
use crate::auth::Scope;
use crate::domain::{Precondition, check};
use crate::error::ApiError;
use crate::heavy;
use crate::store::phase_data::{self, AuditContext};

/// Merges a patch into one phase. The same can go wrong as in a store.
#[derive(Default)]
pub(crate) struct Merge;

impl Operation for Merge {
    const CODES: &'static [&'static [ProblemCode]] = Store::CODES;
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl Merge {
    /// Merge into one phase of one issue.
    ///
    /// Applies a JSON merge patch (RFC 7396) to the phase's document, in one transaction: members of objects are
    /// merged, `null` takes a member out, and anything else replaces what is there. Two patches at once
    /// both take effect. If nothing is stored, the patch makes the document. The commit and the expiry of
    /// what is there stay, unless this call names others. The scope `write` is needed.
    #[oai(
        path = "/phase_data/:repository/:issue_number",
        method = "patch",
        operation_id = "merge_phase_data"
    )]
    async fn merge(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        request_id: Data<&RequestId>,
        /// The repository, percent-encoded: `octo%2Fhello`. Two segments, `octo/hello`, mean the same.
        repository: Path<Repository>,
        /// The issue's number.
        issue_number: Path<IssueNumber>,
        /// The phase to patch.
        phase: Query<Phase>,
        /// The commit that the document is now made for.
        commit_sha: Query<Option<CommitSha>>,
        /// After how many seconds from now the document expires.
        expires_in_seconds: Query<Option<ExpiresInSeconds>>,
        /// Patch only if the document with this entity tag is there, as in `"3-1a2b3c4d"`; `*` for any.
        #[oai(name = "If-Match")]
        if_match: Conditional,
        /// Patch only if this revision is there. With `If-Match` both must hold.
        if_revision: Query<Option<Revision>>,
        body: MergePatch,
    ) -> Result<StoredAnswer, Refused<Merge>> {
        let grant = caller.0.allowed(Scope::Write, repository.0.clone())?;
        let text = body.0.as_str();
        heavy::on_text(text.len(), || check(text, &state.json_limits)).map_err(|flaw| {
            let pointer = flaw.pointer.clone();
            ApiError::from(flaw).at(pointer)
        })?;
        let request = Arc::new(StorePhaseData {
            repository: repository.0,
            issue_number: issue_number.0,
            phase: phase.0,
            commit_sha: commit_sha.0,
            expires_in_seconds: expires_in_seconds.0,
            data: body.0,
        });
        let precondition = Precondition::new(if_match.0, if_revision.0);
        let by = AuditContext::new(&caller.0, request_id.as_str());
        let patched = phase_data::patch(&state.db, &grant, &request, state.json_limits, &precondition, &by);
        Ok(answer(&request, &precondition, patched.await?)?)
    }
}
