//! The environment variables that are no settings: `PG…` variables for another server, and misspelt ones.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Context as _;

use crate::config::Database;

/// The variables of a user's shell, and of compose.yaml.
const OF_OTHERS: [&str; 3] = ["PHASE_DATA_URL", "PHASE_DATA_API_KEY", "PHASE_DATA_IMAGE"];
/// The beginning of the names of settings.
const PREFIX: &str = "PHASE_DATA_";

/// Warns of variables that look like settings and are none: a misspelt setting is not applied.
#[expect(clippy::disallowed_methods, reason = "only the names are read, of what is no setting")]
pub(super) fn warn_of_unknown_settings(settings: &[String]) {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in names.filter(|name| is_unknown(name, settings)) {
        tracing::warn!(
            variable = name,
            nearest = nearest(&name, settings),
            "an environment variable looks like a setting, is none, and is ignored"
        );
    }
}

fn is_unknown(name: &str, settings: &[String]) -> bool {
    name.starts_with(PREFIX)
        && !settings.iter().any(|setting| setting == name)
        && !OF_OTHERS.contains(&name)
        && !is_of_kubernetes(name)
}

/// Checks for the variables that Kubernetes sets in each pod for a service, here one whose name starts with `phase-data`.
fn is_of_kubernetes(name: &str) -> bool {
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.ends_with("_PORT")
        || name.split("_PORT_").skip(1).any(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// Returns the setting with the most similar name.
fn nearest<'a>(name: &str, settings: &'a [String]) -> Option<&'a str> {
    fn own(name: &str) -> &str {
        name.strip_prefix(PREFIX).unwrap_or(name)
    }
    let likeness = |setting: &&String| strsim::jaro_winkler(own(name), own(setting));
    let best = settings.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(&best) > 0.8).then_some(best)
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::settings;

    #[test]
    fn a_misspelt_setting_is_found_with_the_one_that_is_meant() {
        let settings = settings::variables();
        for (name, meant) in [
            ("PHASE_DATA_GRACE_DAY", Some("PHASE_DATA_GRACE_DAYS")),
            ("PHASE_DATA_PUBLIC_ULR", Some("PHASE_DATA_PUBLIC_URL")),
            ("PHASE_DATA_DATABASE_URL", Some("DATABASE_URL")),
            ("PHASE_DATA_LISTEN_ADDRESS", Some("PHASE_DATA_LISTEN")),
            ("PHASE_DATA_COLOUR", None),
        ] {
            assert!(is_unknown(name, &settings), "{name}");
            assert_eq!(nearest(name, &settings), meant, "{name}");
        }
        for name in [
            "PHASE_DATA_GRACE_DAYS",
            "PHASE_DATA_URL",
            "PHASE_DATA_SERVICE_HOST",
            "PHASE_DATA_BACKEND_SERVICE_PORT_HTTP",
            "PHASE_DATA_PORT",
            "PHASE_DATA_PORT_8080_TCP_ADDR",
            "DATABASE_ULR",
        ] {
            assert!(!is_unknown(name, &settings), "{name}");
        }
    }
}
