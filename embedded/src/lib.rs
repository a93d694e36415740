//! A PostgreSQL of our own: a private cluster in a data directory, for a backend that was given no
//! `DATABASE_URL`, and for the tests.
//!
//! It listens on a Unix socket in a directory that is closed to other users, stops when we end in whatever
//! way, and is started again when it ends by itself. Two backends never share one data directory.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sqlx::PgConnection;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

mod binaries;
mod cluster;
mod data_dir;
mod download;
mod error;
mod launch;
mod owner;
mod ready;
mod roles;
mod running;
mod stale;
mod supervisor;
#[cfg(test)]
mod tests;

pub use error::EmbeddedError;
pub use roles::as_server;
pub use running::running;

use binaries::Binaries;
use data_dir::DataDir;
use launch::Launch;
use owner::Owner;
use supervisor::Supervisor;

/// The database that every cluster has from its first start on.
pub const DATABASE: &str = "phase_data";
/// The one that may do everything in the cluster, and owns the tables.
const SUPERUSER: &str = "phase_data";
/// What has to be encoded in a URL.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// For how long a stop is worth waiting for: the supervisor uses force long before.
pub const STOP_LIMIT: Duration = Duration::from_secs(20);

/// What to keep when the power goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Everything that was committed.
    Safe,
    /// Nothing: fast, and the whole data directory is removed at the end. For tests.
    Throwaway,
}

/// How to run a private PostgreSQL.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the data lie. Created when missing; otherwise it must be empty or one of ours.
    pub data_dir: PathBuf,
    /// Where `postgres` and `initdb` are; without it they are looked for, and fetched if need be.
    pub postgres_bin_dir: Option<PathBuf>,
    /// Where fetched programs are kept; without it, in the data directory.
    pub download_dir: Option<PathBuf>,
    /// The value of `PATH` to look for programs in.
    pub search_path: Option<OsString>,
    /// What to keep when the power goes.
    pub durability: Durability,
    /// How many connections PostgreSQL accepts.
    pub max_connections: u16,
    /// PostgreSQL's own cache.
    pub shared_buffers_mb: u32,
}

impl Settings {
    /// The defaults: durable, 100 connections, 128 MB of cache, programs looked for outside of `PATH` only.
    pub fn new(data_dir: impl Into<PathBuf>) -> Settings {
        Settings {
            data_dir: data_dir.into(),
            postgres_bin_dir: None,
            download_dir: None,
            search_path: None,
            durability: Durability::Safe,
            max_connections: 100,
            shared_buffers_mb: 128,
        }
    }
}

/// A running private PostgreSQL. Dropping it stops PostgreSQL without waiting for it.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    // Declared, and so dropped, before the directory: PostgreSQL is told to stop, then the lock goes.
    supervisor: Supervisor,
    dir: DataDir,
    durability: Durability,
    version: String,
    is_new: bool,
}

/// Starts a private PostgreSQL, making its cluster and the database [`DATABASE`] where they are missing.
/// Returns when it answers.
///
/// # Errors
/// When the directory can't be used or is in use, when no PostgreSQL is found or fetched, and when it does
/// not start. Every message says what to do.
pub async fn start(settings: Settings) -> Result<EmbeddedPostgres, EmbeddedError> {
    start_checked(settings, async |_: &mut PgConnection| Ok(None)).await
}

/// Starts a private PostgreSQL like [`start`], unless `refusal` finds a reason not to.
///
/// `refusal` gets a connection to an existing database [`DATABASE`] before anything in the cluster is changed. The
/// reason that it returns continues the sentence "the data directory … ".
///
/// # Errors
/// Those of [`start`], and [`EmbeddedError::Refused`] with the reason.
pub async fn start_checked(
    mut settings: Settings,
    refusal: impl AsyncFnOnce(&mut PgConnection) -> Result<Option<String>, sqlx::Error>,
) -> Result<EmbeddedPostgres, EmbeddedError> {
    settings.data_dir = absolute(&settings.data_dir)?;
    settings.download_dir = settings.download_dir.as_deref().map(absolute).transpose()?;
    let durability = settings.durability;
    let (owner, dir) = open_data_dir(&settings).await?;
    let (binaries, supervisor) = match launch(&settings, &owner, &dir).await {
        Ok(launched) => launched,
        Err(error) => {
            remove_what_is_temporary(&dir, durability);
            return Err(error);
        }
    };
    let is_new = ready::wait(&supervisor, &dir, &connect_options(&dir, "postgres"), refusal).await?;
    tracing::info!(
        data_dir = %dir.root().display(),
        version = binaries.version,
        user = owner.name,
        is_new,
        "private PostgreSQL is ready"
    );
    Ok(EmbeddedPostgres { supervisor, dir, durability, version: binaries.version, is_new })
}

