//! Removes the `PG…` variables of the environment, which are for another server.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Context as _;

use crate::config::Database;

/// Restarts the program without `PG…` variables, as the same process, if it runs a private PostgreSQL: the client
/// library always reads `PGOPTIONS`, and would apply them to every connection. With an existing database they complete its
/// URL.
///
/// # Errors
/// If the program can't be restarted.
#[expect(
    clippy::disallowed_methods,
    reason = "these variables are no settings, and their values are not read"
)]
pub(super) fn remove_postgres_variables(database: &Database) -> anyhow::Result<()> {
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
        format!("the program could not be restarted without {foreign:?}: unset these variables")
    })
}
