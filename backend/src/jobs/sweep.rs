//! Runs the [sweep](crate::sweep).

use super::job::{Job, Report};
use super::records::CheckIn;
use crate::sweep::{Sweep, Swept};

impl Job for Sweep {
    async fn run_once(&mut self, _check_in: &CheckIn) -> anyhow::Result<Report> {
        let swept = self.round().await?;
        swept.iter().for_each(Swept::tell);
        let changed: usize = swept.iter().map(|found| found.done.len()).sum();
        let left: usize = swept.iter().map(|found| found.left.len()).sum();
        Ok(Report::default().count("changed", changed).count("left_alone", left))
    }
}
