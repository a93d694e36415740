//! Merging a patch into a phase: the database locks the phase and hands out its document, and stores what the patch makes of
//! it, in one transaction.

use std::sync::Arc;

use phase_data_wire::Document;
use phase_data_wire::phase_data::StorePhaseData;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::super::values::RepositoryRef;
use super::rows::{BegunRow, StoredRow, unreadable};
use super::{AuditContext, Db, Statement, StoreError, StoreResult, Write};
use crate::auth::Grant;
use crate::domain::{JsonLimits, Precondition, check, merge_patch};
use crate::heavy;

/// How often a patch is made anew because something else was stored meanwhile. Only while nothing is stored can that
/// happen, for there is no row to lock; the next time there is one, unless it is purged in between.
const ATTEMPTS: usize = 10;

/// Creates or changes one phase of one issue by a merge patch, which is the request's document, if the precondition holds.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn patch(
    db: &Db,
    grant: &Grant,
    request: &Arc<StorePhaseData>,
    limits: JsonLimits,
    precondition: &Precondition,
    by: &AuditContext,
) -> Result<StoreResult, StoreError> {
    let lane = db.write(grant.account()).with_document(request.data.as_str().len());
    let (grant, request) = (grant.clone(), request.clone());
    let (precondition, by) = (precondition.clone(), by.clone());
    lane.refusable_transaction(move |transaction, latest_start| {
        Box::pin(async move {
            let write = Write { grant: &grant, request: &request, precondition: &precondition, by: &by };
            in_transaction(transaction, write, &limits, latest_start).await
        })
    })
    .await
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
        let begun: BegunRow = begin.fetch_one(transaction).await?;
        let Some(patch_of) = begun.patch_of else { return Ok(Ok(begun.answer.try_into()?)) };
        let Merged { document, is_too_large } = merged(begun.data, &write.request.data, limits)?;
        let store =
            write.statement(&document, Some(&patch_of), fingerprint.clone()).bind(None::<OffsetDateTime>);
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

struct Merged {
    document: Document,
    is_too_large: bool,
}

/// Merges the patch into what is there.
fn merged(
    target: Option<Json<Document>>,
    patch: &Document,
    limits: &JsonLimits,
) -> Result<Merged, sqlx::Error> {
    let target = target.as_ref().map(|Json(document)| document.as_str());
    let bytes = target.map_or(0, str::len) + patch.as_str().len();
    heavy::on_text(bytes, || {
        let merged = merge_patch(target, patch.as_str());
        // Two documents that were checked make one that has no other flaw than its size.
        let is_too_large = check(&merged, limits).is_err();
        let document = Document::parse(merged).map_err(|error| unreadable(&error.to_string()))?;
        Ok(Merged { document, is_too_large })
    })
}

impl Write<'_> {
    fn begin_patch(&self, fingerprint: Option<Vec<u8>>, latest_start: Option<OffsetDateTime>) -> Statement {
        Statement::new(
            "select (b.answer).outcome, (b.answer).revision, (b.answer).data_bytes, (b.answer).data_sha256,
                    (b.answer).created_at, (b.answer).updated_at, (b.answer).expires_at, (b.answer).commit_sha, (b.answer).etag,
                    b.patch_of, b.data
               from begin_patch(p_repository => $1, p_issue => $2, p_phase => $3::phase, p_by => $4, p_not_after => $5) b",
        )
        .bind(RepositoryRef::from(self.grant))
        .bind(self.request.issue_number.get())
        .bind(self.request.phase.as_str())
        .bind(self.by.spending(fingerprint))
        .bind(latest_start)
    }
}
