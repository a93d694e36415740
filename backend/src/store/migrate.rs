//! The schema, and connections of its owner.
//!
//! A database that goes silent holds nobody: each wait here has an end, and the error says which database it was, after how
//! long, and what to do.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use tokio::time::{sleep, timeout};

use super::db::CONNECT_DEADLINE;
use super::functions;

static MIGRATIONS: Migrator = sqlx::migrate!("sql/tables");

/// The settings of the owner's connections, whatever the server's defaults are. A migration takes as long as it takes.
const OWNER_SESSION: &str = "set default_transaction_isolation = 'read committed'; set statement_timeout = 0; \
                             set lock_timeout = 0; set idle_in_transaction_session_timeout = 0";
/// Where the tables are made.
const SCHEMA: &str = "create schema if not exists phase_data; set search_path = phase_data, pg_temp";
/// How long all migrations together may take. They wait for other instances, which may be migrating.
const MIGRATE_DEADLINE: Duration = Duration::from_secs(15 * 60);
/// How often the database is asked whether it still works on the migrations.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long it may take to answer that, or anything else that takes it no time.
const ANSWER_DEADLINE: Duration = Duration::from_secs(4);

/// Connects as the owner of the tables.
///
/// # Errors
/// If the database can't be reached in time.
pub(crate) async fn connect_owner(options: &PgConnectOptions) -> anyhow::Result<PgConnection> {
    let connecting = async {
        let mut connection = options.connect().await.with_context(|| {
            let database = named(options);
            format!("{database} can't be reached: check that it runs, and that the URL names it")
        })?;
        connection.execute(OWNER_SESSION).await?;
        connection.execute(AssertSqlSafe(functions::search_path())).await?;
        Ok(connection)
    };
    within(options, CONNECT_DEADLINE, connecting).await
}

/// Does work on the database, unless that does not answer in time.
///
/// # Errors
/// Those of the work, or that it took too long.
pub(crate) async fn within<T>(
    options: &PgConnectOptions,
    deadline: Duration,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    timeout(deadline, work).await.unwrap_or_else(|_| Err(silent(options, deadline)))
}

/// Brings the database's schema up to this program's. Several instances may do it at once: the first
/// takes a lock, the others find nothing left to do.
///
/// # Errors
/// If the database can't be reached or goes silent, a migration fails (the schema is as before then), or the schema is
/// one of another version: with what to do about it.
pub(crate) async fn migrate(options: &PgConnectOptions) -> anyhow::Result<()> {
    let mut connection = connect_owner(options).await?;
    let asking =
        async { Ok(sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await?) };
    let pid: i32 = within(options, ANSWER_DEADLINE, asking).await?;
    let migrating = async {
        connection.execute(SCHEMA).await?;
        MIGRATIONS.run(&mut connection).await.map_err(explained)?;
        functions::install(&mut connection).await.context("the functions could not be installed")
    };
    tokio::select! {
        migrated = within(options, MIGRATE_DEADLINE, migrating) => migrated?,
        error = silence(options, pid) => return Err(error),
    }
    // All is done; a goodbye that gets lost changes nothing.
    let _ = timeout(ANSWER_DEADLINE, connection.close()).await;
    Ok(())
}

/// Ready when the database does not answer any more, or has nothing to do for the session with this process id. A
/// migration may take long, so that no deadline of its own would tell: the database is asked over a second connection.
async fn silence(options: &PgConnectOptions, pid: i32) -> anyhow::Error {
    loop {
        sleep(LOOK_EVERY).await;
        match timeout(ANSWER_DEADLINE, is_at_work(options, pid)).await {
            // It has no place for another connection: that is an answer, too.
            Ok(Ok(true) | Err(sqlx::Error::Database(_))) => {}
            Ok(Ok(false) | Err(_)) | Err(_) => return silent(options, LOOK_EVERY + ANSWER_DEADLINE),
        }
    }
}

/// Tells whether the session is working, or was a moment ago.
async fn is_at_work(options: &PgConnectOptions, pid: i32) -> Result<bool, sqlx::Error> {
    let mut connection = options.connect().await?;
    let at_work = "select exists (select from pg_stat_activity
                                   where pid = $1 and (state = 'active' or state_change > clock_timestamp() - $2))";
    let at_work = sqlx::query_scalar(at_work).bind(pid).bind(LOOK_EVERY).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(at_work)
}

fn silent(options: &PgConnectOptions, after: Duration) -> anyhow::Error {
    anyhow!(
        "{} did not answer within {} s: check that it runs, and that nothing in between drops connections without a \
         word; then start again, which does no harm",
        named(options),
        after.as_secs()
    )
}

/// Names the database as its URL does, without the password.
fn named(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    let host = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    format!("the database {database} at {host}")
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
        MigrateError::Dirty(version) => anyhow!(
            "the database's migration {version} was begun and not finished. Restore a backup from before it, and start \
             again"
        ),
        error => anyhow::Error::new(error).context(
            "check that its user may create tables and roles (PHASE_DATA_OWNER_DATABASE_URL names another user for this)",
        ),
    }
}
