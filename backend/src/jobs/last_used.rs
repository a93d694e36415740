//! Stores when API keys were last used, so that no request has to.

use std::sync::Arc;

use super::job::{Job, Report};
use super::records::CheckIn;
use crate::auth::LastUsedTracker;
use crate::store::{Db, api_key};

/// The job.
#[derive(Debug)]
pub(super) struct LastUsed {
    pub(super) tracker: Arc<LastUsedTracker>,
    pub(super) db: Db,
}

impl LastUsed {
    async fn store(&self) -> anyhow::Result<Report> {
        let taken = self.tracker.take();
        let keys = taken.uses().len();
        if keys > 0 {
            api_key::touch(&self.db, taken.uses()).await?;
        }
        taken.confirm();
        Ok(Report::default().count("keys", keys))
    }
}

impl Job for LastUsed {
    async fn run_once(&mut self, _check_in: &CheckIn) -> anyhow::Result<Report> {
        self.store().await
    }

    /// Stores what the last requests used.
    async fn finish(&mut self) -> anyhow::Result<()> {
        self.store().await.map(drop)
    }
}
