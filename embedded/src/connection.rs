//! Connections to a private PostgreSQL.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// The database that every cluster has from its first start on.
pub const DATABASE: &str = "phase_data";
/// The superuser of the cluster, which owns the tables.
pub(crate) const SUPERUSER: &str = "phase_data";
/// Part of the socket's name.
const PORT: u16 = 5432;
/// The characters that a URL must encode.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns how the superuser connects over the socket in this directory.
pub(crate) fn options(socket_dir: &Path, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket_dir)
        .port(PORT)
        .username(SUPERUSER)
        .database(database)
        .ssl_mode(PgSslMode::Disable)
}

/// Returns the same as a URL.
pub(crate) fn url(socket_dir: &Path, database: &str) -> String {
    let host = percent_encode(socket_dir.as_os_str().as_bytes(), RESERVED);
    let database = percent_encode(database.as_bytes(), RESERVED);
    format!("postgres://{SUPERUSER}@{host}:{PORT}/{database}")
}
