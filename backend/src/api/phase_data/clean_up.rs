//! `DELETE /api/v1/phase_data/{repository}/{issue_number}` and
//! `POST /api/v1/phase_data/{repository}/{issue_number}/restore` — scope `write`.

use phase_data_wire::phase_data::{DeletedPhaseData, RestoredPhaseData};
use phase_data_wire::{ClaimId, IssueNumber, Phase, ProblemCode, Repository, Revision, StatedTime};
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::{ApiResponse, OpenApi};

use crate::api::caller::Authenticated;
use crate::api::claim_refusals::PhaseLocation;
use crate::api::json_body::JsonBody;
use crate::api::preconditions::{Conditional, mismatch};
use crate::api::refused::{CREDENTIAL, Operation, Refused, UPGRADE};
use crate::api::request_scope::RequestId;
use crate::api::state::State;
use crate::api::tag::Tag;
use crate::auth::{Caller, Scope};
use crate::domain::{Precondition, TaggedPhase, issue_tag, quoted};
use crate::error::ApiError;
use crate::store::closing::{self, Closing, StateChange};
use crate::store::phase_data::AuditContext;

/// Removes the phases of an issue.
#[derive(Default)]
pub(crate) struct Delete;

impl Operation for Delete {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, CLOSING, &[ProblemCode::RevisionMismatch], UPGRADE];
}

/// Restores the removed phases of an issue.
#[derive(Default)]
pub(crate) struct Restore;

impl Operation for Restore {
    const CODES: &'static [&'static [ProblemCode]] = &[CREDENTIAL, CLOSING, &[ProblemCode::PhaseClaimed]];
}

/// The problems of a clean-up or a restoration after authentication.
const CLOSING: &[ProblemCode] = &[
    ProblemCode::InsufficientScope,
    ProblemCode::RepositoryOutOfReach,
    ProblemCode::InvalidParameter,
    ProblemCode::TokenReplayed,
    ProblemCode::InternalError,
    ProblemCode::DatabaseUnavailable,
    ProblemCode::ServerBusy,
];

/// The answer to a clean-up.
#[derive(ApiResponse)]
pub(super) enum Deleted {
    /// The removed phases.
    #[oai(status = 200)]
    Gone(JsonBody<DeletedPhaseData>),
}

/// The answer to a restoration.
#[derive(ApiResponse)]
pub(super) enum Restored {
    /// The restored phases.
    #[oai(status = 200)]
    Back(JsonBody<RestoredPhaseData>),
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl Delete {
    /// Clean up an issue.
    ///
    /// Removes all phases of an issue. They are hidden at once, can be restored within the grace period, and are removed
    /// permanently after it; with `purge=true`, they are removed permanently at once, and claims on the issue end. Documents
    /// that were stored after `closed_at` are kept. If the issue was reopened after `closed_at`, nothing is removed. Idempotent: if nothing is stored,
    /// the list is empty. Requires the scope `write`.
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
        /// Repository, percent-encoded: `octo%2Fhello`. The two segments `octo/hello` are also accepted.
        repository: Path<Repository>,
        /// Number of the issue.
        issue_number: Path<IssueNumber>,
        /// Time at which the issue was closed. Default: now. A time in the future means now. A time without a fraction means the
        /// whole second.
        closed_at: Query<Option<StatedTime>>,
        /// Remove permanently, without the grace period. Phases that are in their grace period are also removed.
        purge: Query<Option<bool>>,
        /// Change nothing, and return what the call would change now.
        dry_run: Query<Option<bool>>,
        /// Clean up only if the phases of the issue have this entity tag, which a retrieval of the whole issue returns; `*` for
        /// any.
        #[oai(name = "If-Match")]
        if_match: Conditional,
        /// Clean up only if the issue has exactly one phase, with this revision. With `If-Match`, both conditions must hold.
        if_revision: Query<Option<Revision>>,
    ) -> Result<Deleted, Refused<Delete>> {
        let purged = purge.0.unwrap_or(false);
        let precondition = Precondition::new(if_match.0, if_revision.0);
        let at = closed_at.0.map(StatedTime::get);
        let dry_run = dry_run.0.unwrap_or(false);
        let change = StateChange { closed: true, at, purge: purged, dry_run, grace: state.grace };
        let issue = Issue { repository: repository.0, issue_number: issue_number.0 };
        let caller = CallerContext { state: state.0, caller: &caller.0, request_id: request_id.0 };
        let deleted = issue.apply(caller, change, &precondition, None).await?;
        let Issue { repository, issue_number } = issue;
        Ok(Deleted::Gone(JsonBody(DeletedPhaseData { repository, issue_number, deleted, purged })))
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl Restore {
    /// Restore an issue.
    ///
    /// Restores the phases of a reopened issue that are in their grace period, unchanged and with their revisions. Phases
    /// that were stored again in the meantime are kept. If the issue was closed again after `reopened_at`, nothing is changed.
    /// Idempotent. Requires the scope `write`.
    #[oai(
        path = "/phase_data/:repository/:issue_number/restore",
        method = "post",
        operation_id = "restore_phase_data"
    )]
    async fn restore(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        request_id: Data<&RequestId>,
        /// Repository, percent-encoded: `octo%2Fhello`. The two segments `octo/hello` are also accepted.
        repository: Path<Repository>,
        /// Number of the issue.
        issue_number: Path<IssueNumber>,
        /// Time at which the issue was reopened. Default: now. A time in the future means now.
        reopened_at: Query<Option<StatedTime>>,
        /// Claim of the caller. Required if it lives on a phase that would be restored.
        claim_id: Query<Option<ClaimId>>,
        /// Change nothing, and return what the call would change now.
        dry_run: Query<Option<bool>>,
    ) -> Result<Restored, Refused<Restore>> {
        let at = reopened_at.0.map(StatedTime::get);
        let dry_run = dry_run.0.unwrap_or(false);
        let change = StateChange { closed: false, at, purge: false, dry_run, grace: state.grace };
        let issue = Issue { repository: repository.0, issue_number: issue_number.0 };
        let unconditional = Precondition::default();
        let caller = CallerContext { state: state.0, caller: &caller.0, request_id: request_id.0 };
        let restored = issue.apply(caller, change, &unconditional, claim_id.0.as_ref()).await?;
        let Issue { repository, issue_number } = issue;
        Ok(Restored::Back(JsonBody(RestoredPhaseData { repository, issue_number, restored })))
    }
}

