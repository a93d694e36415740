//! Finds the PostgreSQL that a backend runs, for commands beside that backend.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use sqlx::postgres::PgConnectOptions;

use crate::connection;
use crate::data_dir::{BACKEND_LOCK, cluster_in};

/// The line of `postmaster.pid` with the directory of the socket.
/// <https://www.postgresql.org/docs/current/storage-file-layout.html>
const SOCKET_DIR_LINE: usize = 4;

/// Checks if a backend has created a cluster in this data directory.
#[must_use]
pub fn has_cluster(data_dir: &Path) -> bool {
    cluster_in(data_dir).join("PG_VERSION").exists()
}

/// Returns how to connect to the PostgreSQL that a backend runs in this data directory, if one does.
#[must_use]
pub fn find_running(data_dir: &Path, database: &str) -> Option<PgConnectOptions> {
    let lock = File::open(data_dir.join(BACKEND_LOCK)).ok()?;
    // If this gets the lock, no backend has it; closing the file releases it.
    let Err(TryLockError::WouldBlock) = lock.try_lock() else { return None };
    let pid_file = fs::read_to_string(cluster_in(data_dir).join("postmaster.pid")).ok()?;
    let socket_dir = pid_file.lines().nth(SOCKET_DIR_LINE).filter(|line| !line.is_empty())?;
    Some(connection::options(Path::new(socket_dir), database))
}
