//! `GET /api/v1/phase_data/{repository}/{issue_number}` — scope `read`.

use std::pin::pin;
use std::time::Duration;

use phase_data_wire::phase_data::{IssuePhaseData, PhaseData};
use phase_data_wire::{CommitSha, IssueNumber, Phase, ProblemCode, Repository, WaitSeconds};
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::{ApiResponse, OpenApi};
use tokio::time::{Instant, sleep, timeout_at};

use crate::api::caller::Authenticated;
use crate::api::json_body::JsonBody;
use crate::api::preconditions::Conditional;
use crate::api::refused::{CREDENTIAL, Operation, Refused};
use crate::api::state::State;
use crate::api::tag::Tag;
use crate::auth::{Grant, Scope};
use crate::domain::{EntityTags, freshness, issue_tag, quoted};
use crate::error::ApiError;
use crate::store::StoreError;
use crate::store::phase_data::{self, Row};
use crate::waiting::CapacityError;

/// Retrieves an issue's phases.
#[derive(Default)]
pub(crate) struct Retrieve;

impl Operation for Retrieve {
    const CODES: &'static [&'static [ProblemCode]] = &[
        CREDENTIAL,
        &[
            ProblemCode::RepositoryOutOfReach,
            ProblemCode::InvalidParameter,
            ProblemCode::PhaseDataNotFound,
            ProblemCode::InternalError,
            ProblemCode::DatabaseUnavailable,
            ProblemCode::ServerBusy,
            ProblemCode::TooManyWaiting,
            ProblemCode::Stopping,
        ],
    ];
}

/// The issue and the phases to retrieve.
struct Selection {
    issue: IssueNumber,
    phase: Option<Phase>,
}

/// The answer to a retrieval.
#[derive(ApiResponse)]
pub(super) enum Retrieved {
    /// The stored phases.
    #[oai(status = 200)]
    Found(
        JsonBody<IssuePhaseData>,
        /// With `phase`, the entity tag of the document, otherwise a tag of all phases of the issue.
        #[oai(header = "ETag")]
        String,
    ),
    /// The entity tag in `If-None-Match` is current. Not returned for documents that expire.
    #[oai(status = 304)]
    NotModified(
        /// The current entity tag.
        #[oai(header = "ETag")]
        String,
    ),
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl Retrieve {
    /// Retrieve the phases of an issue.
    ///
    /// Returns all phases, or the phase in `phase`. Data that the caller may not see is answered exactly like data that does
    /// not exist. Requires the scope `read`.
    #[oai(
        path = "/phase_data/:repository/:issue_number",
        method = "get",
        operation_id = "retrieve_phase_data"
    )]
    async fn retrieve(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// Repository, percent-encoded: `octo%2Fhello`. The two segments `octo/hello` are also accepted.
        repository: Path<Repository>,
        /// Number of the issue.
        issue_number: Path<IssueNumber>,
        /// Only this phase.
        phase: Query<Option<Phase>>,
        /// Your commit. Each phase is marked `fresh` or `stale` for it.
        commit_sha: Query<Option<CommitSha>>,
        /// Seconds to wait for the data, if it does not exist.
        wait_seconds: Query<Option<WaitSeconds>>,
        /// Entity tag that you have. Returns 304 if it is current.
        #[oai(name = "If-None-Match")]
        if_none_match: Conditional,
    ) -> Result<Retrieved, Refused<Retrieve>> {
        let grant = caller.0.allowed(Scope::Read, repository.0.clone())?;
        state.budgets.expect_answer(grant.account(), state.json_limits.bytes)?;
        let selection = Selection { issue: issue_number.0, phase: phase.0 };
        let wait = wait_seconds.0.unwrap_or_default().get();
        let rows = match wait.is_zero() {
            true => phase_data::retrieve(&state.db, &grant, selection.issue, selection.phase).await?,
            false => awaited(state.0, &grant, &selection, wait).await?,
        };
        if rows.is_empty() {
            return Err(not_found(&repository.0, &selection).into());
        }
        let tag = entity_tag(&rows, &selection);
        if is_unchanged(&rows, &tag, if_none_match.0) {
            return Ok(Retrieved::NotModified(quoted(&tag)));
        }
        let phases = rows.into_iter().map(|row| answered(row, commit_sha.0.as_ref())).collect();
        let body = IssuePhaseData { repository: repository.0, issue_number: issue_number.0, phases };
        Ok(Retrieved::Found(JsonBody(body), quoted(&tag)))
    }
}