/// The caller of a request, and the state that the request works with.
#[derive(Clone, Copy)]
struct CallerContext<'a> {
    state: &'a State,
    caller: &'a Caller,
    request_id: &'a RequestId,
}

/// An issue to clean up or to restore.
struct Issue {
    repository: Repository,
    issue_number: IssueNumber,
}

impl Issue {
    /// Applies a change for a caller that may write, and returns the phases that it affects.
    async fn apply(
        &self,
        CallerContext { state, caller, request_id }: CallerContext<'_>,
        change: StateChange,
        precondition: &Precondition,
        claim: Option<&ClaimId>,
    ) -> Result<Vec<Phase>, ApiError> {
        let Self { repository, issue_number } = self;
        let grant = caller.allowed(Scope::Write, repository.clone())?;
        let by = AuditContext::new(caller, request_id.as_str());
        match closing::at_request(&state.db, &grant, *issue_number, change, precondition, claim, &by).await? {
            Closing::Applied(phases) => Ok(phases),
            Closing::Mismatch(stored) => Err(not_held((repository, *issue_number), precondition, &stored)),
            Closing::Claimed(phase, attempt) => {
                Err(PhaseLocation { repository, issue_number: *issue_number, phase }.claimed(*attempt))
            }
        }
    }
}

fn not_held(
    (repository, issue_number): (&Repository, IssueNumber),
    precondition: &Precondition,
    stored: &[TaggedPhase],
) -> ApiError {
    let place = format!("For issue {issue_number} of {repository}");
    if stored.is_empty() {
        return mismatch(precondition, format!("{place}, nothing is stored."));
    }
    let etag = quoted(&issue_tag(stored.iter().map(|one| (one.phase, one.etag.as_str()))));
    let each = stored.iter().map(|one| format!("{} (revision {})", one.phase, one.revision));
    let each = each.collect::<Vec<_>>().join(", ");
    let detail = format!("{place}, {each} is stored; the issue's entity tag is {etag}.");
    let revision = match stored {
        [one] => Some(one.revision),
        _ => None,
    };
    let error = mismatch(precondition, detail).with_current(revision, Some(etag));
    match precondition.revision() {
        Some(_) if revision.is_none() => error.with_hint(
            "if_revision names the revision of one phase, and a clean-up removes all of them: send the entity tag of the \
             whole issue as If-Match.",
        ),
        _ => error,
    }
}
