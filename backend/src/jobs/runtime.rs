//! Checks in for the runtime itself: a task that blocks its threads keeps this job from running.

use std::time::Duration;

use super::job::{Job, Report};
use super::records::CheckIn;

/// The interval of the job.
pub(super) const EVERY: Duration = Duration::from_secs(1);
/// The longest delay of the runtime: far more than any load explains.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// The job.
#[derive(Debug)]
pub(super) struct Runtime;

impl Job for Runtime {
    async fn run_once(&mut self, _check_in: &CheckIn) -> anyhow::Result<Report> {
        Ok(Report::default())
    }
}
