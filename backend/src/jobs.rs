//! What the server does by itself while it serves: one owner that starts all of it and stops all of it.

mod last_used;
mod listener;
pub(crate) mod progress;
pub(crate) mod purge;
mod sign_of_life;
mod usage_count;
pub(crate) mod webhook_queue;

use std::time::{Duration, Instant};

use phase_data_wire::Waits;
use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::api::State;
use crate::panics::caught;
use crate::store::instance::Instance;
use crate::store::{Db, Program};
use crate::sweep::{self, Sweep};
use last_used::LastUsed;
use progress::{CheckIn, Progress, STEADY};

/// The names of those who do what webhook deliveries ask for. Several at once: a long delivery must not keep the others
/// waiting.
const WEBHOOK_WORKERS: [&str; 2] = ["webhook worker 1", "webhook worker 2"];
/// How long one step of a job may take at the most, with all deadlines of the database used up.
const STEP_LIMIT: Duration = Duration::from_secs(120);
/// The pauses before a job that ended is started again.
const RESTARTS: Waits = Waits { first: Duration::from_secs(1), longest: Duration::from_secs(60) };
/// After so many ends in a row a job makes no progress, which the probe `live` says.
const MOST_ENDS: u32 = 8;
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
    instance: (Instance, Db),
}

impl Jobs {
    /// Starts all jobs, of a server that announced itself. The listener has a connection of its own, made with these options.
    pub(crate) fn start(
        state: &State,
        (program, instance): (&'static Program, Instance),
        listener: PgConnectOptions,
        intervals: Intervals,
        sweep: Option<(Sweep, Duration)>,
    ) -> Self {
        let last_used = LastUsed::every(intervals.last_used, state.authenticator.clone(), state.db.clone());
        let mut jobs =
            Self { tasks: JoinSet::new(), last_used, instance: (instance.clone(), state.db.clone()) };
        let State { db, progress, waiting, webhooks, grace, .. } = state.clone();
        jobs.tasks.spawn(Progress::tick(progress.clone()));
        let step =
            |name: &'static str, pause: Duration| progress.expect(name, pause.saturating_add(STEP_LIMIT));
        let (purge, events, purged) = (intervals.purge, intervals.events_kept_for, db.clone());
        jobs.keep(step("purge", purge), move |step| purge::run(purged.clone(), purge, events, step));
        let (count, counted) = (step("usage count", usage_count::EVERY), db.clone());
        jobs.keep(count, move |step| usage_count::run(counted.clone(), step));
        for worker in WEBHOOK_WORKERS {
            let (queue, db) = (webhooks.queue.clone(), db.clone());
            jobs.keep(step(worker, Duration::ZERO), move |step| queue.clone().run(db.clone(), grace, step));
        }
        let (sign, announced) = (step("sign of life", sign_of_life::EVERY), db.clone());
        jobs.keep(sign, move |step| sign_of_life::run(announced.clone(), instance.clone(), step));
        let tend = step("webhook clean-up", webhook_queue::TEND_EVERY);
        jobs.keep(tend, move |step| webhook_queue::tend(db.clone(), step));
        let heard = step("listener", Duration::ZERO);
        jobs.keep(heard, move |step| listener::run(waiting.clone(), program, listener.clone(), step));
        if let Some((sweep, every)) = sweep {
            // How long a sweep takes is GitHub's to say.
            let swept = progress.expect("sweep", Duration::MAX);
            jobs.keep(swept, move |_| sweep::run(sweep.clone(), every));
        }
        jobs
    }

    /// Starts a job, and starts it again whenever it ends.
    fn keep<J>(&mut self, step: CheckIn, start: impl Fn(CheckIn) -> J + Send + 'static)
    where
        J: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(kept_running(step, RESTARTS, start));
    }

    /// Stops all jobs, within a few seconds. What they were doing is rolled back, and done after the next start.
    pub(crate) async fn stop(mut self) {
        self.tasks.abort_all();
        let (instance, db) = self.instance;
        let (written, removed) = tokio::join!(
            timeout(FINISH_DEADLINE, self.last_used.finish()),
            timeout(FINISH_DEADLINE, instance.remove(&db)),
        );
        if written.is_err() {
            tracing::warn!("the last use of some keys was not written down: the database does not answer");
        }
        if !matches!(removed, Ok(Ok(()))) {
            tracing::warn!("the server stays in the registry for another minute: it could not be removed");
        }
    }
}

/// Runs a job for as long as it is polled. None ever ends by itself: it met a bug. What it works on is in PostgreSQL, so
/// it can begin anew; a pause keeps it from doing nothing else.
async fn kept_running<J: Future<Output = ()>>(step: CheckIn, pauses: Waits, start: impl Fn(CheckIn) -> J) {
    let mut ends = 0_u32;
    loop {
        let started = Instant::now();
        let ended = caught(start(step.clone())).await;
        ends = if started.elapsed() > STEADY { 1 } else { ends.saturating_add(1) };
        if ends >= MOST_ENDS {
            step.keeps_ending();
        }
        let (job, panicked, pause) = (step.name(), ended.is_err(), pauses.after(ends));
        tracing::error!(job, panicked, ends, ?pause, "a background job ended and is started again");
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_job_that_ends_starts_again_and_one_that_keeps_ending_makes_no_progress() {
        let progress = Progress::default();
        let step = progress.expect("broken", Duration::from_secs(3600));
        let starts = Arc::new(AtomicU32::new(0));
        let counted = starts.clone();
        let job = move |step: CheckIn| {
            let counted = counted.clone();
            async move {
                step.check_in();
                // By turns it panics, and just ends.
                assert!(counted.fetch_add(1, Ordering::Relaxed).is_multiple_of(2), "a bug");
            }
        };
        let pauses = Waits { first: Duration::ZERO, longest: Duration::ZERO };
        let kept = tokio::spawn(kept_running(step, pauses, job));
        let until = |wanted: u32| {
            let starts = starts.clone();
            async move {
                while starts.load(Ordering::Relaxed) < wanted {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        };
        until(3).await;
        assert!(progress.stalled().is_empty(), "it may yet work");
        until(MOST_ENDS + 1).await;
        assert_eq!(progress.stalled(), ["broken"]);
        kept.abort();
    }
}
