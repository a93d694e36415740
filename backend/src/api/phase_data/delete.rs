//! `DELETE /api/v1/phase_data/{repository}/{issue_number}` — scope `write`.

use phase_data_wire::phase_data::DeletedPhaseData;
use phase_data_wire::{IssueNumber, ProblemCode, Repository, StatedTime};
use poem_openapi::ApiResponse;
use time::OffsetDateTime;

use crate::api::State;
use crate::api::json_body::JsonBody;
use crate::api::preconditions::mismatch;
use crate::api::refused::{CREDENTIAL, Operation, Refused, UPGRADE};
use crate::api::request_scope::RequestId;
use crate::auth::{Caller, Scope};
use crate::domain::{Precondition, TaggedPhase, issue_tag, quoted};
use crate::error::ApiError;
use crate::store::closing::{self, Closing, Wanted};
use crate::store::phase_data::By;

/// What can go wrong.
pub(super) struct Delete;

impl Operation for Delete {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, CLOSING, &[ProblemCode::RevisionMismatch], UPGRADE];
}

/// What can go wrong with a clean-up or a restoration once the caller is known.
pub(super) const CLOSING: &[ProblemCode] = &[
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
    precondition: &Precondition,
) -> Result<Deleted, Refused<Delete>> {
    let grant = caller.allowed(Scope::Write, repository.clone())?;
    let by = By::new(caller, request_id.as_str());
    let purged = purge.unwrap_or(false);
    let at = closed_at.map(|at| StatedTime::from(at).get());
    let dry_run = dry_run.unwrap_or(false);
    let wanted = Wanted { closed: true, at, purge: purged, dry_run, grace: state.grace };
    match closing::at_request(&state.db, &grant, issue_number, wanted, precondition, &by).await? {
        Closing::Done(deleted) => {
            Ok(Deleted::Gone(JsonBody(DeletedPhaseData { repository, issue_number, deleted, purged })))
        }
        Closing::Mismatch(stored) => Err(not_held((&repository, issue_number), precondition, &stored).into()),
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
