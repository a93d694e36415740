//! `/api/v1/phase_data`: each call in its file. Those of one path stand in one block here, because the contract
//! wants them together; those with a path of their own are in `on_issue`. Each stands twice: with the repository percent-encoded in one
//! segment, and in two for proxies that decode or refuse `%2F`.

mod delete;
mod events;
mod merge;
mod on_issue;
mod restore;
mod retrieve;
mod store;

use phase_data_wire::phase_data::StorePhaseData;
use phase_data_wire::{CommitSha, ExpiresInSeconds, IssueNumber, Phase, Repository, Revision, WaitSeconds};
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use time::OffsetDateTime;

use super::State;
use super::caller::Authenticated;
use super::contract::Tag;
use super::json_body::JsonBody;
use super::merge_patch::MergePatch;
use super::preconditions::{Conditional, IfAbsent};
use super::refused::Refused;
use super::request_scope::RequestId;
use crate::domain::Precondition;
use delete::{Delete, Deleted};
use merge::Merge;
pub(crate) use on_issue::OnIssueApi;
use retrieve::{Retrieve, Retrieved};
use store::{Store, StoredAnswer};

/// The calls on phase data.
pub(crate) struct PhaseDataApi;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl PhaseDataApi {
    /// Store one phase of one issue.
    ///
    /// Creates the phase or replaces it as a whole, in one transaction. Storing the same document for the
    /// same commit again changes nothing and keeps the revision, so a retry is harmless. The scope `write`
    /// is needed.
    #[oai(path = "/phase_data", method = "post", operation_id = "store_phase_data")]
    async fn store(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        request_id: Data<&RequestId>,
        /// Store only if the document with this entity tag is there, as in `"3-1a2b3c4d"`; `*` for any.
        #[oai(name = "If-Match")]
        if_match: Conditional,
        /// `*`: store only if nothing is there.
        #[oai(name = "If-None-Match")]
        if_none_match: IfAbsent,
        /// Store only if this revision is there. With `If-Match` both must hold.
        if_revision: Query<Option<Revision>>,
        body: JsonBody<StorePhaseData>,
    ) -> Result<StoredAnswer, Refused<Store>> {
        let conditions = (Precondition::new(if_match.0, if_revision.0), if_none_match.0);
        store::store(state.0, &caller.0, request_id.0, conditions, body.0).await
    }

    /// Retrieve what is stored for one issue.
    ///
    /// Answers every phase, or the one that `phase` names. What the caller may not see is answered exactly
    /// as what is not there. The scope `read` is needed.
    #[oai(
        path = "/phase_data/:repository/:issue_number",
        method = "get",
        operation_id = "retrieve_phase_data"
    )]
    async fn retrieve(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// The repository, percent-encoded: `octo%2Fhello`. Two segments, `octo/hello`, mean the same.
        repository: Path<Repository>,
        /// The issue's number.
        issue_number: Path<IssueNumber>,
        /// Only this phase.
        phase: Query<Option<Phase>>,
        /// Your commit: each phase is marked `fresh` or `stale` against it.
        commit_sha: Query<Option<CommitSha>>,
        /// If it is not there, wait for so long for it to appear.
        wait_seconds: Query<Option<WaitSeconds>>,
        /// The entity tag that you have: 304 if it still holds.
        #[oai(name = "If-None-Match")]
        if_none_match: Conditional,
    ) -> Result<Retrieved, Refused<Retrieve>> {
        let of = retrieve::Of {
            repository: repository.0,
            issue: issue_number.0,
            phase: phase.0,
            commit: commit_sha.0,
            wait: wait_seconds.0.unwrap_or_default(),
        };
        retrieve::retrieve(state.0, &caller.0, of, if_none_match.0).await
    }

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
        let of = merge::Of {
            repository: repository.0,
            issue: issue_number.0,
            phase: phase.0,
            commit: commit_sha.0,
            expires_in: expires_in_seconds.0,
        };
        let precondition = Precondition::new(if_match.0, if_revision.0);
        merge::merge(state.0, &caller.0, request_id.0, precondition, of, body.0).await
    }

    /// Clean up one issue.
    ///
    /// Removes every phase of the issue. They are invisible at once, and gone for good after a grace period,
    /// or right away with `purge=true`; until then a restoration brings them back. What was stored after
    /// `closed_at` stays, and so does everything if the issue was opened again since: a late call is harmless.
    /// Idempotent: nothing there is an empty list. The scope `write` is needed.
    #[oai(
        path = "/phase_data/:repository/:issue_number",
        method = "delete",
        operation_id = "delete_phase_data"
    )]
    async fn delete(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        request_id: Data<&RequestId>,
        /// The repository, percent-encoded: `octo%2Fhello`. Two segments, `octo/hello`, mean the same.
        repository: Path<Repository>,
        /// The issue's number.
        issue_number: Path<IssueNumber>,
        /// When the issue was closed; now, if left out or ahead of now. A time without a fraction means its
        /// whole second.
        closed_at: Query<Option<OffsetDateTime>>,
        /// Remove for good, without the grace period; what is in it already goes, too.
        purge: Query<Option<bool>>,
        /// Change nothing: the answer is what the same call without it would change now.
        dry_run: Query<Option<bool>>,
        /// Clean up only if the issue's phases have this entity tag: the one that retrieving the whole issue answers; `*`
        /// for any.
        #[oai(name = "If-Match")]
        if_match: Conditional,
        /// Clean up only if the issue has just one phase, and this revision of it. With `If-Match` both must hold.
        if_revision: Query<Option<Revision>>,
    ) -> Result<Deleted, Refused<Delete>> {
        let precondition = Precondition::new(if_match.0, if_revision.0);
        let how = (closed_at.0, purge.0, dry_run.0);
        let of = (repository.0, issue_number.0);
        delete::delete(state.0, &caller.0, request_id.0, of, how, &precondition).await
    }
}
