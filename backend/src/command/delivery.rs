//! `delivery failed`.

use std::io::Write;

use super::database::OpenDatabase;
use crate::store::Db;
use crate::store::webhook_delivery::{self, FailedDelivery};

/// The maximum number of printed deliveries.
const MAX_DELIVERIES: i32 = 1000;

/// Prints the webhook deliveries that failed for good.
pub(super) async fn failed(database: &OpenDatabase, out: &mut impl Write) -> anyhow::Result<()> {
    database.migrated().await?;
    let db = Db::new(database.server.clone(), database.program, 1)?;
    let failed = webhook_delivery::failed(&db, MAX_DELIVERIES).await?;
    for FailedDelivery { account, delivery_id, event, attempts, unfinished, received_at, reason } in &failed {
        let account = account.map_or("no account".to_owned(), |account| account.to_string());
        let reason = reason.as_deref().unwrap_or_default();
        let tries = i64::from(*attempts).saturating_add(i64::from(*unfinished));
        writeln!(
            out,
            "{delivery_id:?}  {account}  {event:?}  received {received_at}  {tries} tries  {reason}"
        )?;
    }
    if failed.is_empty() {
        writeln!(out, "none failed")?;
    }
    Ok(())
}
