//! Counts what large accounts keep, a slice at a time, so that nobody who asks has to wait for it.

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::jobs::progress::CheckIn;
use crate::jobs::purge::leave_to_others;
use crate::store::{Db, StoreError, usage};
use crate::telemetry::chain;

/// How often all accounts are looked through. How often one is counted is decided by `count_usage`.
pub(crate) const EVERY: Duration = Duration::from_secs(60);

/// Counts for as long as it is polled. Several instances may do so at once.
pub(crate) async fn run(db: Db, progress: CheckIn) {
    loop {
        if let Err(error) = round(&db, || progress.check_in()).await {
            tracing::warn!(
                error = chain(&error),
                "the counting of usage failed and goes on later where it ended"
            );
        }
        progress.check_in();
        tokio::time::sleep(EVERY).await;
    }
}

/// Counts all that is to be counted now. Says after each slice that it goes on.
async fn round(db: &Db, goes_on: impl Fn()) -> Result<(), StoreError> {
    let mut after = Uuid::nil();
    loop {
        let started = Instant::now();
        let Some(account) = usage::count_next(db, after).await? else { return Ok(()) };
        after = account;
        goes_on();
        leave_to_others(started).await;
    }
}
