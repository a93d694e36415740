//! `phase_data`, through the functions of the migrations: one round trip each.

mod rows;

use phase_data_wire::phase_data::StorePhaseData;
use phase_data_wire::{CommitSha, IssueNumber, Phase};
use sha2::{Digest, Sha256};
use sqlx::types::Json;

use super::{Db, Statement, StoreError};
use crate::auth::{Actor, Caller, Grant, SingleUse};
use crate::domain::Precondition;
use rows::{RetrievedRow, StoredRow};

pub(crate) use rows::{Row, StoreResult, Stored};
pub(super) use rows::{named, unreadable};

/// Who asks, and in which request: what a receipt needs. With a credential that a write uses up, if it is
/// one.
#[derive(Debug, Clone)]
pub(crate) struct By {
    pub(super) actor: Actor,
    pub(super) request_id: String,
    pub(super) single_use: Option<SingleUse>,
}

impl By {
    /// What a receipt needs of this caller's request.
    pub(crate) fn new(caller: &Caller, request_id: &str) -> Self {
        Self {
            actor: caller.actor().clone(),
            request_id: request_id.to_owned(),
            single_use: caller.single_use(),
        }
    }
}

/// What a store does with the document that is there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Manner {
    /// The new one takes its place.
    Replace,
    /// The new one is a patch for it (RFC 7396). The result may have so many bytes.
    Merge { max_bytes: usize },
}

/// Creates, replaces or patches one phase of one issue, if the precondition holds.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn store(
    db: &Db,
    grant: &Grant,
    request: &StorePhaseData,
    manner: Manner,
    precondition: &Precondition,
    by: &By,
) -> Result<StoreResult, StoreError> {
    let token = by.single_use.as_ref();
    let store = Statement::new(
        "select outcome, revision, data_bytes, data_sha256, created_at, updated_at, expires_at, commit_sha
           from store_phase_data($1, in_time($18, $2), $3, $4, $5::phase, $6, $7, make_interval(secs => $8), $9, $10, $11,
                                 $12, $13, $14, $15, $16, $17)",
    )
    .bind(grant.account().get())
    .bind(grant.repository().as_str())
    .bind(grant.repository_id())
    .bind(request.issue_number.get())
    .bind(request.phase.as_str())
    .bind(Json(&request.data))
    .bind(request.commit_sha.as_ref().map(CommitSha::as_str))
    .bind(request.expires_in_seconds.map(|seconds| f64::from(seconds.get())))
    .bind(manner.merge_max_bytes())
    .bind(precondition.must_exist())
    .bind(precondition.must_not_exist())
    .bind(precondition.revisions())
    .bind(token.map(|token| token.jti.as_str()))
    .bind(token.map(|_| fingerprint_of_store(grant, request, manner, precondition)))
    .bind(token.map(|token| token.expires_at))
    .bind(Json(&by.actor))
    .bind(&by.request_id)
    .bind_latest_start();
    let lane = db.write(grant.account()).with_document(request.data.as_str().len());
    let row: StoredRow = lane.fetch_one(store).await?;
    Ok(StoreResult::try_from(row)?)
}

/// The stored phases of an issue in their order, or just the one.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn retrieve(
    db: &Db,
    grant: &Grant,
    issue: IssueNumber,
    phase: Option<Phase>,
) -> Result<Vec<Row>, StoreError> {
    let retrieve = Statement::new(
        "select phase::text, revision, commit_sha, data_bytes, data_sha256, created_at, updated_at, expires_at, data
           from retrieve_phase_data($1, $2, $3, $4, $5::phase)",
    )
    .bind(grant.account().get())
    .bind(grant.repository().as_str())
    .bind(grant.repository_id())
    .bind(issue.get())
    .bind(phase.map(Phase::as_str));
    let rows: Vec<RetrievedRow> = db.read_documents(grant.account()).fetch_all(retrieve).await?;
    let rows = rows.into_iter().map(Row::try_from).collect::<Result<Vec<Row>, _>>()?;
    db.note_read(grant.account(), rows.iter().map(|row| row.data.as_str().len()).sum());
    Ok(rows)
}

/// What is told when a phase of this issue comes to be there.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn signal(db: &Db, grant: &Grant, issue: IssueNumber) -> Result<i64, StoreError> {
    let look = Statement::new("select waiting_signal($1, $2, $3, $4)")
        .bind(grant.account().get())
        .bind(grant.repository().as_str())
        .bind(grant.repository_id())
        .bind(issue.get());
    let (signal,) = db.read(grant.account()).fetch_one(look).await?;
    Ok(signal)
}

impl Manner {
    fn merge_max_bytes(self) -> Option<i64> {
        match self {
            Self::Replace => None,
            Self::Merge { max_bytes } => Some(i64::try_from(max_bytes).unwrap_or(i64::MAX)),
        }
    }
}

/// What a store asks for, to tell its repetition from another write with the same token.
fn fingerprint_of_store(
    grant: &Grant,
    request: &StorePhaseData,
    manner: Manner,
    precondition: &Precondition,
) -> Vec<u8> {
    let commit = request.commit_sha.as_ref().map_or("", CommitSha::as_str);
    let lives = request.expires_in_seconds;
    let place = format!("{} {} {precondition:?} {lives:?} {manner:?}", request.issue_number, request.phase);
    fingerprint(&["store", grant.repository().as_str(), &place, commit, request.data.as_str()])
}

/// A digest of texts and their lengths, so that no two lists of texts look alike.
pub(super) fn fingerprint(parts: &[&str]) -> Vec<u8> {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().to_vec()
}
