//! The database of a command: an existing one, an embedded one that already runs, or one that runs only for this command.

use std::time::Duration;

use anyhow::bail;
use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;

use crate::config::Database;
use crate::store::{self, Program};
use phase_data_embedded::{self as embedded, DATABASE, EmbeddedPostgres, Settings};

/// The limit for all statements of a command: none of them reads many rows.
const COMMAND_DEADLINE: Duration = Duration::from_secs(30);
/// The minimum time to wait for PostgreSQL's stop, even if less is left.
const SHORTEST_STOP: Duration = Duration::from_secs(5);

/// A database that accepts connections.
pub(super) struct OpenDatabase {
    /// For the server.
    pub(super) server: PgConnectOptions,
    /// For migrations and commands.
    pub(super) owner: PgConnectOptions,
    /// The tables and functions that this release installs.
    pub(super) program: &'static Program,
    embedded: Option<EmbeddedPostgres>,
}

impl OpenDatabase {
    /// Opens the database for a command, which may run beside a server on the same embedded database.
    pub(super) async fn new(database: &Database, program: &'static Program) -> anyhow::Result<Self> {
        let Database::Embedded { data_dir, .. } = database else {
            return Self::for_server(database, program).await;
        };
        match embedded::find_running(data_dir, DATABASE) {
            Some(owner) => {
                Ok(Self { server: embedded::as_server(owner.clone()), owner, program, embedded: None })
            }
            None => Self::for_server(database, program).await,
        }
    }

    /// Opens the database for the server, which must start the embedded database itself.
    pub(super) async fn for_server(database: &Database, program: &'static Program) -> anyhow::Result<Self> {
        match database {
            Database::Given { server, owner } => {
                Ok(Self { server: (**server).clone(), owner: (**owner).clone(), program, embedded: None })
            }
            Database::Embedded { data_dir, postgres_bin_dir, search_path, .. } => {
                let settings = Settings {
                    postgres_bin_dir: postgres_bin_dir.clone(),
                    search_path: search_path.clone(),
                    ..Settings::new(data_dir)
                };
                let embedded = embedded::start_checked(settings, pre_release).await?;
                let owner = embedded.connect_options(DATABASE);
                Ok(Self {
                    server: embedded::as_server(owner.clone()),
                    owner,
                    program,
                    embedded: Some(embedded),
                })
            }
        }
    }

    /// Returns `true` if this process started the database.
    pub(super) fn is_embedded(&self) -> bool {
        self.embedded.is_some()
    }

    /// Returns a connection as the owner of the tables, if these are of this release. Only `serve` and `migrate` change them.
    pub(super) async fn migrated(&self) -> anyhow::Result<PgConnection> {
        store::connect_migrated(self.program, &self.owner).await
    }

    /// Runs a command's work on the database, within a deadline.
    pub(super) async fn within<T>(&self, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
        store::within(&self.owner, COMMAND_DEADLINE, work).await
    }

    /// Stops an embedded database that this process started.
    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.close_within(embedded::STOP_LIMIT).await
    }

    /// Stops the embedded database like [`close`](Self::close), but waits at most this long, or a few seconds if that is
    /// longer. PostgreSQL continues to stop by itself.
    pub(super) async fn close_within(self, limit: Duration) -> anyhow::Result<()> {
        if let Some(embedded) = self.embedded {
            embedded.stop_within(limit.clamp(SHORTEST_STOP, embedded::STOP_LIMIT)).await?;
        }
        Ok(())
    }
}

/// Refuses a data directory without a database: a command does not create one.
pub(super) fn refuse_missing_cluster(database: &Database) -> anyhow::Result<()> {
    match database {
        Database::Embedded { data_dir, .. } if !embedded::has_cluster(data_dir) => bail!(
            "the data directory {} has no database yet: start the server once, or run `phase-data-backend migrate`, or \
             name another directory or database (--data-dir, DATABASE_URL)",
            data_dir.display()
        ),
        _ => Ok(()),
    }
}

/// Refuses a data directory of a build from before the first release.
async fn pre_release(database: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let schema = store::pre_release_schema(database).await?;
    Ok(schema.map(|schema| {
        format!(
            "was made by a build from before the first release (its tables are in the schema {schema}), which no release \
             can use. Nothing was changed. Save what you need with pg_dump while that build runs, and start with another \
             data directory (--data-dir or PHASE_DATA_DATA_DIR)"
        )
    }))
}
