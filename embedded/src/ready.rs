//! Waits until PostgreSQL answers, and creates its roles and its database.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::connection::DATABASE;
use crate::data_dir::DataDir;
use crate::error::EmbeddedError;
use crate::roles;
use crate::supervisor::Supervisor;

/// The deadline of a start. Recovery after a power failure can take minutes; an exit is noticed at once.
const START_LIMIT: Duration = Duration::from_secs(300);
/// The deadline for creating the roles and an empty database.
const PREPARE_LIMIT: Duration = Duration::from_secs(60);
const RETRY_INTERVAL: Duration = Duration::from_millis(10);
const REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// PostgreSQL's code for "the database system is starting up".
const CANNOT_CONNECT_NOW: &str = "57P03";

/// Waits until PostgreSQL answers; from then on the supervisor restarts it. Returns `true` if the database is new.
pub(crate) async fn wait(
    supervisor: &Supervisor,
    dir: &DataDir,
    options: &PgConnectOptions,
    refusal: impl AsyncFnOnce(&mut PgConnection) -> Result<Option<String>, sqlx::Error>,
) -> Result<bool, EmbeddedError> {
    let not_ready =
        |reason: String| EmbeddedError::NotReady { reason, log: dir.log_path(), log_tail: dir.log_tail() };
    let connected = tokio::select! {
        connected = connect(options) => connected,
        status = supervisor.ended() => {
            let status = status.map_or_else(|| "unknown".to_owned(), |status| status.to_string());
            return Err(not_ready(format!("ended during its start ({status})")));
        }
        () = tokio::time::sleep(START_LIMIT) => {
            return Err(not_ready(format!("did not answer within {} s", START_LIMIT.as_secs())));
        }
    };
    let prepared = match connected {
        Ok(connection) => {
            match tokio::time::timeout(PREPARE_LIMIT, prepare(connection, options, refusal)).await {
                Ok(prepared) => prepared,
                Err(_) => return Err(not_ready(format!("did not answer for {} s", PREPARE_LIMIT.as_secs()))),
            }
        }
        Err(error) => Err(error),
    };
    let prepared =
        prepared.map_err(|source| EmbeddedError::Prepare { database: DATABASE.to_owned(), source })?;
    let is_new = match prepared {
        Prepared::Ready { is_new } => is_new,
        Prepared::Refused { reason } => {
            return Err(EmbeddedError::Refused { data_dir: dir.root().to_owned(), reason });
        }
    };
    if supervisor.set_ready() { Ok(is_new) } else { Err(not_ready("ended right after its start".to_owned())) }
}

/// Retries until PostgreSQL answers with anything but "not yet".
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let mut reported = Instant::now();
    loop {
        match options.connect().await {
            Ok(connection) => return Ok(connection),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() != Some(CANNOT_CONNECT_NOW) => {
                return Err(sqlx::Error::Database(error));
            }
            Err(error) if reported.elapsed() > REPORT_INTERVAL => {
                tracing::info!(%error, "still waiting for PostgreSQL, which recovers first after a crash");
                reported = Instant::now();
            }
            Err(_) => {}
        }
        tokio::time::sleep(RETRY_INTERVAL).await;
    }
}

/// The result of preparing a cluster.
enum Prepared {
    /// Its roles and its database exist.
    Ready { is_new: bool },
    /// The caller refused its database. Nothing was changed.
    Refused { reason: String },
}

async fn prepare(
    mut connection: PgConnection,
    options: &PgConnectOptions,
    refusal: impl AsyncFnOnce(&mut PgConnection) -> Result<Option<String>, sqlx::Error>,
) -> Result<Prepared, sqlx::Error> {
    let exists: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(DATABASE)
        .fetch_one(&mut connection)
        .await?;
    if exists {
        let mut database = options.clone().database(DATABASE).connect().await?;
        let refusal = refusal(&mut database).await?;
        database.close().await?;
        if let Some(reason) = refusal {
            return Ok(Prepared::Refused { reason });
        }
    }
    roles::prepare(&mut connection).await?;
    if !exists {
        sqlx::query("create database phase_data").execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(Prepared::Ready { is_new: !exists })
}
