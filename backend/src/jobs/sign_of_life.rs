//! Tells the other releases that share the database that this server runs.

use std::time::Duration;

use crate::jobs::progress::CheckIn;
use crate::store::Db;
use crate::store::instance::Instance;
use crate::telemetry::chain;

/// How often. A server counts as running for 60 seconds after each (`is_running` in the tables), so several may fail.
pub(crate) const EVERY: Duration = Duration::from_secs(10);

/// Writes signs of life for as long as it is polled.
pub(crate) async fn run(db: Db, instance: Instance, progress: CheckIn) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = instance.announce(&db).await {
            tracing::warn!(cause = chain(&error), "the sign of life could not be written and is tried again");
        }
        progress.check_in();
    }
}
