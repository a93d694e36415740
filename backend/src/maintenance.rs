//! What the server does by itself while it serves.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::progress::CheckIn;
use crate::store::purge::{self, Purged, Reached};
use crate::store::{Db, StoreError};

/// How many rows of either kind one statement removes: few enough that nobody waits for it.
const BATCH: i32 = 100;
/// The shortest pause after a full batch.
const PAUSE: Duration = Duration::from_millis(20);
/// How many times as long as a batch took the others have the machine to themselves: the purge never has more than a
/// quarter of it.
const SHARE_OF_OTHERS: u32 = 3;
/// Words are forgotten after this: no forge delivers one later.
const WORDS_ARE_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Removes for good what is past its grace period or has expired, for as long as it is polled. Several
/// instances may do so at once.
pub(crate) async fn run(db: Db, every: Duration, progress: CheckIn) {
    loop {
        match round(&db, || progress.check_in()).await {
            Ok(removed) => removed.iter().for_each(tell),
            Err(error) => {
                let error = anyhow::Error::new(error);
                tracing::warn!(error = format!("{error:#}"), "the purge failed and is tried again later");
            }
        }
        progress.check_in();
        tokio::time::sleep(every).await;
    }
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
        let pause = (started.elapsed() * SHARE_OF_OTHERS).max(PAUSE);
        let full = batch.iter().map(|of| of.purged + of.expired).sum::<i64>() >= i64::from(BATCH);
        for of in batch {
            let sum = sums.entry(of.account).or_insert(Purged { account: of.account, purged: 0, expired: 0 });
            sum.purged += of.purged;
            sum.expired += of.expired;
        }
        if !full {
            break;
        }
        tokio::time::sleep(pause).await;
    }
    purge::forget_words(db, WORDS_ARE_KEPT).await?;
    Ok(sums.into_values().collect())
}
