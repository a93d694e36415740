//! Counts what large accounts keep, in parts, so that a request for the usage does not wait for it.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::job::{Job, Report};
use super::purge::yield_to_others;
use super::records::CheckIn;
use crate::store::{Db, usage};

/// The interval at which all accounts are checked. `count_usage` in the database decides which are due.
pub(super) const EVERY: Duration = Duration::from_secs(60);

/// The job.
#[derive(Debug)]
pub(super) struct UsageCount {
    pub(super) db: Db,
}

impl Job for UsageCount {
    async fn run_once(&mut self, check_in: &CheckIn) -> anyhow::Result<Report> {
        let (mut after, mut parts) = (Uuid::nil(), 0_u64);
        loop {
            let started = Instant::now();
            let Some(account) = usage::count_next(&self.db, after).await? else { break };
            after = account;
            parts = parts.saturating_add(1);
            check_in.check_in();
            yield_to_others(started).await;
        }
        Ok(Report::default().count("parts", parts))
    }
}
