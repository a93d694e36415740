//! `DELETE /api/v1/phase_data/{repository}/{issue_number}` — scope `write`.

use phase_data_wire::phase_data::DeletedPhaseData;
use phase_data_wire::{IssueNumber, ProblemCode, Repository, StatedTime};
use poem_openapi::ApiResponse;
use time::OffsetDateTime;

use crate::api::State;
use crate::api::json_body::JsonBody;
use crate::api::refused::{CREDENTIAL, Operation, Refused};
use crate::api::request_scope::RequestId;
use crate::auth::{Caller, Scope};
use crate::store::closing::{self, Wanted};
use crate::store::phase_data::By;

/// What can go wrong.
pub(super) struct Delete;

impl Operation for Delete {
    const CODES: &'static [&'static [ProblemCode]] = &[
        CREDENTIAL,
        &[
            ProblemCode::InsufficientScope,
            ProblemCode::RepositoryOutOfReach,
            ProblemCode::InvalidParameter,
            ProblemCode::TokenReplayed,
            ProblemCode::InternalError,
            ProblemCode::DatabaseUnavailable,
            ProblemCode::ServerBusy,
        ],
    ];
}

/// The answer to a clean-up.
#[derive(ApiResponse)]
pub(super) enum Deleted {
    /// Nothing is there now.
    #[oai(status = 200)]
    Gone(JsonBody<DeletedPhaseData>),
}

/// Cleans up an issue.
pub(super) async fn delete(
    state: &State,
    caller: &Caller,
    request_id: &RequestId,
    (repository, issue_number): (Repository, IssueNumber),
    (closed_at, purge, dry_run): (Option<OffsetDateTime>, Option<bool>, Option<bool>),
) -> Result<Deleted, Refused<Delete>> {
    let grant = caller.allowed(Scope::Write, repository.clone())?;
    let by = By::new(caller, request_id.as_str());
    let purged = purge.unwrap_or(false);
    let at = closed_at.map(|at| StatedTime::from(at).get());
    let dry_run = dry_run.unwrap_or(false);
    let wanted = Wanted { closed: true, at, purge: purged, dry_run, grace: state.grace };
    let deleted = closing::at_request(&state.db, &grant, issue_number, wanted, by).await?;
    Ok(Deleted::Gone(JsonBody(DeletedPhaseData { repository, issue_number, deleted, purged })))
}
