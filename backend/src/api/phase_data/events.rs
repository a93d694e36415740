//! `GET /api/v1/phase_data/{repository}/{issue_number}/events` — scope `read`.

use phase_data_wire::phase_data::PhaseEvents;
use phase_data_wire::{IssueNumber, ProblemCode, Repository};
use poem_openapi::ApiResponse;

use crate::api::State;
use crate::api::json_body::JsonBody;
use crate::api::refused::{CREDENTIAL, Operation, Refused};
use crate::auth::{Caller, Scope};
use crate::store::phase_event;

/// What can go wrong.
pub(super) struct ListEvents;

impl Operation for ListEvents {
    const CODES: &'static [&'static [ProblemCode]] = &[
        CREDENTIAL,
        &[
            ProblemCode::InvalidParameter,
            ProblemCode::RepositoryOutOfReach,
            ProblemCode::InternalError,
            ProblemCode::DatabaseUnavailable,
            ProblemCode::ServerBusy,
        ],
    ];
}

/// The answer to a request for receipts.
#[derive(ApiResponse)]
pub(super) enum Events {
    /// The receipts; none is an answer, too.
    #[oai(status = 200)]
    Page(JsonBody<PhaseEvents>),
}

/// How many receipts a page has where nothing is said. The most is part of the contract.
const DEFAULT_LIMIT: i32 = 50;

/// Lists an issue's receipts.
pub(super) async fn events(
    state: &State,
    caller: &Caller,
    (repository, issue_number): (Repository, IssueNumber),
    before: Option<i64>,
    limit: Option<i32>,
) -> Result<Events, Refused<ListEvents>> {
    let grant = caller.allowed(Scope::Read, repository.clone())?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    // One more than asked for shows whether there are older ones.
    let mut events = phase_event::list(&state.db, &grant, issue_number, before, limit + 1).await?;
    let more = events.len() > limit as usize;
    events.truncate(limit as usize);
    let next = events.last().filter(|_| more).map(|event| event.id);
    Ok(Events::Page(JsonBody(PhaseEvents { repository, issue_number, events, next })))
}
