//! `migrate`.

use std::io::Write;

use super::database::OpenDatabase;
use crate::store;

/// Brings the database up to this release, and prints each step.
pub(super) async fn migrate(
    database: &OpenDatabase,
    out: &mut impl Write,
    force: bool,
) -> anyhow::Result<()> {
    let mut lines = 0_usize;
    let mut report = |line: &str| {
        lines = lines.saturating_add(1);
        // A step that can't be printed is done nevertheless.
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    };
    store::migrate(database.program, &database.owner, force, &mut report).await?;
    if lines == 0 {
        writeln!(
            out,
            "nothing to do: tables and functions are those of release {}",
            database.program.release()
        )?;
    }
    Ok(())
}
