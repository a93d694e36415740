//! Whether the process still makes progress: background jobs check in, and the probe `live` looks at when they last did.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often the runtime itself checks in.
const TICK: Duration = Duration::from_secs(1);
/// How late the runtime may be: far more than any load explains.
const RUNTIME_LIMIT: Duration = Duration::from_secs(30);
/// A job that goes on for longer than this does its work.
pub(crate) const STEADY: Duration = Duration::from_secs(120);

/// The jobs that check in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<Mutex<BTreeMap<&'static str, Job>>>);

#[derive(Debug)]
struct Job {
    last: Instant,
    limit: Duration,
    /// When it last ended, if it did so again and again, as soon as it was started.
    keeps_ending: Option<Instant>,
}

/// Where one job checks in.
#[derive(Debug, Clone)]
pub(crate) struct CheckIn {
    progress: Progress,
    name: &'static str,
}

impl Progress {
    /// Expects a job to check in again within this time, from now on.
    pub(crate) fn expect(&self, name: &'static str, limit: Duration) -> CheckIn {
        self.lock().insert(name, Job { last: Instant::now(), limit, keeps_ending: None });
        CheckIn { progress: self.clone(), name }
    }

    /// The jobs that should have checked in and did not, or that keep ending.
    pub(crate) fn stalled(&self) -> Vec<&'static str> {
        let jobs = self.lock();
        let is_stalled = |job: &Job| job.keeps_ending.is_some() || job.last.elapsed() > job.limit;
        jobs.iter().filter(|(_, job)| is_stalled(job)).map(|(name, _)| *name).collect()
    }

    /// Checks in for the runtime, for as long as it is polled: tasks that block its threads keep this from running.
    pub(crate) async fn tick(self) {
        let runtime = self.expect("runtime", RUNTIME_LIMIT);
        loop {
            tokio::time::sleep(TICK).await;
            runtime.check_in();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Job>> {
        // Nothing that holds it can leave it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CheckIn {
    /// Returns the job's name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Says that the job ends as often as it is started. This holds until it goes on for a while.
    pub(crate) fn keeps_ending(&self) {
        if let Some(job) = self.progress.lock().get_mut(self.name) {
            job.keeps_ending = Some(Instant::now());
        }
    }

    /// Says that the job goes on.
    pub(crate) fn check_in(&self) {
        if let Some(job) = self.progress.lock().get_mut(self.name) {
            job.last = Instant::now();
            job.keeps_ending = job.keeps_ending.filter(|at| at.elapsed() < STEADY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_does_not_check_in_is_stalled_until_it_does() {
        let progress = Progress::default();
        let late = progress.expect("late", Duration::ZERO);
        let _patient = progress.expect("patient", Duration::from_secs(60));
        std::thread::yield_now();
        assert_eq!(progress.stalled(), ["late"]);
        progress
            .lock()
            .insert("late", Job { last: Instant::now(), limit: Duration::from_secs(60), keeps_ending: None });
        late.check_in();
        assert!(progress.stalled().is_empty());
    }
}
