//! Records of the background jobs: when each last ran, how long that took, what it did or why it failed. The probe `live`
//! reads them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::job::Report;

/// A job that runs for longer than this after a panic has recovered.
pub(super) const STEADY: Duration = Duration::from_secs(120);

/// The records of all jobs. Clones are the same records.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records(Arc<Mutex<BTreeMap<&'static str, Record>>>);

/// One job's record.
#[derive(Debug)]
struct Record {
    /// The longest time between two check-ins of the job.
    limit: Duration,
    checked_in: Instant,
    running_since: Option<OffsetDateTime>,
    last_run: Option<Run>,
    /// When the job last panicked, if it did so too often.
    crashed_at: Option<Instant>,
}

/// A finished run of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) started_at: OffsetDateTime,
    pub(super) took: Duration,
    /// The counts, or the error.
    pub(super) result: Result<Report, String>,
    /// The number of failed runs in a row, up to this one.
    pub(super) failures: u32,
}

/// A job that makes no progress. Its text is safe to show to anybody: it has no errors and no data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stalled {
    pub(super) job: &'static str,
    running_since: Option<OffsetDateTime>,
    last_finished_at: Option<OffsetDateTime>,
}

/// One job's access to its record.
#[derive(Debug, Clone)]
pub(crate) struct CheckIn {
    records: Records,
    job: &'static str,
}

impl Records {
    /// Adds a job that has to check in again within this time.
    pub(crate) fn add(&self, job: &'static str, limit: Duration) -> CheckIn {
        let checked_in = Instant::now();
        let record = Record { limit, checked_in, running_since: None, last_run: None, crashed_at: None };
        self.lock().insert(job, record);
        CheckIn { records: self.clone(), job }
    }

