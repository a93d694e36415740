//! What the server does by itself while it serves.

use std::time::Duration;

use crate::store::{Db, phase_data};

/// How often the server looks for data whose grace period is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Maintenance {
    pub(crate) every: Duration,
    pub(crate) grace: Duration,
}

/// How many rows one statement removes: few enough that nobody waits for it.
const BATCH: i32 = 500;

/// Removes deleted data for good when its grace period is over, for as long as it is polled. Several
/// instances may do so at once.
pub(crate) async fn run(db: Db, maintenance: Maintenance) {
    loop {
        match purge(&db, maintenance.grace).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "purged deleted data after its grace period"),
            Err(error) => {
                let error = anyhow::Error::new(error);
                tracing::warn!(error = format!("{error:#}"), "the purge failed and is tried again later");
            }
        }
        tokio::time::sleep(maintenance.every).await;
    }
}

async fn purge(db: &Db, grace: Duration) -> Result<i64, crate::store::StoreError> {
    let mut rows = 0;
    loop {
        let batch = phase_data::purge_deleted(db, grace, BATCH).await?;
        rows += batch;
        if batch < i64::from(BATCH) {
            return Ok(rows);
        }
    }
}
