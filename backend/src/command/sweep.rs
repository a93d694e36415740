//! `sweep`.

use std::io::Write;

use anyhow::Context as _;

use super::database::OpenDatabase;
use crate::config::Config;
use crate::github_app::GithubApp;
use crate::outbound;
use crate::store::Db;
use crate::sweep::{Action, ActionKind, Sweep, SweepReport};

/// Sweeps once, or reports what a sweep would change.
pub(super) async fn sweep(
    database: &OpenDatabase,
    config: &Config,
    out: &mut impl Write,
    dry_run: bool,
) -> anyhow::Result<()> {
    database.migrated().await?;
    let key = config.github_app.clone().context(
        "there is no GitHub App to ask with: set PHASE_DATA_GITHUB_APP_ID and PHASE_DATA_GITHUB_APP_KEY_FILE",
    )?;
    // As the server does it, with no more rights.
    let db = Db::new(database.server.clone(), database.program, 1)?;
    let app = GithubApp::new(key, outbound::client()?, config.github_api.clone());
    let reports = Sweep { app, db, grace: config.grace_period, dry_run }.round().await?;
    for SweepReport { subject, actions, left_alone } in &reports {
        for Action { issue, reason, kind } in actions {
            let number = issue.map(|number| format!("#{number}")).unwrap_or_default();
            let verb = match kind {
                ActionKind::CleanedUp => "cleaned up",
                ActionKind::Restored => "restored",
                ActionKind::Moved => "moved",
            };
            let would = if dry_run { "would be " } else { "" };
            writeln!(out, "{subject}{number}  {reason}: {would}{verb}")?;
        }
        for reason in left_alone {
            writeln!(out, "{subject}  left alone: {reason}")?;
        }
    }
    if reports.is_empty() {
        writeln!(out, "nothing was missed")?;
    }
    Ok(())
}
