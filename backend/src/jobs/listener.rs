//! Listens for notifications of new data from PostgreSQL, and wakes the requests that wait for it.
//!
//! One connection of the process's own listens for all of them. After each new connection all waiting requests look
//! again, because notifications that were sent in between are lost.

use std::time::{Duration, Instant};

use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::time::timeout;

use super::job::{Job, Report};
use super::records::CheckIn;
use crate::store::{Program, SessionKind, SessionSetup};
use crate::waiting::Registry;

const CHANNEL: &str = "phase_data";
/// The pause before the next connection, if a connection failed.
pub(super) const RECONNECT_AFTER: Duration = Duration::from_secs(1);
/// After a silence of this length the connection is checked: one that a network swallowed looks like one that has nothing
/// to say.
const SILENCE: Duration = Duration::from_secs(4);
/// The deadline for each answer of the database.
const DEADLINE: Duration = Duration::from_secs(4);
/// The duration of a run. Its connection is kept for the next one.
const RUN: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
enum ListenError {
    #[error("the database refused to send notifications")]
    Database(#[from] sqlx::Error),
    #[error("the database did not answer in time")]
    Deadline(#[from] tokio::time::error::Elapsed),
    #[error("the connection was lost")]
    Lost,
}

/// The job.
#[derive(Debug)]
pub(super) struct Listener {
    waiting: Registry,
    setup: SessionSetup,
    options: PgConnectOptions,
    /// Taken out during a run: after a failure the next run makes a new one.
    connection: Option<PgListener>,
}

impl Listener {
    /// Makes the job. It connects in its first run.
    pub(super) fn new(waiting: Registry, program: &Program, options: PgConnectOptions) -> Self {
        let setup = SessionSetup::new(program, &options, SessionKind::Listener);
        Self { waiting, setup, options, connection: None }
    }

    async fn connect(&self) -> Result<PgListener, ListenError> {
        let setup = self.setup.clone();
        // A pool for each connection: a listener that hangs when it is dropped keeps its place in the old one.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .after_connect(move |connection, _| {
                let setup = setup.clone();
                Box::pin(async move { setup.apply(connection).await })
            })
            .connect_lazy_with(self.options.clone());
        let mut listener = timeout(DEADLINE, PgListener::connect_with(&pool)).await??;
        listener.eager_reconnect(false);
        timeout(DEADLINE, listener.listen(CHANNEL)).await??;
        self.waiting.notify_all();
        Ok(listener)
    }

    /// Passes notifications on for a while. Returns how many had a request that waited for them.
    async fn follow(&self, listener: &mut PgListener, check_in: &CheckIn) -> Result<usize, ListenError> {
        let (started, mut awaited) = (Instant::now(), 0);
        while started.elapsed() < RUN {
            check_in.check_in();
            match timeout(SILENCE, listener.try_recv()).await {
                Ok(Ok(Some(notification))) => {
                    let signal = notification.payload().parse();
                    awaited += usize::from(signal.is_ok_and(|signal| self.waiting.notify(signal)));
                }
                Ok(Ok(None)) => return Err(ListenError::Lost),
                Ok(Err(error)) => return Err(error.into()),
                Err(_silence) => {
                    timeout(DEADLINE, listener.execute("select")).await??;
                }
            }
        }
        Ok(awaited)
    }
}

impl Job for Listener {
    async fn run_once(&mut self, check_in: &CheckIn) -> anyhow::Result<Report> {
        // A connect is a run of its own, so that the end of an outage is recorded at once.
        let Some(mut listener) = self.connection.take() else {
            self.connection = Some(self.connect().await?);
            return Ok(Report::default().has_more(true));
        };
        let awaited = self.follow(&mut listener, check_in).await?;
        self.connection = Some(listener);
        Ok(Report::default().count("notified", awaited))
    }
}
