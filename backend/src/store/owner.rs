//! Connections of the tables' owner, for `migrate` and the commands.
//!
//! A database that goes silent holds nobody: each wait here has an end, and the error says which database it was, after how
//! long, and what to do.

use std::time::Duration;

use anyhow::{anyhow, bail};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::time::{sleep, timeout};

use super::Program;
use super::connection_advice::{DatabaseUrl, connection_advice, refused_server};
use super::db::{CONNECT_DEADLINE, Db, READ_ONLY, Statement};
use super::session::{SessionKind, SessionSetup};

/// The interval at which the database is asked if it still works on the migrations. Pauses between their statements are shorter.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The deadline for the answer to that, and to other short statements.
pub(super) const ANSWER_DEADLINE: Duration = Duration::from_secs(4);

/// Connects as the owner of the tables.
///
/// # Errors
/// If the database can't be reached in time.
pub(super) async fn connect_owner(
    program: &Program,
    options: &PgConnectOptions,
) -> anyhow::Result<PgConnection> {
    let connecting = async {
        let mut connection = options.connect().await.map_err(|error| {
            let advice = connection_advice(&error, DatabaseUrl::Owner).unwrap_or_else(|| {
                "it can't be reached: check that it runs, and that the URL names it".to_owned()
            });
            anyhow!(error).context(format!("{}: {advice}", named(options)))
        })?;
        setup(program, options).apply(&mut connection).await?;
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
    let done = timeout(deadline, work).await.unwrap_or_else(|_| Err(silent(options, deadline)));
    done.map_err(|error| if is_read_only(&error) { error.context(read_only(options)) } else { error })
}

/// Tells whether a statement failed because the database takes no writes.
fn is_read_only(error: &anyhow::Error) -> bool {
    let database = error.chain().filter_map(|cause| cause.downcast_ref::<sqlx::Error>()?.as_database_error());
    database.into_iter().any(|refusal| refusal.code().as_deref() == Some(READ_ONLY))
}

fn read_only(options: &PgConnectOptions) -> String {
    format!(
        "{} is read-only: it is a standby, or default_transaction_read_only is on. Name the server that takes writes in the \
         URL, or turn that setting off; then start again",
        named(options)
    )
}

/// Refuses an owner's URL that leads to another database than the server's: tables that nobody uses would be updated.
///
/// # Errors
/// If they differ, or if one of the databases can't be reached.
pub(crate) async fn refuse_other_database(
    program: &Program,
    owner: &PgConnectOptions,
    server: &PgConnectOptions,
    db: &Db,
) -> anyhow::Result<()> {
    if named(owner) == named(server) {
        return Ok(());
    }
    let mut connection = connect_owner(program, owner).await?;
    let asking = async {
        // An advisory lock belongs to one database: there, no other session gets it.
        let lock = "with chosen as materialized (select (random() * 9e18)::bigint as key)
                    select key from chosen where pg_try_advisory_lock(key)";
        let key: i64 = sqlx::query_scalar(lock).fetch_one(&mut connection).await?;
        let attempt = Statement::new("select pg_try_advisory_xact_lock($1)").bind(key);
        let attempted = db.job().fetch_one(attempt).await;
        let (is_other,): (bool,) = attempted.map_err(|error| refused_server(error, server))?;
        sqlx::query("select pg_advisory_unlock($1)").bind(key).execute(&mut connection).await?;
        anyhow::Ok(is_other)
    };
    if within(owner, ANSWER_DEADLINE, asking).await? {
        bail!(
            "PHASE_DATA_OWNER_DATABASE_URL and DATABASE_URL lead to different databases: {} and {}. Correct the wrong one",
            named(owner),
            named(server)
        );
    }
    // The lock is returned; a goodbye that gets lost changes nothing.
    let _ = timeout(ANSWER_DEADLINE, connection.close()).await;
    Ok(())
}

/// Ready when the database does not answer any more, or has nothing to do for the session with this process id. A
/// migration may take long, so that no deadline of its own would tell: the database is asked over a second connection.
pub(super) async fn silence(program: &Program, options: &PgConnectOptions, pid: i32) -> anyhow::Error {
    loop {
        sleep(LOOK_EVERY).await;
        match timeout(ANSWER_DEADLINE, is_at_work(program, options, pid)).await {
            // It has no place for another connection: that is an answer, too.
            Ok(Ok(true) | Err(sqlx::Error::Database(_))) => {}
            Ok(Ok(false) | Err(_)) | Err(_) => return silent(options, LOOK_EVERY + ANSWER_DEADLINE),
        }
    }
}

/// Tells whether the session is working, or was a moment ago.
async fn is_at_work(program: &Program, options: &PgConnectOptions, pid: i32) -> Result<bool, sqlx::Error> {
    let mut connection = options.connect().await?;
    setup(program, options).apply(&mut connection).await?;
    let at_work = "select exists (select from pg_stat_activity
                                   where pid = $1 and (state = 'active' or state_change > clock_timestamp() - $2))";
    let at_work = sqlx::query_scalar(at_work).bind(pid).bind(LOOK_EVERY).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(at_work)
}

fn setup(program: &Program, options: &PgConnectOptions) -> SessionSetup {
    SessionSetup::new(program, options, SessionKind::Owner)
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
pub(crate) fn named(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    let host = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    format!("the database {database} at {host}")
}
