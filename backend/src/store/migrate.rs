//! The schema, and connections of its owner.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};
use tokio::time::timeout;

use super::db::CONNECT_DEADLINE;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// What every connection of the owner's is set to, whatever the server's default is. A migration takes as long as it takes.
const OWNER_SESSION: &str = "set default_transaction_isolation = 'read committed'; set statement_timeout = 0; \
                             set lock_timeout = 0; set idle_in_transaction_session_timeout = 0";
/// How long all migrations together may take. They wait for other instances, which may be migrating.
const MIGRATE_DEADLINE: Duration = Duration::from_secs(15 * 60);

/// Connects as the owner of the tables.
///
/// # Errors
/// If the database can't be reached in time.
pub(crate) async fn connect_owner(options: &PgConnectOptions) -> anyhow::Result<PgConnection> {
    let connecting = async {
        let mut connection = options.connect().await?;
        connection.execute(OWNER_SESSION).await?;
        Ok::<_, sqlx::Error>(connection)
    };
    timeout(CONNECT_DEADLINE, connecting)
        .await
        .with_context(|| format!("the database did not answer within {CONNECT_DEADLINE:?}"))?
        .context("the database can't be reached")
}

/// Brings the database's schema up to this program's. Several instances may do it at once: the first
/// takes a lock, the others find nothing left to do.
///
/// # Errors
/// If the database can't be reached, a migration fails (the schema is as before then), or the schema is one of another
/// version: with what to do about it.
pub(crate) async fn migrate(options: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = connect_owner(options).await.context("check that it is reachable")?;
    timeout(MIGRATE_DEADLINE, MIGRATIONS.run(&mut connection))
        .await
        .with_context(|| format!("the migration did not end within {MIGRATE_DEADLINE:?}"))?
        .map_err(explained)?;
    connection.close().await?;
    Ok(())
}

/// Says what a migration's failure means, and what to do about it.
fn explained(error: MigrateError) -> anyhow::Error {
    let program = env!("CARGO_PKG_VERSION");
    match error {
        MigrateError::VersionMissing(version) => anyhow!(
            "the database's schema is newer than this program: it has the migration {version}, which version {program} \
             does not know. Start the version that made it or a newer one, or restore a backup from before that"
        ),
        MigrateError::VersionMismatch(version) => anyhow!(
            "the database's schema is another program's: its migration {version} is not the one that version {program} \
             has. Start the build that made it"
        ),
        error => anyhow::Error::new(error).context(
            "check that its user may create tables and roles (PHASE_DATA_OWNER_DATABASE_URL names another user for this)",
        ),
    }
}
