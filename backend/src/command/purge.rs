//! `purge`.

use std::io::Write;

use crate::maintenance;
use crate::store::purge::{self, Purged};

use super::database::Opened;
use crate::store::Db;

/// Removes what is due, or says what is.
pub(super) async fn purge(database: &Opened, out: &mut impl Write, dry_run: bool) -> anyhow::Result<()> {
    // The schema is brought up to date by whoever connects as its owner.
    database.migrated().await?;
    // As the server does it, with no more rights.
    let db = Db::new(database.server.clone(), 1)?;
    let (done, removed) = match dry_run {
        true => ("would remove", purge::due(&db).await?),
        false => ("removed", maintenance::round(&db, || ()).await?),
    };
    for Purged { account, purged, expired } in &removed {
        writeln!(out, "{account}  {done} {purged} past their grace period, {expired} expired")?;
    }
    if removed.is_empty() {
        writeln!(out, "nothing is due")?;
    }
    Ok(())
}
