//! Announces this server to the other releases that share the database.

use std::time::Duration;

use super::job::{Job, Report};
use super::records::CheckIn;
use crate::store::Db;
use crate::store::instance::Instance;

/// The interval of the job. A server counts as running for 60 seconds after each announcement (`is_running` in the tables),
/// so several may fail.
pub(super) const EVERY: Duration = Duration::from_secs(10);

/// The job.
#[derive(Debug)]
pub(super) struct SignOfLife {
    pub(super) instance: Instance,
    pub(super) db: Db,
}

impl Job for SignOfLife {
    async fn run_once(&mut self, _check_in: &CheckIn) -> anyhow::Result<Report> {
        self.instance.announce(&self.db).await?;
        Ok(Report::default())
    }

    /// Removes the server from the registry. Without that it counts as running for another minute.
    async fn finish(&mut self) -> anyhow::Result<()> {
        Ok(self.instance.remove(&self.db).await?)
    }
}
