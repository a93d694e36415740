//! Runs a private PostgreSQL: a cluster in a data directory, for a backend without `DATABASE_URL` and for the tests.
//!
//! PostgreSQL listens on a Unix socket in a directory that other users can't enter. It stops when the process that
//! started it ends in any way, and restarts if it ends unexpectedly. Two backends never share a data directory.
//!
//! In reading order:
//! - [`Settings`] say how to run it; `connection` says how to connect to it.
//! - `postgres` has [`start`] and the handle [`EmbeddedPostgres`]; the following modules are the steps of a start.
//! - `os_user` chooses the user that PostgreSQL runs as; `data_dir` creates and locks the data directory.
//! - `binaries` finds the programs, of a `version` that can run the cluster; `download` gets them where there are none.
//! - `cluster` creates the cluster and builds the server's command line.
//! - `launcher` starts PostgreSQL by a script that stops it; `stale` removes pid files that would prevent the start;
//!   `supervisor` restarts PostgreSQL.
//! - `ready` waits for the first answer and creates the database; `roles` creates the roles.
//! - [`find_running`] finds a PostgreSQL that another process runs.
//! - [`EmbeddedError`] is every failure, each with its cause and what to do.

mod binaries;
mod blocking;
mod cluster;
mod connection;
mod data_dir;
mod download;
mod error;
mod launcher;
mod os_user;
mod postgres;
mod ready;
mod roles;
mod running;
mod settings;
mod stale;
mod supervisor;
mod version;

pub use connection::DATABASE;
pub use error::EmbeddedError;
pub use postgres::{EmbeddedPostgres, STOP_LIMIT, start, start_checked};
pub use roles::as_server;
pub use running::{find_running, has_cluster};
pub use settings::{Durability, Settings};
