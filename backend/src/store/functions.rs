//! The database's own functions, each in a file of `backend/sql/functions`.
//!
//! A release installs its functions into a schema of its own, so that servers of several releases can work on one database.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// The files that make up the schema, types first, each with its name.
static FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/functions.rs"));

/// The schema of this release's functions.
static SCHEMA: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for part in FILES.iter().flat_map(|(name, text)| [name, text]) {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    let digest = hex::encode(digest.finalize());
    format!("phase_data_fn_{}", digest.get(..12).unwrap_or(&digest))
});

/// Returns the statement that has a connection find this release's functions, and the tables.
pub(super) fn search_path() -> String {
    format!("set search_path = {}, phase_data, pg_temp", *SCHEMA)
}

/// Installs the functions, unless they are there.
///
/// # Errors
/// Any database error.
pub(super) async fn install(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let schema = SCHEMA.as_str();
    let mut transaction = connection.begin().await?;
    // Other instances may be at it, too.
    let lock = "select pg_advisory_xact_lock(hashtextextended('phase_data functions', 0))";
    transaction.execute(lock).await?;
    let there: bool = sqlx::query_scalar("select to_regnamespace($1) is not null")
        .bind(schema)
        .fetch_one(&mut *transaction)
        .await?;
    if !there {
        // A body may name a function that comes later.
        let begin = format!(
            "create schema {schema}; grant usage on schema {schema} to phase_data_app;
             set local check_function_bodies = off; set local search_path = {schema}, phase_data, pg_temp"
        );
        transaction.execute(AssertSqlSafe(begin)).await?;
        for (_, text) in FILES {
            transaction.execute(AssertSqlSafe(*text)).await?;
        }
    }
    transaction.commit().await
}
