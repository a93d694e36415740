//! The limit on open files, and how many connections fit into it.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// The most connections, however many the system allows: each costs up to some 40 KB.
const MOST_CONNECTIONS: usize = 4096;
/// Descriptors for everything but connections of clients and of the database.
const OTHER_DESCRIPTORS: usize = 64;
/// With fewer nothing works.
const LEAST_CONNECTIONS: usize = 16;

/// Raises the soft limit on open files as far as it helps and the hard limit allows, and returns how many
/// connections of clients fit beside so many of the database.
pub(crate) fn fitting_connections(database: usize) -> usize {
    let others = database + OTHER_DESCRIPTORS;
    let needed = (MOST_CONNECTIONS + others) as u64;
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return LEAST_CONNECTIONS };
    let raised = needed.min(hard);
    let is_raised = soft < raised && setrlimit(Resource::RLIMIT_NOFILE, raised, hard).is_ok();
    let allowed = if is_raised { raised } else { soft };
    let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
    allowed.saturating_sub(others).clamp(LEAST_CONNECTIONS, MOST_CONNECTIONS)
}
