//! The shape of a background job: a [`Job`] does one run, its [`Schedule`] says when the next one starts, and its
//! [`Report`] says what the run did.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::records::CheckIn;

/// The deadline of a run for its next check-in: more than all deadlines of the database together.
const CHECK_IN_LIMIT: Duration = Duration::from_secs(120);

/// Work that is done again and again. Several servers may do it at the same time on one database.
pub(crate) trait Job: Send {
    /// Does one run. A long one checks in after each part. The future can be dropped at any await: what it was doing is
    /// then rolled back, and done by a later run.
    fn run_once(&mut self, check_in: &CheckIn) -> impl Future<Output = anyhow::Result<Report>> + Send;

    /// Does what has to be done before the server ends. Called once, after the last run, when nothing is served any more.
    fn finish(&mut self) -> impl Future<Output = anyhow::Result<()>> + Send {
        async { Ok(()) }
    }
}

/// When a job runs.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    /// The pause after a run.
    pub(super) pause: Duration,
    /// The pause after a failed run.
    pub(super) retry: Duration,
    /// Ends the pause early.
    pub(super) wake: Option<Arc<Notify>>,
    check_in_limit: Duration,
}

impl Schedule {
    /// Runs at the start, and then after this pause, also if a run fails.
    pub(super) fn every(pause: Duration) -> Self {
        Self { pause, retry: pause, wake: None, check_in_limit: CHECK_IN_LIMIT }
    }

    /// Sets another pause after a failed run.
    pub(super) fn retry_after(self, retry: Duration) -> Self {
        Self { retry, ..self }
    }

    /// Ends the pause when this is notified.
    pub(super) fn or_when(self, wake: Arc<Notify>) -> Self {
        Self { wake: Some(wake), ..self }
    }

    /// Sets how long a run may take to check in.
    pub(super) fn check_in_limit(self, check_in_limit: Duration) -> Self {
        Self { check_in_limit, ..self }
    }

    /// Returns the longest time between two check-ins of a job that makes progress.
    pub(super) fn limit(&self) -> Duration {
        self.pause.max(self.retry).saturating_add(self.check_in_limit)
    }
}

/// The counts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Report {
    counts: Vec<(&'static str, u64)>,
    /// More is due: the next run starts without a pause.
    pub(super) has_more: bool,
}

impl Report {
    /// Adds a count, unless it is 0.
    pub(super) fn count(mut self, name: &'static str, count: impl TryInto<u64>) -> Self {
        let count = count.try_into().unwrap_or_default();
        self.counts.extend((count > 0).then_some((name, count)));
        self
    }

    /// Says whether more is due.
    pub(super) fn has_more(self, has_more: bool) -> Self {
        Self { has_more, ..self }
    }

    /// Tells whether the run found nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<_> = self.counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
        out.write_str(&counts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_shows_what_was_done_and_nothing_else() {
        let report =
            Report::default().count("purged", 3_i64).count("expired", 0_i64).count("failed", 1_usize);
        assert_eq!(report.to_string(), "purged 3, failed 1");
        assert!(Report::default().count("purged", 0_i64).is_empty());
    }
}
