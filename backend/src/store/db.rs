//! The connection pool, and what can go wrong with it.

use std::time::Duration;

use deadpool::managed::{self, Metrics, Object, Pool, RecycleResult};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

use super::refusal::Refusal;

/// What every connection is set to. The server can't do more than the role it works as, and no
/// statement outlives its request by much.
const SESSION: &str = "set role phase_data_app; set statement_timeout = '15s'; set lock_timeout = '10s'; \
                       set idle_in_transaction_session_timeout = '30s'";
/// A connection that rested for longer is asked whether it still lives before it is used. Asking every
/// time would cost a third of the throughput.
const TRUSTED_IDLE: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// It can't be reached, is starting, stopping or overloaded. Trying again later may help.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It refuses a value that the checks before it let through.
    #[error("the database refused a value")]
    ValueRefused(#[source] Refusal),
    /// What a merge makes is larger than a document may be.
    #[error("the merged document is too large")]
    MergedTooLarge,
    /// The token was used for another write.
    #[error("the token was used before")]
    TokenReplayed,
    /// Anything else: a bug of ours or a schema that isn't.
    #[error("a database query failed")]
    Query(#[source] sqlx::Error),
}

/// A pool of connections that work as `phase_data_app`.
#[derive(Debug, Clone)]
pub(crate) struct Db {
    pool: Pool<Connector>,
}

/// A connection for one request's statements.
pub(crate) struct Lease {
    connection: Object<Connector>,
}

#[derive(Debug)]
struct Connector {
    options: PgConnectOptions,
}

impl managed::Manager for Connector {
    type Type = PgConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<PgConnection, sqlx::Error> {
        let mut connection = self.options.connect().await?;
        connection.execute(SESSION).await?;
        Ok(connection)
    }

    async fn recycle(&self, connection: &mut PgConnection, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if metrics.last_used() > TRUSTED_IDLE {
            connection.ping().await?;
        }
        Ok(())
    }
}

impl Db {
    /// A pool that connects when it is first asked to.
    ///
    /// # Errors
    /// If the pool can't be set up; no connection is made yet.
    pub(crate) fn new(
        options: PgConnectOptions,
        max_connections: usize,
    ) -> Result<Self, managed::BuildError> {
        let pool = Pool::builder(Connector { options })
            .max_size(max_connections)
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(CONNECT_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .recycle_timeout(Some(CONNECT_TIMEOUT))
            .build()?;
        Ok(Self { pool })
    }

    /// A connection, waited for if all are busy.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if there is none in time.
    pub(crate) async fn lease(&self) -> Result<Lease, StoreError> {
        match self.pool.get().await {
            Ok(connection) => Ok(Lease { connection }),
            Err(error) => Err(StoreError::Unavailable(error.into())),
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Like any query's.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let mut lease = self.lease().await?;
        let answer = sqlx::query("select from phase_data where false").execute(lease.connection()).await;
        lease.settle(answer).map(drop)
    }
}

impl Lease {
    /// The connection to run a statement on. Its result belongs to [`Lease::settle`].
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// Gives the connection back, unless this result shows that it is broken: then every idle one goes,
    /// too, since they were made by the same server that just went away.
    pub(crate) fn settle<T>(self, result: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => StoreError::from(error),
        };
        if matches!(error, StoreError::Unavailable(_)) {
            if let Some(pool) = Object::pool(&self.connection) {
                pool.retain(|_, _| false);
            }
            drop(Object::take(self.connection));
        }
        Err(error)
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let state = error.as_database_error().and_then(|refusal| refusal.code());
        match (&error, state.as_deref()) {
            (sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_), _) => {
                Self::Unavailable(error.into())
            }
            // Raised by store_phase_data() in the migrations.
            (_, Some("PD413")) => Self::MergedTooLarge,
            // Raised by spend_token() in the migrations.
            (_, Some("PD409")) => Self::TokenReplayed,
            (_, Some(state)) if is_passing(state) => Self::Unavailable(error.into()),
            // Class 22 is "data exception", 54 "program limit exceeded".
            (sqlx::Error::Database(refusal), Some(state))
                if state.starts_with("22") || state.starts_with("54") =>
            {
                Self::ValueRefused(Refusal::from(refusal.as_ref()))
            }
            _ => Self::Query(error),
        }
    }
}

/// States that say "not now": connection exceptions (08), lack of resources (53), shutdown and start
/// (57P…), a cancelled statement (57014), a lock that was not had in time (55P03), a deadlock's victim.
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn is_passing(state: &str) -> bool {
    ["08", "53", "57"].iter().any(|class| state.starts_with(class))
        || matches!(state, "55P03" | "40P01" | "40001")
}

#[cfg(test)]
mod tests {
    use super::is_passing;

    #[test]
    fn only_what_passes_by_itself_counts_as_unavailable() {
        for state in ["08006", "53300", "57P01", "57014", "55P03", "40P01"] {
            assert!(is_passing(state), "{state}");
        }
        for state in ["42P01", "22P05", "23505", "42501"] {
            assert!(!is_passing(state), "{state}");
        }
    }
}
