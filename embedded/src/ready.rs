//! Waiting until PostgreSQL answers, and giving it our roles and our database.

use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use super::data_dir::DataDir;
use super::supervisor::Supervisor;
use super::{DATABASE, EmbeddedError, roles};

/// Recovery after a power cut may take minutes, while an end is noticed at once: there is no hurry.
const LIMIT: Duration = Duration::from_secs(300);
/// How long it may take to make a role and an empty database.
const PREPARE_LIMIT: Duration = Duration::from_secs(60);
const BETWEEN_TRIES: Duration = Duration::from_millis(10);
const BETWEEN_REPORTS: Duration = Duration::from_secs(5);
/// PostgreSQL's code for "the database system is starting up".
const CANNOT_CONNECT_NOW: &str = "57P03";

/// Waits until PostgreSQL answers; from then on it is started again when it ends. Says whether the database had to be created.
pub(super) async fn wait(
    supervisor: &Supervisor,
    dir: &DataDir,
    options: &PgConnectOptions,
    refusal: impl AsyncFnOnce(&mut PgConnection) -> Result<Option<String>, sqlx::Error>,
) -> Result<bool, EmbeddedError> {
    let not_ready =
        |what: String| EmbeddedError::NotReady { what, log: dir.log_path(), log_tail: dir.log_tail() };
    let connected = tokio::select! {
        connected = connect(options) => connected,
        status = supervisor.ended() => {
            let status = status.map_or_else(|| "unknown".to_owned(), |status| status.to_string());
            return Err(not_ready(format!("ended while it was starting ({status})")));
        }
        () = tokio::time::sleep(LIMIT) => {
            return Err(not_ready(format!("did not answer within {} s", LIMIT.as_secs())));
        }
    };
    let prepared = match connected {
        Ok(connection) => {
            match tokio::time::timeout(PREPARE_LIMIT, prepare(connection, options, refusal)).await {
                Ok(prepared) => prepared,
                Err(_) => return Err(not_ready(format!("fell silent for {} s", PREPARE_LIMIT.as_secs()))),
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

/// Tries until PostgreSQL answers with anything else than "not yet".
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let mut reported = Instant::now();
    loop {
        match options.connect().await {
            Ok(connection) => return Ok(connection),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() != Some(CANNOT_CONNECT_NOW) => {
                return Err(sqlx::Error::Database(error));
            }
            Err(error) if reported.elapsed() > BETWEEN_REPORTS => {
                tracing::info!(%error, "still waiting for PostgreSQL; after a crash it recovers first");
                reported = Instant::now();
            }
            Err(_) => {}
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}

/// What the cluster turned out to be.
enum Prepared {
    /// Its roles and its database are there.
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
