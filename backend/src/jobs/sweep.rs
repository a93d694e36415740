//! Runs the [sweep](crate::sweep).

use super::job::{Job, Report};
use super::records::CheckIn;
use crate::sweep::{Sweep, SweepReport};

impl Job for Sweep {
    async fn run_once(&mut self, _check_in: &CheckIn) -> anyhow::Result<Report> {
        let reports = self.round().await?;
        reports.iter().for_each(SweepReport::log);
        let changed: usize = reports.iter().map(|report| report.actions.len()).sum();
        let skipped: usize = reports.iter().map(|report| report.left_alone.len()).sum();
        Ok(Report::default().count("changed", changed).count("skipped", skipped))
    }
}