    /// Returns the jobs that did not check in in time, or that panic again and again.
    pub(crate) fn stalled(&self) -> Vec<Stalled> {
        let is_stalled =
            |record: &Record| record.crashed_at.is_some() || record.checked_in.elapsed() > record.limit;
        let records = self.lock();
        let stalled = records.iter().filter(|(_, record)| is_stalled(record));
        stalled.map(|(job, record)| record.stalled(job)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Record>> {
        // No holder of this lock can leave the map half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn stalled(&self, job: &'static str) -> Stalled {
        let last_finished_at = self.last_run.as_ref().map(Run::finished_at);
        Stalled { job, running_since: self.running_since, last_finished_at }
    }

    fn check_in(&mut self) {
        self.checked_in = Instant::now();
        self.crashed_at = self.crashed_at.filter(|at| at.elapsed() < STEADY);
    }
}

impl Run {
    fn finished_at(&self) -> OffsetDateTime {
        self.started_at.saturating_add(self.took.try_into().unwrap_or(time::Duration::MAX))
    }
}

impl CheckIn {
    /// Returns the job's name.
    pub(super) fn job(&self) -> &'static str {
        self.job
    }

    /// Records that the job makes progress.
    pub(crate) fn check_in(&self) {
        self.update(Record::check_in);
    }

    /// Records that a run starts.
    pub(super) fn start(&self) {
        self.update(|record| {
            record.check_in();
            record.running_since = Some(OffsetDateTime::now_utc());
        });
    }

    /// Records how a run that started with [`Self::start`] ended. Returns it, and the one before.
    pub(super) fn finish(
        &self,
        result: Result<Report, String>,
        took: Duration,
    ) -> Option<(Run, Option<Run>)> {
        self.update(|record| {
            record.check_in();
            let before = record.last_run.take();
            let failed_before = before.as_ref().map_or(0, |run| run.failures);
            let failures = if result.is_ok() { 0 } else { failed_before.saturating_add(1) };
            let started_at = record.running_since.take().unwrap_or_else(OffsetDateTime::now_utc);
            let run = Run { started_at, took, result, failures };
            record.last_run = Some(run.clone());
            (run, before)
        })
    }

    /// Tells whether another job fails for the same reason, at least as many times in a row.
    pub(super) fn is_shared(&self, error: &str, failures: u32) -> bool {
        let fails_too =
            |run: &Run| run.failures >= failures && run.result.as_ref().is_err_and(|other| other == error);
        let records = self.records.lock();
        let mut others = records.iter().filter(|(job, _)| **job != self.job);
        others.any(|(_, record)| record.last_run.as_ref().is_some_and(fails_too))
    }

    /// Records that the job panics as often as it is started. This holds until it has run for a while.
    pub(super) fn keeps_crashing(&self) {
        self.update(|record| record.crashed_at = Some(Instant::now()));
    }

    fn update<T>(&self, update: impl FnOnce(&mut Record) -> T) -> Option<T> {
        self.records.lock().get_mut(self.job).map(update)
    }
}

impl fmt::Display for Stalled {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |at: OffsetDateTime| at.replace_nanosecond(0).ok()?.format(&Rfc3339).ok();
        out.write_str(self.job)?;
        match self.last_finished_at.and_then(seconds) {
            Some(at) => write!(out, " (last run finished at {at}")?,
            None => out.write_str(" (no run has finished")?,
        }
        match self.running_since.and_then(seconds) {
            Some(since) => write!(out, ", running since {since})"),
            None => out.write_str(")"),
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_job_that_does_not_check_in_is_stalled_until_it_does() {
        let records = Records::default();
        let late = records.add("late", Duration::ZERO);
        records.add("patient", Duration::from_secs(60));
        std::thread::yield_now();
        assert_eq!(records.stalled().iter().map(|stalled| stalled.job).collect::<Vec<_>>(), ["late"]);
        late.update(|record| record.limit = Duration::from_secs(60));
        late.check_in();
        assert_eq!(records.stalled(), []);
    }

    #[test]
    fn a_stalled_job_says_when_it_last_ran_and_since_when_it_runs() {
        let records = Records::default();
        let job = records.add("purge", Duration::ZERO);
        let text = || records.stalled().iter().map(ToString::to_string).collect::<Vec<_>>();
        std::thread::yield_now();
        assert_eq!(text(), ["purge (no run has finished)"]);
        let starts_at = |at| job.update(|record| record.running_since = Some(at));
        starts_at(datetime!(2026-03-01 09:30:00.25 UTC));
        let cause = "the cause is for the log alone".to_owned();
        job.finish(Err(cause), Duration::from_millis(2500)).expect("it was added");
        std::thread::yield_now();
        assert_eq!(text(), ["purge (last run finished at 2026-03-01T09:30:02Z)"]);
        starts_at(datetime!(2026-03-01 09:31 UTC));
        assert_eq!(
            text(),
            ["purge (last run finished at 2026-03-01T09:30:02Z, running since 2026-03-01T09:31:00Z)"]
        );
    }

    #[test]
    fn a_failure_is_shared_if_another_job_has_failed_for_its_reason_as_many_times() {
        let records = Records::default();
        let jobs = ["one", "other"].map(|name| records.add(name, Duration::MAX));
        let fail = |job: &CheckIn, reason: &str| {
            let (run, _) = job.finish(Err(reason.to_owned()), Duration::ZERO).expect("it was added");
            job.is_shared(reason, run.failures)
        };
        let [one, other] = &jobs;
        assert_eq!(
            [fail(one, "no"), fail(other, "no"), fail(other, "no"), fail(one, "no")],
            [false, true, false, true]
        );
        assert!(!fail(other, "another reason"));
        other.finish(Ok(Report::default()), Duration::ZERO);
        assert!(!fail(one, "no"));
    }

    #[test]
    fn failures_in_a_row_are_counted_until_a_run_succeeds() {
        let job = Records::default().add("job", Duration::MAX);
        let finish = |result: Result<Report, String>| {
            job.start();
            job.finish(result, Duration::ZERO).expect("it was added").0.failures
        };
        let failed = || Err("no".to_owned());
        assert_eq!(
            [finish(failed()), finish(failed()), finish(Ok(Report::default())), finish(failed())],
            [1, 2, 0, 1]
        );
    }
}
