//! `purge`.

use std::io::Write;

use crate::maintenance;
use crate::store::purge::{self, PurgeFailure, Purged};

use super::database::Opened;
use crate::store::Db;

/// More are of no use on a screen.
const MOST_FAILURES: i32 = 1000;

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
    let failures = purge::failures(&db, MOST_FAILURES).await?;
    for PurgeFailure { account, repository, issue_number, phase, tries, reason, .. } in &failures {
        writeln!(out, "{account}  {repository}#{issue_number} {phase} failed {tries} times: {reason}")?;
    }
    if removed.is_empty() && failures.is_empty() {
        writeln!(out, "nothing is due")?;
    }
    Ok(())
}
