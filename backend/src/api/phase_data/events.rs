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

/// The answer to a request for events.
#[derive(ApiResponse)]
pub(super) enum Events {
    /// The events; an empty list if there are none.
    #[oai(status = 200)]
    Page(JsonBody<PhaseEvents>),
}

/// The default size of a page. The largest is part of the contract.
const DEFAULT_LIMIT: i32 = 50;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl ListEvents {
    /// List who did what to one issue's data.
    ///
    /// Events, the newest first: each store, deletion, restoration, expiry and purge, with who did it and from
    /// which workflow run. They outlive the data and never hold a payload. The scope `read` is needed.
    #[oai(
        path = "/phase_data/:repository/:issue_number/events",
        method = "get",
        operation_id = "list_phase_events"
    )]
    async fn events(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// The repository, percent-encoded: `octo%2Fhello`. Two segments, `octo/hello`, mean the same.
        repository: Path<Repository>,
        /// The issue's number.
        issue_number: Path<IssueNumber>,
        /// Only events before this one: the `next` of the page before.
        before: Query<Option<i64>>,
        /// How many events at the most: 1 to 100, 50 if left out.
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
