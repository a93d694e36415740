//! `purge`.

use std::io::Write;

use super::database::OpenDatabase;
use crate::config::Config;
use crate::jobs::{prune, purge as purge_job};
use crate::store::Db;
use crate::store::purge::{self, EventsRemoved, PurgeFailure, Purged};

/// The maximum number of printed failures.
const MAX_FAILURES: i32 = 1000;

/// Removes data that is due, or with `dry_run` reports it.
pub(super) async fn purge(
    database: &OpenDatabase,
    config: &Config,
    out: &mut impl Write,
    dry_run: bool,
) -> anyhow::Result<()> {
    database.migrated().await?;
    // With the same rights as the server.
    let db = Db::new(database.server.clone(), database.program, 1)?;
    let kept_for = config.events_kept_for;
    let (done, removed, events) = match dry_run {
        true => ("would remove", purge::due(&db).await?, purge::events_due(&db, kept_for).await?),
        false => {
            let removed = purge_job::purge_all(&db, || ()).await?;
            ("removed", removed, prune::prune_all(&db, kept_for).await?)
        }
    };
    for Purged { account, purged, expired } in &removed {
        writeln!(out, "{account}  {done} {purged} past their grace period, {expired} expired")?;
    }
    for EventsRemoved { account, removed } in &events {
        writeln!(out, "{account}  {done} {removed} events that are kept no longer")?;
    }
    let failures = purge::purge_failures(&db, MAX_FAILURES).await?;
    for PurgeFailure { account, repository, issue_number, phase, tries, reason, .. } in &failures {
        writeln!(out, "{account}  {repository}#{issue_number} {phase} failed {tries} times: {reason}")?;
    }
    if removed.is_empty() && events.is_empty() && failures.is_empty() {
        writeln!(out, "nothing is due")?;
    }
    Ok(())
}
