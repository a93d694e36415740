//! The schema, and connections of its owner.

use std::time::Duration;

use anyhow::Context as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::time::timeout;

use super::db::CONNECT_DEADLINE;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// How long all migrations together may take. They wait for other instances, which may be migrating.
const MIGRATE_DEADLINE: Duration = Duration::from_secs(15 * 60);

/// Connects as the owner of the tables.
///
/// # Errors
/// If the database can't be reached in time.
pub(crate) async fn connect_owner(options: &PgConnectOptions) -> anyhow::Result<PgConnection> {
    timeout(CONNECT_DEADLINE, options.connect())
        .await
        .with_context(|| format!("the database did not answer within {CONNECT_DEADLINE:?}"))?
        .context("the database can't be reached")
}

/// Brings the database's schema up to this program's. Several instances may do it at once: the first
/// takes a lock, the others find nothing left to do.
///
/// # Errors
/// If the database can't be reached, or a migration fails; the schema is as before then.
pub(crate) async fn migrate(options: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = connect_owner(options).await?;
    timeout(MIGRATE_DEADLINE, MIGRATIONS.run(&mut connection))
        .await
        .with_context(|| format!("the migration did not end within {MIGRATE_DEADLINE:?}"))??;
    connection.close().await?;
    Ok(())
}
