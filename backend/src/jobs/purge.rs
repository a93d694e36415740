//! Removes for good what is past its grace period or has expired.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::job::{Job, Report};
use super::records::CheckIn;
use crate::store::purge::{self as store, PurgeCursor, PurgeFailure, Purged};
use crate::store::{Db, StoreError};

/// The number of rows of either kind that one statement removes: few enough that nobody waits for it.
const BATCH: i32 = 100;
/// The shortest pause after a batch.
const PAUSE: Duration = Duration::from_millis(20);
/// The pause after a batch, as a multiple of its duration: a job uses at most a quarter of the machine.
const SHARE_OF_OTHERS: u32 = 3;
/// The number of failed rows that are logged after a run.
const MAX_FAILURES: i32 = 20;

/// The job.
#[derive(Debug)]
pub(super) struct Purge {
    pub(super) db: Db,
}

impl Job for Purge {
    async fn run_once(&mut self, check_in: &CheckIn) -> anyhow::Result<Report> {
        let purged = purge_all(&self.db, || check_in.check_in()).await;
        // After a run that failed, too: a row that can't be purged may be the reason.
        let failures = store::purge_failures(&self.db, MAX_FAILURES).await?;
        failures.iter().for_each(log_failure);
        let purged = purged?;
        for Purged { account, purged, expired } in &purged {
            tracing::info!(%account, purged, expired, "purged closed data after its grace period, and expired data");
        }
        let sum = |count: fn(&Purged) -> i64| purged.iter().map(count).sum::<i64>();
        Ok(Report::default().count("purged", sum(|of| of.purged)).count("expired", sum(|of| of.expired)))
    }
}

fn log_failure(failure: &PurgeFailure) {
    let PurgeFailure { account, repository, issue_number, phase, tries: attempts, reason, next_try_at } =
        failure;
    let is_retried = next_try_at.is_some();
    tracing::error!(
        %account, repository, issue_number, phase, attempts, reason, is_retried,
        "a document could not be purged; others are not affected"
    );
}

/// Removes all that is due now, and returns how much of which account. Calls `check_in` after each batch.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn purge_all(db: &Db, check_in: impl Fn()) -> Result<Vec<Purged>, StoreError> {
    let mut sums: BTreeMap<Uuid, Purged> = BTreeMap::new();
    let mut cursor = PurgeCursor::default();
    loop {
        let started = Instant::now();
        let batch = store::purge_batch(db, BATCH, &mut cursor).await?;
        check_in();
        // A batch is not full where rows failed: only one that removes nothing is the last.
        let is_last = batch.is_empty();
        for of in batch {
            let sum = sums.entry(of.account).or_insert(Purged { account: of.account, purged: 0, expired: 0 });
            sum.purged = sum.purged.saturating_add(of.purged);
            sum.expired = sum.expired.saturating_add(of.expired);
        }
        if is_last {
            return Ok(sums.into_values().collect());
        }
        yield_to_others(started).await;
    }
}

/// Waits after a batch that started at this time, so that others have the machine for most of the time.
pub(crate) async fn yield_to_others(started: Instant) {
    tokio::time::sleep(started.elapsed().saturating_mul(SHARE_OF_OTHERS).max(PAUSE)).await;
}
