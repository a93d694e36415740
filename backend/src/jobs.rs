//! The background jobs: one owner starts them all, stops them all, and records their runs.
//!
//! In reading order: `job` is the shape that each has, `runner` runs one, `records` keeps when each last ran, and what it
//! did. The other files are one job each.

mod job;
mod last_used;
mod listener;
pub(crate) mod prune;
pub(crate) mod purge;
mod records;
mod runner;
mod runtime;
mod sign_of_life;
mod sweep;
mod usage_count;
mod webhook_queue;

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use job::{Job, Schedule};
pub(crate) use records::{Records, Stalled};
pub(crate) use webhook_queue::WebhookQueue;

use crate::auth::LastUsedTracker;
use crate::store::instance::Instance;
use crate::store::{Db, Program};
use crate::sweep::Sweep;
use crate::waiting::Registry;

/// The deadline of the stop for all jobs: each may take [`runner::FINISH_DEADLINE`] after its current run was dropped.
const STOP_DEADLINE: Duration = runner::FINISH_DEADLINE.saturating_add(Duration::from_millis(500));

/// The dependencies of the jobs.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) db: Db,
    pub(crate) program: &'static Program,
    /// This server, which has announced itself.
    pub(crate) instance: Instance,
    /// For the listener's own connection.
    pub(crate) database: PgConnectOptions,
    pub(crate) waiting: Registry,
    pub(crate) webhook_queue: WebhookQueue,
    pub(crate) last_used: Arc<LastUsedTracker>,
    pub(crate) records: Records,
    pub(crate) intervals: Intervals,
    /// The sweep and how often it runs, if a GitHub App is set up.
    pub(crate) sweep: Option<(Sweep, Duration)>,
}

/// The intervals of jobs, and the retention for accounts that set none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Intervals {
    pub(crate) purge: Duration,
    pub(crate) last_used: Duration,
    /// The retention of events; `None`: for ever.
    pub(crate) events_kept_for: Option<Duration>,
    /// The time for which closed data can be restored.
    pub(crate) grace: Duration,
}

/// The jobs that run.
#[derive(Debug)]
pub(crate) struct Jobs {
    tasks: JoinSet<()>,
    records: Records,
    stop: watch::Sender<bool>,
}

impl Jobs {
    /// Starts all jobs.
    pub(crate) fn start(setup: Setup) -> Self {
        let Setup { db, program, instance, database, waiting, webhook_queue, last_used, records, .. } = setup;
        let Intervals { purge, last_used: store_last_used, events_kept_for, grace } = setup.intervals;
        let mut jobs = Self { tasks: JoinSet::new(), records, stop: watch::Sender::new(false) };
        let every = Schedule::every;
        jobs.spawn("runtime", every(runtime::EVERY).check_in_limit(runtime::LIMIT), || runtime::Runtime);
        jobs.spawn("purge", every(purge), {
            let db = db.clone();
            move || purge::Purge { db: db.clone() }
        });
        jobs.spawn("prune", every(purge.max(prune::EVERY)).retry_after(purge), {
            let db = db.clone();
            move || prune::Prune::new(db.clone(), events_kept_for)
        });
        jobs.spawn("usage count", every(usage_count::EVERY), {
            let db = db.clone();
            move || usage_count::UsageCount { db: db.clone() }
        });
        // Two: a long delivery must not keep the others waiting.
        for worker in ["webhook worker 1", "webhook worker 2"] {
            let schedule = every(webhook_queue::POLL_EVERY).or_when(webhook_queue.arrived());
            let db = db.clone();
            jobs.spawn(worker, schedule, move || webhook_queue::ProcessQueue::new(db.clone(), grace));
        }
        jobs.spawn("webhook prune", every(webhook_queue::PRUNE_EVERY), {
            let db = db.clone();
            move || webhook_queue::PruneQueue { db: db.clone() }
        });
        jobs.spawn("last used", every(store_last_used), {
            let db = db.clone();
            move || last_used::LastUsed { tracker: last_used.clone(), db: db.clone() }
        });
        jobs.spawn("sign of life", every(sign_of_life::EVERY), move || sign_of_life::SignOfLife {
            instance: instance.clone(),
            db: db.clone(),
        });
        let reconnect = every(Duration::ZERO).retry_after(listener::RECONNECT_AFTER);
        jobs.spawn("listener", reconnect, move || {
            listener::Listener::new(waiting.clone(), program, database.clone())
        });
        if let Some((sweep, pause)) = setup.sweep {
            // GitHub decides how long a sweep takes.
            let schedule = every(pause).check_in_limit(Duration::MAX);
            jobs.spawn("sweep", schedule, move || sweep.clone());
        }
        jobs
    }

    /// Starts a job. It is made anew after a panic.
    fn spawn<J: Job + Sync + 'static>(
        &mut self,
        name: &'static str,
        schedule: Schedule,
        make: impl Fn() -> J + Send + Sync + 'static,
    ) {
        let check_in = self.records.add(name, schedule.limit());
        self.tasks.spawn(runner::run_until_stopped(check_in, schedule, make, self.stop.subscribe()));
    }

    /// Stops all jobs, within a few seconds. What they were doing is rolled back, and done after the next start.
    pub(crate) async fn stop(mut self) {
        self.stop.send_replace(true);
        let all_ended = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(STOP_DEADLINE, all_ended).await.is_err() {
            tracing::warn!("a background job did not stop in time and is aborted");
        }
        // Remaining jobs are aborted when the set is dropped.
    }
}
