//! Listens for what PostgreSQL tells about new data, and wakes the requests that wait for it.
//!
//! One connection of the process's own listens for all of them. Whenever it had to connect anew, everybody looks again,
//! for what was told in between is lost.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor};
use tokio::time::timeout;

use crate::jobs::progress::CheckIn;
use crate::store::Program;
use crate::telemetry::chain;
use crate::waiting::Waiting;

const CHANNEL: &str = "phase_data";
/// The settings of the connection, whatever the server's defaults are.
const SESSION: &str = "set default_transaction_isolation = 'read committed'";
/// How long to leave a database alone that refuses to be listened to.
const PAUSE: Duration = Duration::from_secs(1);
/// After a silence of this length the connection is asked whether it still lives: one that a network swallowed looks
/// like one that has nothing to tell.
const SILENCE: Duration = Duration::from_secs(4);
/// How long the database may take for anything that it is asked here.
const DEADLINE: Duration = Duration::from_secs(4);

#[derive(Debug, thiserror::Error)]
enum ListenError {
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
    #[error("the database did not answer in time")]
    Deadline(#[from] tokio::time::error::Elapsed),
    #[error("the connection was lost")]
    Lost,
}

/// Listens for as long as it is polled.
pub(crate) async fn run(waiting: Waiting, program: &Program, options: PgConnectOptions, progress: CheckIn) {
    loop {
        if let Err(error) = follow(&waiting, program, &options, &progress).await {
            tracing::warn!(cause = chain(&error), "waiting requests can't be woken; trying again");
        }
        progress.check_in();
        tokio::time::sleep(PAUSE).await;
    }
}

async fn follow(
    waiting: &Waiting,
    program: &Program,
    options: &PgConnectOptions,
    progress: &CheckIn,
) -> Result<(), ListenError> {
    let session = format!("{SESSION}; {}", program.session(options));
    // A pool for each connection: a listener that hangs when it is dropped keeps its place in the old one.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .after_connect(move |connection, _| {
            let session = AssertSqlSafe(session.clone());
            Box::pin(async { connection.execute(session).await.map(drop) })
        })
        .connect_lazy_with(options.clone());
    let mut listener = timeout(DEADLINE, PgListener::connect_with(&pool)).await??;
    listener.eager_reconnect(false);
    timeout(DEADLINE, listener.listen(CHANNEL)).await??;
    waiting.wake_all();
    loop {
        progress.check_in();
        match timeout(SILENCE, listener.try_recv()).await {
            Ok(Ok(Some(told))) => {
                told.payload().parse().ok().into_iter().for_each(|signal| waiting.wake(signal))
            }
            Ok(Ok(None)) => return Err(ListenError::Lost),
            Ok(Err(error)) => return Err(error.into()),
            Err(_silence) => {
                timeout(DEADLINE, listener.execute("select")).await??;
            }
        }
    }
}
