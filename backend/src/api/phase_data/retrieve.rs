//! `GET /api/v1/phase_data/{repository}/{issue_number}` — scope `read`.

use std::pin::pin;
use std::time::Duration;

use phase_data_wire::phase_data::{IssuePhaseData, PhaseData};
use phase_data_wire::{CommitSha, IssueNumber, Phase, ProblemCode, Repository, WaitSeconds};
use poem_openapi::ApiResponse;
use tokio::time::{Instant, sleep, timeout_at};

use crate::api::State;
use crate::api::json_body::JsonBody;
use crate::api::refused::{CREDENTIAL, Operation, Refused};
use crate::auth::{Caller, Grant, Scope};
use crate::domain::{EntityTags, freshness, issue_tag, quoted};
use crate::error::ApiError;
use crate::store::StoreError;
use crate::store::phase_data::{self, Row};
use crate::waiting::CapacityError;

/// What can go wrong.
pub(super) struct Retrieve;

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

/// What to retrieve.
pub(super) struct Of {
    pub(super) repository: Repository,
    pub(super) issue: IssueNumber,
    pub(super) phase: Option<Phase>,
    pub(super) commit: Option<CommitSha>,
    pub(super) wait: WaitSeconds,
}

/// The answer to a retrieval.
#[derive(ApiResponse)]
pub(super) enum Retrieved {
    /// What is stored.
    #[oai(status = 200)]
    Found(
        JsonBody<IssuePhaseData>,
        /// With `phase`, that document's entity tag; else a tag that stands for all of the issue's phases.
        #[oai(header = "ETag")]
        String,
    ),
    /// Nothing changed since the entity tag in `If-None-Match`. Never answered for a document that expires.
    #[oai(status = 304)]
    NotModified(
        /// The entity tag that still holds.
        #[oai(header = "ETag")]
        String,
    ),
}

/// Retrieves an issue's phases.
pub(super) async fn retrieve(
    state: &State,
    caller: &Caller,
    of: Of,
    known: Option<EntityTags>,
) -> Result<Retrieved, Refused<Retrieve>> {
    let grant = caller.allowed(Scope::Read, of.repository.clone())?;
    state.budgets.expect_answer(grant.account(), state.json_limits.bytes)?;
    let rows = match of.wait.get().is_zero() {
        true => phase_data::retrieve(&state.db, &grant, of.issue, of.phase).await?,
        false => awaited(state, &grant, &of).await?,
    };
    if rows.is_empty() {
        return Err(not_found(&of).into());
    }
    let tag = match (of.phase, rows.as_slice()) {
        (Some(_), [one]) => one.etag.clone(),
        _ => issue_tag(rows.iter().map(|row| (row.phase, row.etag.as_str()))),
    };
    let etag = quoted(&tag);
    // A store of the same document moves its expiry and keeps its tag: a 304 would hide that.
    let expires = rows.iter().any(|row| row.expires_at.is_some());
    if !expires && known.is_some_and(|known| known.has(&tag)) {
        return Ok(Retrieved::NotModified(etag));
    }
    let phases = rows.into_iter().map(|row| phase(row, of.commit.as_ref())).collect();
    let body = IssuePhaseData { repository: of.repository, issue_number: of.issue, phases };
    Ok(Retrieved::Found(JsonBody(body), etag))
}

/// How long a database that is not available is left alone by who waits.
const DATABASE_IS_GIVEN: Duration = Duration::from_millis(500);

/// Waits for the rows to appear. Nobody polls: each look follows a notification. The last one follows the end of
/// the wait, because a notification can be lost with the connection that it came over.
async fn awaited(state: &State, grant: &Grant, of: &Of) -> Result<Vec<Row>, ApiError> {
    let deadline = Instant::now() + of.wait.get();
    let reservation = state.waiting.reserve(grant.account())?;
    let signal = patiently(state, deadline, || phase_data::signal(&state.db, grant, of.issue)).await?;
    let subscription = reservation.subscribe(signal);
    let mut is_over = false;
    loop {
        let mut notified = pin!(subscription.notified());
        // From here on a notification counts: none falls between the look and the wait.
        notified.as_mut().enable();
        let look = || phase_data::retrieve(&state.db, grant, of.issue, of.phase);
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

/// Asks the database until it answers or the time is over: data that is waited for can be waited for a little longer.
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

fn phase(row: Row, commit: Option<&CommitSha>) -> PhaseData {
    PhaseData {
        phase: row.phase,
        revision: row.revision,
        etag: quoted(&row.etag),
        freshness: freshness(commit, row.commit_sha.as_ref()),
        commit_sha: row.commit_sha,
        data_bytes: row.data_bytes,
        data_sha256: hex::encode(row.data_sha256),
        created_at: row.created_at,
        updated_at: row.updated_at,
        expires_at: row.expires_at,
        data: row.data,
    }
}

fn not_found(of: &Of) -> ApiError {
    let Of { repository, issue, .. } = of;
    let detail = match of.phase {
        Some(phase) => format!("Issue {issue} of {repository} has no {phase} data."),
        None => format!("Issue {issue} of {repository} has no phase data."),
    };
    ApiError::new(ProblemCode::PhaseDataNotFound, detail)
}
