//! `phase_data`, through the functions of the database: one round trip each, but for patches.

mod patch;
mod rows;
mod state;

use phase_data_wire::phase_data::StorePhaseData;
use phase_data_wire::{CommitSha, IssueNumber, OpenEnum, Phase};
use sha2::{Digest, Sha256};

use super::values::{RepositoryRef, StoreCondition, StoreOptions, StoredDocument, WriteBy, claim_uuid};
use super::{Db, Statement, StoreError};
use crate::auth::{Actor, Caller, Grant, SingleUse};
use crate::domain::{Precondition, StoredForm};
use crate::heavy;
use rows::{RetrievedRow, StoredRow};

pub(crate) use patch::{Patch, patch};
pub(crate) use rows::{Current, Row, StoreResult, Stored};
pub(super) use rows::{named, unreadable};
pub(crate) use state::NewState;
pub(super) use state::StateRow;

/// The actor and the request, for the audit event; and the credential, if a write uses it up.
#[derive(Debug, Clone)]
pub(crate) struct AuditContext {
    pub(super) actor: Actor,
    pub(super) request_id: String,
    pub(super) single_use: Option<SingleUse>,
}

impl AuditContext {
    /// Creates the context of this caller's request.
    pub(crate) fn new(caller: &Caller, request_id: &str) -> Self {
        Self {
            actor: caller.actor().clone(),
            request_id: request_id.to_owned(),
            single_use: caller.single_use(),
        }
    }

    /// Says who writes, and what the token is spent for, if there is one.
    pub(super) fn spending(&self, fingerprint: Option<Vec<u8>>) -> WriteBy<'_> {
        WriteBy::new(&self.actor, &self.request_id, self.single_use.as_ref(), fingerprint)
    }
}

/// Creates or replaces one phase of one issue, if the precondition holds.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn store(
    db: &Db,
    grant: &Grant,
    request: &StorePhaseData,
    form: StoredForm,
    precondition: &Precondition,
    by: &AuditContext,
) -> Result<StoreResult, StoreError> {
    let state = NewState::from(request);
    let write = Write { grant, request, state: &state, precondition, by };
    let document = StoredDocument { json: request.data.as_str(), form };
    let store = write.statement(document, None, write.fingerprint("store")).bind_latest_start();
    let lane = db.write(grant.account()).with_document(request.data.as_str().len());
    let row: StoredRow = lane.fetch_one(store).await?;
    Ok(StoreResult::try_from(row)?)
}

/// A write of one phase, as it is asked for.
#[derive(Clone, Copy)]
struct Write<'a> {
    grant: &'a Grant,
    request: &'a StorePhaseData,
    state: &'a NewState,
    precondition: &'a Precondition,
    by: &'a AuditContext,
}

impl Write<'_> {
    /// The call that stores a document, but for its last argument: until when it may begin.
    fn statement(
        &self,
        document: StoredDocument<'_>,
        patch_of: Option<&str>,
        fingerprint: Option<Vec<u8>>,
    ) -> Statement {
        let Self { grant, request, state, precondition, by } = self;
        Statement::new(
            "select effect, revision, data_bytes, data_sha256, created_at, updated_at, expires_at, commit_sha, etag,
                    status, outcome, reason, claim
               from store_phase_data(p_repository => $1, p_issue => $2, p_phase => $3::phase, p_data => $4, p_options => $5,
                                     p_condition => $6, p_by => $7, p_not_after => $8)",
        )
        .bind(RepositoryRef::from(*grant))
        .bind(request.issue_number.get())
        .bind(request.phase.as_str())
        .bind(document)
        .bind(StoreOptions {
            commit_sha: request.commit_sha.as_ref().map(|sha| sha.as_str().to_owned()),
            lives_for_seconds: request.expires_in_seconds.map(|seconds| f64::from(seconds.get())),
            patch_of: patch_of.map(str::to_owned),
            escaped: document.form == StoredForm::Escaped,
            status: state.status.map(OpenEnum::as_str),
            outcome: state.outcome(),
            reason: state.reason(),
            claim_id: request.claim_id.as_ref().map(claim_uuid),
            keep_claim: request.keep_claim.unwrap_or_default(),
        })
        .bind(StoreCondition::from(*precondition))
        .bind(by.spending(fingerprint))
    }

    /// A digest of what is asked for, if a token is used up by it: to tell its repetition from another write with the
    /// same token.
    fn fingerprint(&self, call: &str) -> Option<Vec<u8>> {
        let Self { grant, request, state, precondition, by } = self;
        by.single_use.as_ref()?;
        let commit = request.commit_sha.as_ref().map_or("", CommitSha::as_str);
        let lives = request.expires_in_seconds;
        let claim = (&request.claim_id, request.keep_claim);
        let place = format!(
            "{} {} {precondition:?} {lives:?} {state:?} {claim:?}",
            request.issue_number, request.phase
        );
        let parts = [call, grant.repository().as_str(), &place, commit, request.data.as_str()];
        Some(heavy::on_text(request.data.as_str().len(), || fingerprint(&parts)))
    }
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
        "select phase::text, revision, commit_sha, status, outcome, reason, data_bytes, data_sha256, created_at, updated_at,
                expires_at, etag, data, escaped
           from retrieve_phase_data(p_repository => $1, p_issue => $2, p_phase => $3::phase)",
    )
    .bind(RepositoryRef::from(grant))
    .bind(issue.get())
    .bind(phase.map(Phase::as_str));
    let rows: Vec<RetrievedRow> = db.read_documents(grant.account()).fetch_all(retrieve).await?;
    let rows = rows.into_iter().map(Row::try_from).collect::<Result<Vec<Row>, _>>()?;
    db.note_read(grant.account(), rows.iter().map(|row| row.data.as_str().len()).sum());
    Ok(rows)
}

/// Returns the signal that is sent when a phase of this issue is stored.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn signal(db: &Db, grant: &Grant, issue: IssueNumber) -> Result<i64, StoreError> {
    let look = Statement::new("select issue_signal(p_account => $1, p_issue => $2)")
        .bind(grant.account().get())
        .bind(issue.get());
    let (signal,) = db.read(grant.account()).fetch_one(look).await?;
    Ok(signal)
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