/// Returns the tag of the requested phase, or a tag of all phases of the issue.
fn entity_tag(rows: &[Row], selection: &Selection) -> String {
    match (selection.phase, rows) {
        (Some(_), [one]) => one.etag.clone(),
        _ => issue_tag(rows.iter().map(|row| (row.phase, row.etag.as_str()))),
    }
}

/// Returns `true` if the caller already has these rows. A store of the same document changes its expiry and keeps its tag,
/// so documents that expire are always returned.
fn is_unchanged(rows: &[Row], tag: &str, known: Option<EntityTags>) -> bool {
    let expires = rows.iter().any(|row| row.expires_at.is_some());
    !expires && known.is_some_and(|known| known.has(tag))
}

/// The pause of a waiting request while the database is not available.
const DATABASE_IS_GIVEN: Duration = Duration::from_millis(500);

/// Waits for the rows, without polling: it reads them after each notification. It also reads them at the end of the wait,
/// because a notification can be lost with its connection.
async fn awaited(
    state: &State,
    grant: &Grant,
    selection: &Selection,
    wait: Duration,
) -> Result<Vec<Row>, ApiError> {
    let deadline = Instant::now() + wait;
    let reservation = state.waiting.reserve(grant.account())?;
    let signal = patiently(state, deadline, || phase_data::signal(&state.db, grant, selection.issue)).await?;
    let subscription = reservation.subscribe(signal);
    let mut is_over = false;
    loop {
        let mut notified = pin!(subscription.notified());
        // From here on a notification counts: none falls between the look and the wait.
        notified.as_mut().enable();
        let look = || phase_data::retrieve(&state.db, grant, selection.issue, selection.phase);
        let rows = patiently(state, deadline, look).await?;
        if is_over || !rows.is_empty() {
            return Ok(rows);
        }
        if subscription.is_closed() {
            return Err(CapacityError::Closed.into());
        }
        is_over = timeout_at(deadline, notified).await.is_err();
    }
}

/// Repeats the read until the database answers or the time is over: a waiting request can wait a little longer.
async fn patiently<T, F>(state: &State, deadline: Instant, ask: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    loop {
        match ask().await {
            Err(error) if error.is_passing() && Instant::now() < deadline && !state.waiting.is_closed() => {
                sleep(DATABASE_IS_GIVEN).await
            }
            answered => return answered,
        }
    }
}

fn answered(row: Row, commit: Option<&CommitSha>) -> PhaseData {
    PhaseData {
        phase: row.phase,
        revision: row.revision,
        etag: quoted(&row.etag),
        freshness: freshness(commit, row.commit_sha.as_ref()),
        commit_sha: row.commit_sha,
        status: row.state.status,
        outcome: row.state.outcome,
        reason: row.state.reason,
        data_bytes: row.data_bytes,
        data_sha256: hex::encode(row.data_sha256),
        created_at: row.created_at,
        updated_at: row.updated_at,
        expires_at: row.expires_at,
        data: row.data,
    }
}

fn not_found(repository: &Repository, selection: &Selection) -> ApiError {
    let issue = selection.issue;
    let detail = match selection.phase {
        Some(phase) => format!("Issue {issue} of {repository} has no {phase} data."),
        None => format!("Issue {issue} of {repository} has no phase data."),
    };
    ApiError::new(ProblemCode::PhaseDataNotFound, detail)
}
