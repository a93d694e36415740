//! Does what webhook deliveries ask for, after they were answered. The queue is in PostgreSQL: nothing is lost with this
//! process, and several workers may process it at once.

use std::sync::Arc;
use std::time::Duration;

use phase_data_wire::Repository;
use time::format_description::well_known::Rfc3339;
use tokio::sync::Notify;
use tracing::field::display;

use super::job::{Job, Report};
use super::records::CheckIn;
use crate::store::webhook_worker::{Attempt, Poll, Worker};
use crate::store::{Db, webhook_delivery};

/// The interval at which the queue is read without a notification: for deliveries of other processes, and for retries.
pub(super) const POLL_EVERY: Duration = Duration::from_secs(1);
/// The interval at which old deliveries are removed, and stuck ones are reported.
pub(super) const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// The number of steps in a run.
const STEPS: usize = 100;
/// The retention of finished deliveries.
const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// The waiting time after which a delivery is stuck, which is logged.
const STUCK_AFTER: Duration = Duration::from_secs(5 * 60);
/// The number of deliveries that one statement removes: few enough that nobody waits for it.
const BATCH: i32 = 500;

/// Wakes the workers of this process.
#[derive(Debug, Clone, Default)]
pub(crate) struct WebhookQueue {
    arrived: Arc<Notify>,
}

impl WebhookQueue {
    /// Notifies a worker that a delivery was stored.
    pub(crate) fn notify(&self) {
        self.arrived.notify_one();
    }

    /// Returns what the workers' schedules wait for.
    pub(super) fn arrived(&self) -> Arc<Notify> {
        self.arrived.clone()
    }
}

/// The job of one worker.
#[derive(Debug)]
pub(super) struct ProcessQueue {
    worker: Worker,
}

impl ProcessQueue {
    pub(super) fn new(db: Db, grace: Duration) -> Self {
        Self { worker: Worker::new(db, grace) }
    }
}

impl Job for ProcessQueue {
    async fn run_once(&mut self, check_in: &CheckIn) -> anyhow::Result<Report> {
        let mut processed = Processed::default();
        for _ in 0..STEPS {
            match self.worker.process_next().await? {
                Poll::Idle => return Ok(processed.report()),
                Poll::InProgress => processed.parts += 1,
                Poll::Attempted(attempt) => processed.add(&attempt),
            }
            check_in.check_in();
        }
        Ok(processed.report().has_more(true))
    }
}

/// The numbers of attempts by result.
#[derive(Default)]
struct Processed {
    done: u64,
    retried: u64,
    failed: u64,
    /// Transactions after which a delivery was not done yet.
    parts: u64,
}

impl Processed {
    /// Counts an attempt, and logs it.
    fn add(&mut self, attempt: &Attempt) {
        let Attempt { account, repository, delivery_id, event, state, attempts, reason } = attempt;
        let (account, repository) = (display(account), repository.as_ref().map(Repository::as_str));
        match state.as_str() {
            "done" => {
                self.done += 1;
                tracing::info!(account, repository, delivery_id, event, "a webhook delivery was processed");
            }
            "failed" => {
                self.failed += 1;
                tracing::error!(
                    account,
                    repository,
                    delivery_id,
                    event,
                    attempts,
                    reason,
                    "a webhook delivery failed and is not retried"
                );
            }
            _ => {
                self.retried += 1;
                tracing::warn!(
                    account,
                    repository,
                    delivery_id,
                    event,
                    attempts,
                    reason,
                    "a webhook delivery failed and is retried later"
                );
            }
        }
    }

    fn report(self) -> Report {
        let Self { done, retried, failed, parts } = self;
        let report = Report::default().count("processed", done).count("retried", retried);
        report.count("failed", failed).count("parts", parts)
    }
}

/// The job that removes old deliveries and reports stuck ones.
#[derive(Debug)]
pub(super) struct PruneQueue {
    pub(super) db: Db,
}

impl Job for PruneQueue {
    async fn run_once(&mut self, _check_in: &CheckIn) -> anyhow::Result<Report> {
        let pruned = webhook_delivery::prune(&self.db, KEEP, STUCK_AFTER, BATCH).await?;
        if let Some(oldest) = pruned.oldest {
            let waiting = pruned.stuck;
            tracing::warn!(
                waiting,
                oldest_received_at = oldest.format(&Rfc3339).ok(),
                "webhook deliveries are waiting for more than five minutes"
            );
        }
        let has_more = pruned.deleted == i64::from(BATCH);
        Ok(Report::default().count("removed", pruned.deleted).has_more(has_more))
    }
}
