//! What the server does by itself while it serves.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::progress::CheckIn;
use crate::store::purge::{self, PurgeFailure, Purged, Reached};
use crate::store::{Db, StoreError};
use crate::telemetry::chain;

/// How many rows of either kind one statement removes: few enough that nobody waits for it.
const BATCH: i32 = 100;
/// The shortest pause after a batch.
const PAUSE: Duration = Duration::from_millis(20);
/// How many times as long as a batch took the others have the machine to themselves: the purge never has more than a
/// quarter of it.
const SHARE_OF_OTHERS: u32 = 3;
/// Words are forgotten after this: no forge delivers one later.
const WORDS_ARE_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How many rows whose purge failed are told of after a round.
const MOST_FAILURES: i32 = 20;

/// Removes for good what is past its grace period or has expired, for as long as it is polled. Several
/// instances may do so at once.
pub(crate) async fn run(db: Db, every: Duration, progress: CheckIn) {
    loop {
        match round(&db, || progress.check_in()).await {
            Ok(removed) => removed.iter().for_each(tell),
            Err(error) => warn(&error),
        }
        match purge::failures(&db, MOST_FAILURES).await {
            Ok(failures) => failures.iter().for_each(tell_failure),
            Err(error) => warn(&error),
        }
        progress.check_in();
        tokio::time::sleep(every).await;
    }
}

fn warn(error: &StoreError) {
    tracing::warn!(error = chain(error), "the purge failed and is tried again later");
}

fn tell_failure(failure: &PurgeFailure) {
    let PurgeFailure { account, repository, issue_number, phase, tries, reason, next_try_at } = failure;
    let is_set_aside = next_try_at.is_none();
    tracing::error!(
        %account, repository, issue_number, phase, tries, reason, is_set_aside,
        "a document could not be purged; the others are"
    );
}

fn tell(Purged { account, purged, expired }: &Purged) {
    tracing::info!(%account, purged, expired, "purged closed data after its grace period, and expired data");
}

/// Removes all that is due now; answers of which account how much. Says after each batch that it goes on.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn round(db: &Db, goes_on: impl Fn()) -> Result<Vec<Purged>, StoreError> {
    let mut sums: BTreeMap<Uuid, Purged> = BTreeMap::new();
    let mut reached = Reached::default();
    loop {
        let started = Instant::now();
        let batch = purge::batch(db, BATCH, &mut reached).await?;
        goes_on();
        let pause = started.elapsed().saturating_mul(SHARE_OF_OTHERS).max(PAUSE);
        // A batch is not full where rows failed: only one that removes nothing is the last.
        let done = batch.is_empty();
        for of in batch {
            let sum = sums.entry(of.account).or_insert(Purged { account: of.account, purged: 0, expired: 0 });
            sum.purged = sum.purged.saturating_add(of.purged);
            sum.expired = sum.expired.saturating_add(of.expired);
        }
        if done {
            break;
        }
        tokio::time::sleep(pause).await;
    }
    purge::forget_words(db, WORDS_ARE_KEPT).await?;
    Ok(sums.into_values().collect())
}
