//! Checks that requests can be served now.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::store::{Db, Program, StoreError};

/// The longest time of a check: shorter than the time-outs that probes usually have.
const DEADLINE: Duration = Duration::from_secs(3);
/// A good answer is reused for this time, so that many probes cost the database no more than a few.
const HOLDS: Duration = Duration::from_millis(200);

/// Asks the database over a connection of its own: clients that keep all others busy don't make the backend look dead.
#[derive(Debug, Clone)]
pub(crate) struct Readiness {
    db: Db,
    last_good: Arc<Mutex<Option<Instant>>>,
}

impl Readiness {
    /// Makes the check. It connects at the first probe.
    ///
    /// # Errors
    /// If the pool can't be set up.
    pub(crate) fn new(
        options: PgConnectOptions,
        program: &Program,
    ) -> Result<Self, deadpool::managed::BuildError> {
        Ok(Self { db: Db::new(options, program, 1)?, last_good: Arc::default() })
    }

    /// Checks that the database answers, takes writes, and is one that this release can work on.
    ///
    /// # Errors
    /// See [`StoreError`]; [`StoreError::Unavailable`] if it does not answer in time.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let checking = async {
            // One at a time; probes that waited for it take its answer.
            let mut last_good = self.last_good.lock().await;
            if last_good.is_some_and(|at| at.elapsed() < HOLDS) {
                return Ok(());
            }
            // The server may have closed the connection while it was idle: new ones may be fine.
            if self.db.check().await.is_err() {
                self.db.check().await?;
            }
            *last_good = Some(Instant::now());
            Ok(())
        };
        let checked = timeout(DEADLINE, checking).await;
        checked.unwrap_or_else(|late| Err(StoreError::Unavailable(late.into())))
    }
}
