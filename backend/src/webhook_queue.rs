//! Does what webhook deliveries ask for, after they were answered. What is left to do is in PostgreSQL: nothing
//! is lost with this process, and several may work at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::progress::CheckIn;
use crate::store::Db;
use crate::store::webhook_delivery;
use crate::store::webhook_worker::{Attempt, Poll, Worker};
use crate::telemetry::chain;

/// How often the queue is looked at when nobody calls: for what another process left, and for second tries.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often old deliveries are forgotten, and stuck ones looked for.
pub(crate) const TEND_EVERY: Duration = Duration::from_secs(60);
/// For how long settled deliveries can be looked at.
const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Whatever waits for longer is told to the operator.
const STUCK_AFTER: Duration = Duration::from_secs(5 * 60);
/// How many one statement forgets: few enough that nobody waits for it.
const BATCH: i32 = 500;

/// Wakes whoever works the queue off.
#[derive(Debug, Clone, Default)]
pub(crate) struct WebhookQueue {
    arrived: Arc<Notify>,
}

impl WebhookQueue {
    /// Says that there is something to do.
    pub(crate) fn wake(&self) {
        self.arrived.notify_one();
    }

    /// Works the queue off, for as long as it is polled.
    pub(crate) async fn run(self, db: Db, grace: Duration, progress: CheckIn) {
        let mut worker = Worker::new(db, grace);
        loop {
            progress.check_in();
            match worker.process_next().await {
                Ok(Poll::InProgress) => continue,
                Ok(Poll::Attempted(attempt)) => {
                    report(&attempt);
                    continue;
                }
                Ok(Poll::Idle) => {}
                Err(error) => {
                    tracing::warn!(cause = chain(&error), "webhook deliveries have to wait for the database");
                }
            }
            tokio::select! {
                () = self.arrived.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }
}

fn report(Attempt { delivery_id, event, state, attempts, reason }: &Attempt) {
    match state.as_str() {
        "done" => tracing::info!(delivery_id, event, "a webhook delivery is done"),
        "failed" => {
            tracing::error!(
                delivery_id,
                event,
                attempts,
                reason,
                "a webhook delivery failed and is given up"
            );
        }
        _ => tracing::warn!(delivery_id, event, attempts, reason, "a webhook delivery is tried again later"),
    }
}

/// Forgets old deliveries and tells of stuck ones, for as long as it is polled.
pub(crate) async fn tend(db: Db, progress: CheckIn) {
    loop {
        progress.check_in();
        let more = match webhook_delivery::prune(&db, KEEP, STUCK_AFTER, BATCH).await {
            Ok(pruned) => {
                if let Some(oldest) = pruned.oldest {
                    let stuck = pruned.stuck;
                    tracing::warn!(stuck, %oldest, "webhook deliveries are waiting for more than five minutes");
                }
                pruned.deleted == i64::from(BATCH)
            }
            Err(error) => {
                tracing::warn!(cause = chain(&error), "webhook deliveries could not be looked through");
                false
            }
        };
        if !more {
            tokio::time::sleep(TEND_EVERY).await;
        }
    }
}
