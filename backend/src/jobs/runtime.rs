//! Checks in for the runtime itself: a task that blocks its threads keeps this job from running.

use std::time::Duration;

use super::job::{Job, Report};
use super::records::CheckIn;

/// How often.
pub(super) const EVERY: Duration = Duration::from_secs(1);
/// How late the runtime may be: far more than any load explains.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// The job.
#[derive(Debug)]
pub(super) struct Runtime;

impl Job for Runtime {
    async fn run_once(&mut self, _check_in: &CheckIn) -> anyhow::Result<Report> {
        Ok(Report::default())
    }
}