impl EmbeddedPostgres {
    /// How to connect to a database of this cluster as the owner of its tables. [`as_server`] makes the server's way of
    /// it.
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        connect_options(&self.dir, database)
    }

    /// The same as a URL, which psql and other programs understand as well.
    pub fn connection_url(&self, database: &str) -> String {
        let host = percent_encode(self.dir.socket_dir().as_os_str().as_bytes(), RESERVED);
        let database = percent_encode(database.as_bytes(), RESERVED);
        format!("postgres://{SUPERUSER}@{host}:5432/{database}")
    }

    /// Whether this start created the database [`DATABASE`].
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// The version of PostgreSQL, as in "15.14".
    pub fn server_version(&self) -> &str {
        &self.version
    }

    /// The data directory.
    pub fn data_dir(&self) -> &Path {
        self.dir.root()
    }

    /// PostgreSQL's log.
    pub fn log_path(&self) -> PathBuf {
        self.dir.log_path()
    }

    /// Stops PostgreSQL and waits until its last process has gone. Connections are cut off.
    ///
    /// # Errors
    /// When it has not gone in time. It stays told to stop.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        self.stop_within(STOP_LIMIT).await
    }

    /// The same, with a limit of the caller's.
    ///
    /// # Errors
    /// When it has not gone within the limit. It stays told to stop.
    pub async fn stop_within(self, limit: Duration) -> Result<(), EmbeddedError> {
        self.supervisor.stop();
        if tokio::time::timeout(limit, self.supervisor.ended()).await.is_err() {
            let data_dir = self.dir.root().to_owned();
            return Err(EmbeddedError::NotStopped { data_dir, waited: limit.as_secs() });
        }
        remove_what_is_temporary(&self.dir, self.durability);
        tracing::info!(data_dir = %self.dir.root().display(), "private PostgreSQL has stopped");
        Ok(())
    }
}

async fn open_data_dir(settings: &Settings) -> Result<(Owner, DataDir), EmbeddedError> {
    let (root, durability) = (settings.data_dir.clone(), settings.durability);
    blocking(move || {
        let owner = Owner::choose(&data_dir::cluster_in(&root))?;
        let dir = DataDir::open(&root, &owner, durability)?;
        Ok((owner, dir))
    })
    .await
}

/// Everything up to PostgreSQL's first process. From then on a throw-away directory is the script's to remove.
async fn launch(
    settings: &Settings,
    owner: &Owner,
    dir: &DataDir,
) -> Result<(Binaries, Supervisor), EmbeddedError> {
    let binaries = binaries::find_or_fetch(settings, owner, dir).await?;
    tracing::info!(program = %binaries.postgres().display(), version = binaries.version, "found PostgreSQL");
    let initdb = cluster::Initdb::new(dir, owner, &binaries, settings.durability)?;
    blocking(move || initdb.run_if_needed()).await?;
    let server = cluster::server_command(settings, dir, &binaries);
    let launch = Launch::new(owner, dir, settings.durability, server)?;
    let supervisor = Supervisor::start(launch)?;
    Ok((binaries, supervisor))
}

fn connect_options(dir: &DataDir, database: &str) -> PgConnectOptions {
    options_for(dir.socket_dir(), database)
}

fn options_for(socket_dir: &Path, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(socket_dir)
        .port(5432)
        .username(SUPERUSER)
        .database(database)
        .ssl_mode(PgSslMode::Disable)
}

/// The script removes the same, but as the user that PostgreSQL runs as: in a directory of root's, it can
/// empty the data directory but not remove it.
fn remove_what_is_temporary(dir: &DataDir, durability: Durability) {
    let whole = (durability == Durability::Throwaway).then(|| dir.root());
    for path in [dir.foreign_socket_dir(), whole].into_iter().flatten() {
        let _ = fs::remove_dir_all(path);
    }
}

fn absolute(path: &Path) -> Result<PathBuf, EmbeddedError> {
    std::path::absolute(path).map_err(EmbeddedError::files("make sense of the path", path))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EmbeddedError> + Send + 'static,
) -> Result<T, EmbeddedError> {
    tokio::task::spawn_blocking(work).await.map_err(EmbeddedError::Interrupted)?
}
