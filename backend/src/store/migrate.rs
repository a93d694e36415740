//! The schema.

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Brings the database's schema up to this program's. Several instances may do it at once: the first
/// takes a lock, the others find nothing left to do.
///
/// # Errors
/// If the database can't be reached, or a migration fails; the schema is as before then.
pub(crate) async fn migrate(options: &PgConnectOptions) -> Result<(), MigrateError> {
    let mut connection = options.connect().await?;
    MIGRATIONS.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
