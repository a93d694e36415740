//! A cluster that a backend runs right now, for commands beside it.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use sqlx::postgres::PgConnectOptions;

use super::data_dir::{BACKEND_LOCK, cluster_in};
use super::options_for;

/// The line of `postmaster.pid` that names the directory of the socket.
/// <https://www.postgresql.org/docs/current/storage-file-layout.html>
const SOCKET_DIR_LINE: usize = 4;

/// How to connect to the PostgreSQL that a backend runs in this data directory, if one does.
#[must_use]
pub fn running(data_dir: &Path, database: &str) -> Option<PgConnectOptions> {
    let lock = File::open(data_dir.join(BACKEND_LOCK)).ok()?;
    // If the lock can be had, nobody holds it; it goes again with the file.
    let Err(TryLockError::WouldBlock) = lock.try_lock() else { return None };
    let pid_file = fs::read_to_string(cluster_in(data_dir).join("postmaster.pid")).ok()?;
    let socket_dir = pid_file.lines().nth(SOCKET_DIR_LINE).filter(|line| !line.is_empty())?;
    Some(options_for(Path::new(socket_dir), database))
}
