//! `PATCH /api/v1/phase_data/{repository}/{issue_number}?phase=` — scope `write`.

use std::sync::Arc;

use phase_data_wire::phase_data::{OutcomeChange, PhaseStatus, ReasonChange, StorePhaseData};
use phase_data_wire::{
    ClaimId, CommitSha, ExpiresInSeconds, IssueNumber, Phase, ProblemCode, Repository, Revision,
};
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};

use super::store::{Store, StoredAnswer, answer, check_has_outcome};
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
use crate::store::phase_data::{self, AuditContext, NewState, Patch};

/// Merges a patch into a phase. Its problems are those of a store.
#[derive(Default)]
pub(crate) struct Merge;

impl Operation for Merge {
    const CODES: &'static [&'static [ProblemCode]] = Store::CODES;
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl Merge {
    /// Merge a patch into a phase of an issue.
    ///
    /// Applies a JSON merge patch (RFC 7396) to the document of the phase, in one transaction: members of objects are merged,
    /// `null` removes a member, and any other value replaces the stored one. Concurrent patches are all applied. If nothing is
    /// stored, the patch creates the document. The commit, the expiry and the state of the result are kept, unless the call sets
    /// others. The body can also have the type `application/merge-patch+json`. Requires the scope `write`.
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
        /// Repository, percent-encoded: `octo%2Fhello`. The two segments `octo/hello` are also accepted.
        repository: Path<Repository>,
        /// Number of the issue.
        issue_number: Path<IssueNumber>,
        /// Phase to patch.
        phase: Query<Phase>,
        /// Commit that the document belongs to after the patch.
        commit_sha: Query<Option<CommitSha>>,
        /// Seconds until the document expires.
        expires_in_seconds: Query<Option<ExpiresInSeconds>>,
        /// Status of the result after the patch.
        status: Query<Option<PhaseStatus>>,
        /// Decision about the finding after the patch, or `null` to remove the stored one; only for the phase `validate`.
        outcome: Query<Option<OutcomeChange>>,
        /// Reason after the patch, or `null` to remove the stored one. Events keep it, also after the data is removed: it must
        /// not contain secrets.
        reason: Query<Option<ReasonChange>>,
        /// Claim under which the document is patched. Required while the claim lives. A patch does not end it.
        claim_id: Query<Option<ClaimId>>,
        /// Patch only if the stored document has this entity tag, as in `"3-1a2b3c4d"`; `*` for any.
        #[oai(name = "If-Match")]
        if_match: Conditional,
        /// Patch only if this revision is stored. With `If-Match`, both conditions must hold.
        if_revision: Query<Option<Revision>>,
        body: MergePatch,
    ) -> Result<StoredAnswer, Refused<Merge>> {
        let grant = caller.0.allowed(Scope::Write, repository.0.clone())?;
        if outcome.0.is_some() {
            check_has_outcome(phase.0, ProblemCode::InvalidParameter)?;
        }
        let text = body.0.as_str();
        heavy::on_text(text.len(), || check(text, &state.json_limits)).map_err(|flaw| {
            let pointer = flaw.pointer.clone();
            ApiError::from(flaw).at(pointer)
        })?;
        let new_state = NewState { status: status.0, outcome: outcome.0, reason: reason.0 };
        let request = StorePhaseData {
            repository: repository.0,
            issue_number: issue_number.0,
            phase: phase.0,
            commit_sha: commit_sha.0,
            expires_in_seconds: expires_in_seconds.0,
            status: None,
            outcome: None,
            reason: None,
            claim_id: claim_id.0,
            keep_claim: None,
            data: body.0,
        };
        let patch = Arc::new(Patch { request, state: new_state });
        let precondition = Precondition::new(if_match.0, if_revision.0);
        let by = AuditContext::new(&caller.0, request_id.as_str());
        let patched = phase_data::patch(&state.db, &grant, &patch, state.json_limits, &precondition, &by);
        Ok(answer(&patch.request, &precondition, patched.await?)?)
    }
}
