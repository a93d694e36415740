//! What the server does by itself while it serves: one owner that starts all of it and stops all of it.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::api::State;
use crate::last_used::LastUsed;
use crate::progress::Progress;
use crate::sweep::{self, Sweep};
use crate::{listener, maintenance, webhook_queue};

/// The names of those who do what webhook deliveries ask for. Several at once: a long delivery must not keep the others
/// waiting.
const WEBHOOK_WORKERS: [&str; 2] = ["webhook worker 1", "webhook worker 2"];
/// How long one step of a job may take at the most, with all deadlines of the database used up.
const STEP_LIMIT: Duration = Duration::from_secs(120);
/// How long the last write may hold the stop up.
const FINISH_DEADLINE: Duration = Duration::from_secs(2);

/// How often jobs run, and for how long they keep what has no time of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Intervals {
    pub(crate) purge: Duration,
    /// For how long events are kept where the account does not say.
    pub(crate) events_kept_for: Option<Duration>,
    pub(crate) last_used: Duration,
}

/// The jobs that run.
#[derive(Debug)]
pub(crate) struct Jobs {
    tasks: JoinSet<()>,
    last_used: LastUsed,
}

impl Jobs {
    /// Starts all jobs. The listener has a connection of its own, made with these options.
    pub(crate) fn start(
        state: &State,
        listener: PgConnectOptions,
        intervals: Intervals,
        sweep: Option<(Sweep, Duration)>,
    ) -> Self {
        let State { db, progress, waiting, webhooks, grace, .. } = state;
        let step = |name: &'static str, pause: Duration| progress.expect(name, pause + STEP_LIMIT);
        let mut tasks = JoinSet::new();
        tasks.spawn(Progress::tick(progress.clone()));
        let purge = step("purge", intervals.purge);
        tasks.spawn(maintenance::run(db.clone(), intervals.purge, intervals.events_kept_for, purge));
        for worker in WEBHOOK_WORKERS {
            tasks.spawn(webhooks.queue.clone().run(db.clone(), *grace, step(worker, Duration::ZERO)));
        }
        let tend = step("webhook clean-up", webhook_queue::TEND_EVERY);
        tasks.spawn(webhook_queue::tend(db.clone(), tend));
        tasks.spawn(listener::run(waiting.clone(), listener, step("listener", Duration::ZERO)));
        if let Some((sweep, every)) = sweep {
            tasks.spawn(sweep::run(sweep, every));
        }
        let last_used = LastUsed::every(intervals.last_used, state.authenticator.clone(), db.clone());
        Self { tasks, last_used }
    }

    /// Stops all jobs, within a few seconds. What they were doing is rolled back, and done after the next start.
    pub(crate) async fn stop(mut self) {
        self.tasks.abort_all();
        if timeout(FINISH_DEADLINE, self.last_used.finish()).await.is_err() {
            tracing::warn!("the last use of some keys was not written down: the database does not answer");
        }
    }
}
