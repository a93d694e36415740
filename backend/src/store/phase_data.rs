//! `phase_data`, through the functions of the migrations: one round trip each.

use phase_data_wire::phase_data::{StoreOutcome, StorePhaseData};
use phase_data_wire::{CommitSha, Document, IssueNumber, Phase, Repository};
use sqlx::types::Json;
use time::OffsetDateTime;

use super::{Db, StoreError, named};
use crate::auth::{AccountId, Actor};
use crate::domain::Precondition;

/// Who asks, and in which request: what a receipt needs.
#[derive(Debug)]
pub(crate) struct By<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) request_id: &'a str,
}

/// What is there after a store.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) outcome: StoreOutcome,
    pub(crate) revision: i64,
    pub(crate) data_bytes: i64,
    pub(crate) data_sha256: Vec<u8>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
}

/// What became of a store.
#[derive(Debug)]
pub(crate) enum StoreResult {
    /// It was done, or had been done before.
    Stored(Stored),
    /// The precondition did not hold; this revision is there, if any.
    Mismatch(Option<i64>),
}

/// One stored phase.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) phase: Phase,
    pub(crate) revision: i64,
    pub(crate) commit_sha: Option<CommitSha>,
    pub(crate) data_bytes: i64,
    pub(crate) data_sha256: Vec<u8>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
    pub(crate) data: Document,
}

/// Creates or replaces one phase of one issue, if the precondition holds.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn store(
    db: &Db,
    account: AccountId,
    request: &StorePhaseData,
    precondition: &Precondition,
    by: &By<'_>,
) -> Result<StoreResult, StoreError> {
    let mut lease = db.lease().await?;
    let row = sqlx::query_as::<_, StoredRow>(
        "select outcome, revision, data_bytes, data_sha256, created_at, updated_at
           from store_phase_data($1, $2, $3, $4::phase, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(account.get())
    .bind(request.repository.as_str())
    .bind(request.issue_number.get())
    .bind(request.phase.as_str())
    .bind(Json(&request.data))
    .bind(request.commit_sha.as_ref().map(CommitSha::as_str))
    .bind(precondition.must_exist())
    .bind(precondition.must_not_exist())
    .bind(precondition.revisions())
    .bind(Json(by.actor))
    .bind(by.request_id)
    .fetch_one(lease.connection())
    .await
    .and_then(StoreResult::try_from);
    lease.settle(row)
}

/// The stored phases of an issue in their order, or just the one.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn retrieve(
    db: &Db,
    account: AccountId,
    repository: &Repository,
    issue: IssueNumber,
    phase: Option<Phase>,
) -> Result<Vec<Row>, StoreError> {
    let mut lease = db.lease().await?;
    let rows = sqlx::query_as::<_, RetrievedRow>(
        "select phase::text, revision, commit_sha, data_bytes, data_sha256, created_at, updated_at, data
           from retrieve_phase_data($1, $2, $3, $4::phase)",
    )
    .bind(account.get())
    .bind(repository.as_str())
    .bind(issue.get())
    .bind(phase.map(Phase::as_str))
    .fetch_all(lease.connection())
    .await
    .and_then(|rows| rows.into_iter().map(Row::try_from).collect());
    lease.settle(rows)
}

/// Hides an issue's phases, or removes them for good (`purge`); answers which.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn delete(
    db: &Db,
    account: AccountId,
    repository: &Repository,
    issue: IssueNumber,
    purge: bool,
    by: &By<'_>,
) -> Result<Vec<Phase>, StoreError> {
    let mut lease = db.lease().await?;
    let phases = sqlx::query_scalar::<_, String>(
        "select phase::text from delete_phase_data($1, $2, $3, $4, $5, $6) as phase",
    )
    .bind(account.get())
    .bind(repository.as_str())
    .bind(issue.get())
    .bind(purge)
    .bind(Json(by.actor))
    .bind(by.request_id)
    .fetch_all(lease.connection())
    .await
    .and_then(|phases| phases.iter().map(|phase| named(phase)).collect());
    lease.settle(phases)
}

#[derive(sqlx::FromRow)]
struct StoredRow {
    outcome: String,
    revision: Option<i64>,
    data_bytes: Option<i64>,
    data_sha256: Option<Vec<u8>>,
    created_at: Option<OffsetDateTime>,
    updated_at: Option<OffsetDateTime>,
}

#[derive(sqlx::FromRow)]
struct RetrievedRow {
    phase: String,
    revision: i64,
    commit_sha: Option<String>,
    data_bytes: i64,
    data_sha256: Vec<u8>,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    data: Json<Document>,
}

impl TryFrom<StoredRow> for StoreResult {
    type Error = sqlx::Error;

    fn try_from(row: StoredRow) -> Result<Self, sqlx::Error> {
        let outcome = match row.outcome.as_str() {
            "created" => StoreOutcome::Created,
            "replaced" => StoreOutcome::Replaced,
            "unchanged" => StoreOutcome::Unchanged,
            "mismatch" => return Ok(Self::Mismatch(row.revision)),
            other => return Err(unreadable(&format!("outcome {other:?}"))),
        };
        let missing = || unreadable("a stored row without all of its columns");
        Ok(Self::Stored(Stored {
            outcome,
            revision: row.revision.ok_or_else(missing)?,
            data_bytes: row.data_bytes.ok_or_else(missing)?,
            data_sha256: row.data_sha256.ok_or_else(missing)?,
            created_at: row.created_at.ok_or_else(missing)?,
            updated_at: row.updated_at.ok_or_else(missing)?,
        }))
    }
}

impl TryFrom<RetrievedRow> for Row {
    type Error = sqlx::Error;

    fn try_from(row: RetrievedRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            phase: named(&row.phase)?,
            revision: row.revision,
            commit_sha: row.commit_sha.as_deref().map(named).transpose()?,
            data_bytes: row.data_bytes,
            data_sha256: row.data_sha256,
            created_at: row.created_at,
            updated_at: row.updated_at,
            data: row.data.0,
        })
    }
}

fn unreadable(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}
