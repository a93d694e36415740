//! Merging a patch into a phase: the database locks the phase and hands out its document, and stores what the patch makes of
//! it, in one transaction.

use std::sync::Arc;

use phase_data_wire::Document;
use phase_data_wire::phase_data::StorePhaseData;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::super::values::{RepositoryRef, StoredDocument};
use super::rows::{BegunRow, StoredRow};
use super::{AuditContext, Db, NewState, Statement, StoreError, StoreResult, Write};
use crate::auth::Grant;
use crate::domain::{JsonLimits, Precondition, StoredForm, check, merge_patch};
use crate::heavy;

/// The number of times that a patch is applied because something else was stored meanwhile. That happens only while nothing
/// is stored, because there is no row to lock. The next time there is one, unless it is purged in between.
const ATTEMPTS: usize = 10;

/// A merge patch: a request whose document is the patch, and the state that it sets.
#[derive(Debug)]
pub(crate) struct Patch {
    pub(crate) request: StorePhaseData,
    pub(crate) state: NewState,
}

/// Creates or changes one phase of one issue by a merge patch, if the precondition holds.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn patch(
    db: &Db,
    grant: &Grant,
    patch: &Arc<Patch>,
    limits: JsonLimits,
    precondition: &Precondition,
    by: &AuditContext,
) -> Result<StoreResult, StoreError> {
    let lane = db.patch(grant.account(), patch.request.data.as_str().len());
    let (grant, patch) = (grant.clone(), patch.clone());
    let (precondition, by) = (precondition.clone(), by.clone());
    let account = grant.account();
    let patched = lane.refusable_transaction(move |transaction, latest_start| {
        Box::pin(async move {
            let Patch { request, state } = &*patch;
            let write = Write { grant: &grant, request, state, precondition: &precondition, by: &by };
            in_transaction(transaction, write, &limits, latest_start).await
        })
    });
    let patched = patched.await?;
    if let StoreResult::Stored(stored) = &patched {
        db.note_read(account, usize::try_from(stored.data_bytes).unwrap_or_default());
    }
    Ok(patched)
}

async fn in_transaction(
    transaction: &mut PgConnection,
    write: Write<'_>,
    limits: &JsonLimits,
    latest_start: OffsetDateTime,
) -> Result<Result<StoreResult, StoreError>, sqlx::Error> {
    let fingerprint = write.fingerprint("patch");
    // Later statements follow an answer: they can't be stuck in the network for longer than the client waits.
    let mut latest_start = Some(latest_start);
    for _ in 0..ATTEMPTS {
        let begin = write.begin_patch(fingerprint.clone(), latest_start.take());
        let mut begun: BegunRow = begin.fetch_one(transaction).await?;
        let target = begun.take_document()?;
        let Some(patch_of) = begun.patch_of else { return Ok(Ok(begun.answer.try_into()?)) };
        let merged = merged(target, &write.request.data, limits);
        let is_too_large = merged.is_none();
        // Of what is refused anyway, the smallest document tells whether the precondition holds.
        let merged = merged.unwrap_or_else(Merged::null);
        let document = StoredDocument { json: &merged.json, form: merged.form };
        let store =
            write.statement(document, Some(&patch_of), fingerprint.clone()).bind(None::<OffsetDateTime>);
        drop(merged);
        let row: StoredRow = store.fetch_one(transaction).await?;
        if row.is_to_be_tried_again() {
            continue;
        }
        let result = StoreResult::try_from(row)?;
        // Told last, and everything is taken back: a precondition that does not hold is told before.
        let is_refused = is_too_large && matches!(result, StoreResult::Stored(_));
        return Ok(if is_refused { Err(StoreError::MergedTooLarge) } else { Ok(result) });
    }
    Ok(Err(StoreError::Unavailable("others stored and purged the phase all the time".into())))
}

/// The result of a patch.
struct Merged {
    json: String,
    form: StoredForm,
}

impl Merged {
    fn null() -> Self {
        Self { json: "null".to_owned(), form: StoredForm::Plain }
    }
}

/// Merges the patch into what is there. Returns `None` if the result is too large: two documents that were checked make one
/// that has no other flaw.
fn merged(target: Option<Document>, patch: &Document, limits: &JsonLimits) -> Option<Merged> {
    let bytes = target.as_ref().map_or(0, |target| target.as_str().len()) + patch.as_str().len();
    heavy::on_text(bytes, || {
        let json = merge_patch(target.as_ref().map(Document::as_str), patch.as_str());
        let form = check(&json, limits).ok()?;
        Some(Merged { json, form })
    })
}

impl Write<'_> {
    fn begin_patch(&self, fingerprint: Option<Vec<u8>>, latest_start: Option<OffsetDateTime>) -> Statement {
        Statement::new(
            "select (b.answer).effect, (b.answer).revision, (b.answer).data_bytes, (b.answer).data_sha256,
                    (b.answer).created_at, (b.answer).updated_at, (b.answer).expires_at, (b.answer).commit_sha, (b.answer).etag,
                    (b.answer).status, (b.answer).outcome, (b.answer).reason, (b.answer).claim,
                    b.patch_of, b.data, b.escaped
               from begin_patch(p_repository => $1, p_issue => $2, p_phase => $3::phase, p_by => $4, p_not_after => $5) b",
        )
        .bind(RepositoryRef::from(self.grant))
        .bind(self.request.issue_number.get())
        .bind(self.request.phase.as_str())
        .bind(self.by.spending(fingerprint))
        .bind(latest_start)
    }
}
