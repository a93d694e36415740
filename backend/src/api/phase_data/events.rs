//! `GET /api/v1/phase_data/{repository}/{issue_number}/events` — scope `read`.

use phase_data_wire::phase_data::PhaseEvents;
use phase_data_wire::{IssueNumber, ProblemCode, Repository};
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::{ApiResponse, OpenApi};

use crate::api::caller::Authenticated;
use crate::api::json_body::JsonBody;
use crate::api::refused::{CREDENTIAL, Operation, Refused};
use crate::api::state::State;
use crate::api::tag::Tag;
use crate::auth::Scope;
use crate::store::phase_event;

/// Lists an issue's events.
#[derive(Default)]
pub(crate) struct ListEvents;

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

/// The answer to a list of events.
#[derive(ApiResponse)]
pub(super) enum Events {
    /// The events; the list can be empty.
    #[oai(status = 200)]
    Page(JsonBody<PhaseEvents>),
}

/// The default size of a page. The maximum is part of the contract.
const DEFAULT_LIMIT: i32 = 50;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl ListEvents {
    /// List the events of an issue.
    ///
    /// Returns events, newest first: stores, deletions, restorations, expiries and purges, with their actor and workflow run.
    /// Events are kept longer than the data, and contain no payload. Requires the scope `read`.
    #[oai(
        path = "/phase_data/:repository/:issue_number/events",
        method = "get",
        operation_id = "list_phase_events"
    )]
    async fn events(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// Repository, percent-encoded: `octo%2Fhello`. The two segments `octo/hello` are also accepted.
        repository: Path<Repository>,
        /// Number of the issue.
        issue_number: Path<IssueNumber>,
        /// Only older events: the `next` of the previous page.
        before: Query<Option<i64>>,
        /// Maximum number of events: 1 to 100. Default: 50.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<i32>>,
    ) -> Result<Events, Refused<ListEvents>> {
        let grant = caller.0.allowed(Scope::Read, repository.0.clone())?;
        let limit = limit.0.unwrap_or(DEFAULT_LIMIT);
        // One more than asked for shows whether there are older ones.
        let mut events = phase_event::list(&state.db, &grant, issue_number.0, before.0, limit + 1).await?;
        let more = events.len() > limit as usize;
        events.truncate(limit as usize);
        let next = events.last().filter(|_| more).map(|event| event.id);
        let body = PhaseEvents { repository: repository.0, issue_number: issue_number.0, events, next };
        Ok(Events::Page(JsonBody(body)))
    }
}
