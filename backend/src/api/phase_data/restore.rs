//! `POST /api/v1/phase_data/{repository}/{issue_number}/restore` — scope `write`.

use phase_data_wire::phase_data::RestoredPhaseData;
use phase_data_wire::{IssueNumber, ProblemCode, Repository, StatedTime};
use poem_openapi::ApiResponse;
use time::OffsetDateTime;

use super::delete::CLOSING;
use crate::api::State;
use crate::api::json_body::JsonBody;
use crate::api::refused::{CREDENTIAL, Operation, Refused};
use crate::api::request_scope::RequestId;
use crate::auth::{Caller, Scope};
use crate::domain::Precondition;
use crate::store::closing::{self, Wanted};
use crate::store::phase_data::By;

/// What can go wrong.
pub(super) struct Restore;

impl Operation for Restore {
    const CODES: &'static [&'static [ProblemCode]] = &[CREDENTIAL, CLOSING];
}

/// The answer to a restoration.
#[derive(ApiResponse)]
pub(super) enum Restored {
    /// What could be brought back is there again.
    #[oai(status = 200)]
    Back(JsonBody<RestoredPhaseData>),
}

/// Brings an issue's phases back.
pub(super) async fn restore(
    state: &State,
    caller: &Caller,
    request_id: &RequestId,
    (repository, issue_number): (Repository, IssueNumber),
    (reopened_at, dry_run): (Option<OffsetDateTime>, Option<bool>),
) -> Result<Restored, Refused<Restore>> {
    let grant = caller.allowed(Scope::Write, repository.clone())?;
    let by = By::new(caller, request_id.as_str());
    let at = reopened_at.map(|at| StatedTime::from(at).get());
    let dry_run = dry_run.unwrap_or(false);
    let wanted = Wanted { closed: false, at, purge: false, dry_run, grace: state.grace };
    let unconditional = Precondition::default();
    let closing = closing::at_request(&state.db, &grant, issue_number, wanted, &unconditional, &by).await?;
    let restored = closing.touched();
    Ok(Restored::Back(JsonBody(RestoredPhaseData { repository, issue_number, restored })))
}
