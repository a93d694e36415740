//! A running private PostgreSQL: its start, its handle and its stop.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;

use crate::binaries::{self, Binaries};
use crate::blocking::blocking;
use crate::cluster;
use crate::connection;
use crate::data_dir::{self, DataDir};
use crate::error::EmbeddedError;
use crate::launcher::Launcher;
use crate::os_user::OsUser;
use crate::ready;
use crate::settings::{Durability, Settings};
use crate::supervisor::Supervisor;

/// The deadline of a stop. The supervisor kills PostgreSQL long before.
pub const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A running private PostgreSQL. Dropping it stops PostgreSQL without waiting.
#[derive(Debug)]
pub struct EmbeddedPostgres {
    // Dropped before the directory, because it is declared first: PostgreSQL is asked to stop, then the lock is released.
    supervisor: Supervisor,
    dir: DataDir,
    durability: Durability,
    version: String,
    is_new: bool,
}

/// Starts a private PostgreSQL, and creates its cluster and the database [`DATABASE`](crate::DATABASE) if they are
/// missing. Returns when PostgreSQL answers.
///
/// # Errors
/// If the directory is in use or can't be used, if no PostgreSQL is found or downloaded, or if it does not start. Every
/// message says what to do.
pub async fn start(settings: Settings) -> Result<EmbeddedPostgres, EmbeddedError> {
    start_checked(settings, async |_: &mut PgConnection| Ok(None)).await
}

/// Starts a private PostgreSQL like [`start`], unless `refusal` returns a reason not to.
///
/// `refusal` gets a connection to an existing database [`DATABASE`](crate::DATABASE) before anything in the cluster is
/// changed. The reason that it returns continues the sentence "the data directory … ".
///
/// # Errors
/// Those of [`start`], and [`EmbeddedError::Refused`] with the reason.
pub async fn start_checked(
    settings: Settings,
    refusal: impl AsyncFnOnce(&mut PgConnection) -> Result<Option<String>, sqlx::Error>,
) -> Result<EmbeddedPostgres, EmbeddedError> {
    let settings = settings.with_absolute_paths()?;
    let durability = settings.durability;
    let (user, dir) = open_data_dir(&settings).await?;
    let (binaries, supervisor) = match launch(&settings, &user, &dir).await {
        Ok(launched) => launched,
        Err(error) => {
            remove_temporary_dirs(&dir, durability);
            return Err(error);
        }
    };
    let options = connection::options(dir.socket_dir(), "postgres");
    let is_new = ready::wait(&supervisor, &dir, &options, refusal).await?;
    tracing::info!(
        data_dir = %dir.root().display(),
        postgres_version = binaries.version,
        user = user.name,
        is_new,
        "private PostgreSQL is ready"
    );
    Ok(EmbeddedPostgres { supervisor, dir, durability, version: binaries.version, is_new })
}

impl EmbeddedPostgres {
    /// Returns how to connect to a database of this cluster as the owner of its tables. [`as_server`](crate::as_server)
    /// turns that into how the server connects.
    pub fn connect_options(&self, database: &str) -> PgConnectOptions {
        connection::options(self.dir.socket_dir(), database)
    }

    /// Returns the same as a URL, for psql and other programs.
    pub fn connection_url(&self, database: &str) -> String {
        connection::url(self.dir.socket_dir(), database)
    }

    /// Returns `true` if this start created the database [`DATABASE`](crate::DATABASE).
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Returns the version of PostgreSQL, like "15.14".
    pub fn server_version(&self) -> &str {
        &self.version
    }

    /// Returns the data directory.
    pub fn data_dir(&self) -> &Path {
        self.dir.root()
    }

    /// Returns the path of PostgreSQL's log.
    pub fn log_path(&self) -> PathBuf {
        self.dir.log_path()
    }

    /// Stops PostgreSQL and waits until its last process has ended. Closes all connections.
    ///
    /// # Errors
    /// If it has not ended within [`STOP_LIMIT`]. It continues to stop.
    pub async fn stop(self) -> Result<(), EmbeddedError> {
        self.stop_within(STOP_LIMIT).await
    }

    /// Stops PostgreSQL like [`stop`](Self::stop), with the caller's limit.
    ///
    /// # Errors
    /// If it has not ended within the limit. It continues to stop.
    pub async fn stop_within(self, limit: Duration) -> Result<(), EmbeddedError> {
        self.supervisor.stop();
        if tokio::time::timeout(limit, self.supervisor.ended()).await.is_err() {
            let data_dir = self.dir.root().to_owned();
            return Err(EmbeddedError::NotStopped { data_dir, waited: limit.as_secs() });
        }
        remove_temporary_dirs(&self.dir, self.durability);
        tracing::info!(data_dir = %self.dir.root().display(), "private PostgreSQL has stopped");
        Ok(())
    }
}

async fn open_data_dir(settings: &Settings) -> Result<(OsUser, DataDir), EmbeddedError> {
    let (root, durability) = (settings.data_dir.clone(), settings.durability);
    blocking(move || {
        let user = OsUser::choose(&data_dir::cluster_in(&root))?;
        let dir = DataDir::open(&root, &user, durability)?;
        Ok((user, dir))
    })
    .await
}

/// Does every step up to PostgreSQL's first process. From then on the script removes a throw-away directory.
async fn launch(
    settings: &Settings,
    user: &OsUser,
    dir: &DataDir,
) -> Result<(Binaries, Supervisor), EmbeddedError> {
    let binaries = binaries::find_or_download(settings, user, dir).await?;
    tracing::info!(program = %binaries.postgres().display(), postgres_version = binaries.version, "found PostgreSQL");
    let initdb = cluster::Initdb::new(dir, user, &binaries, settings.durability)?;
    blocking(move || initdb.run_if_needed()).await?;
    let server = cluster::server_command(settings, dir, &binaries);
    let launcher = Launcher::new(user, dir, settings.durability, server)?;
    let supervisor = Supervisor::start(launcher)?;
    Ok((binaries, supervisor))
}

/// Removes what the script removes, too. The script runs as PostgreSQL's user: if root owns the parent directory, it can
/// empty the data directory, but not remove it.
fn remove_temporary_dirs(dir: &DataDir, durability: Durability) {
    let whole = (durability == Durability::Throwaway).then(|| dir.root());
    for path in [dir.external_socket_dir(), whole].into_iter().flatten() {
        let _ = fs::remove_dir_all(path);
    }
}
