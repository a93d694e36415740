//! `sweep`.

use std::io::Write;

use anyhow::Context as _;

use super::database::OpenDatabase;
use crate::config::Config;
use crate::github_app::GithubApp;
use crate::outbound;
use crate::store::Db;
use crate::sweep::{Deed, Done, Sweep, Swept};

/// Asks GitHub once which issues with data are closed or open again, and cleans them up or brings them back, or
/// says which those are.
pub(super) async fn sweep(
    database: &OpenDatabase,
    config: &Config,
    out: &mut impl Write,
    dry_run: bool,
) -> anyhow::Result<()> {
    let key = config.github_app.clone().context(
        "there is no GitHub App to ask with: set PHASE_DATA_GITHUB_APP_ID and PHASE_DATA_GITHUB_APP_KEY_FILE",
    )?;
    // The schema is brought up to date by whoever connects as its owner.
    database.migrated().await?;
    // As the server does it, with no more rights.
    let db = Db::new(database.server.clone(), database.program, 1)?;
    let app = GithubApp::new(key, outbound::client()?, config.github_api.clone());
    let swept = Sweep { app, db, grace: config.grace_period, dry_run }.round().await?;
    for Swept { of, done, left } in &swept {
        for Done { issue, why, deed } in done {
            let number = issue.map(|number| format!("#{number}")).unwrap_or_default();
            let verb = match deed {
                Deed::CleanedUp => "cleaned up",
                Deed::BroughtBack => "brought back",
                Deed::TakenAlong => "taken along",
            };
            writeln!(out, "{of}{number}  {why}: {}{verb}", if dry_run { "would be " } else { "" })?;
        }
        for why in left {
            writeln!(out, "{of}  left alone: {why}")?;
        }
    }
    if swept.is_empty() {
        writeln!(out, "nothing was missed")?;
    }
    Ok(())
}
