//! The `PG…` variables of the environment, which are meant for another server.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Context as _;

use crate::config::Database;

/// Starts the program anew without them, as the same process, if it runs a private PostgreSQL: the client library
/// reads `PGOPTIONS` whatever it is told, and what it says would hold for every connection. Where a database is given,
/// they complete its URL.
///
/// # Errors
/// If the program can't be started anew.
#[expect(clippy::disallowed_methods, reason = "they are no settings of ours, and are not read")]
pub(super) fn leave_out_postgres_variables(database: &Database) -> anyhow::Result<()> {
    let Database::Embedded { .. } = database else { return Ok(()) };
    let names = std::env::vars_os().map(|(name, _)| name);
    let foreign: Vec<_> = names.filter(|name| name.as_encoded_bytes().starts_with(b"PG")).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    let mut arguments = std::env::args_os();
    let mut program = Command::new(std::env::current_exe().context("the program's own path is unknown")?);
    program.arg0(arguments.next().unwrap_or_default()).args(arguments);
    for name in &foreign {
        program.env_remove(name);
    }
    // Returns only if it fails.
    let error = program.exec();
    Err(error).with_context(|| {
        format!("the program could not be started anew without {foreign:?}: unset these variables yourself")
    })
}
