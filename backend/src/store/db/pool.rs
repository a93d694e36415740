//! The pool: connections that are known to be idle and clean, or closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use time::OffsetDateTime;
use tokio::time::timeout;

use super::error::{ConnectionState, StoreError};
use super::limiter::Permit;
use super::run_to_completion::RunToCompletion;
use super::{Access, StatementFuture};
use crate::store::Program;
use crate::store::session::{SessionKind, SessionSetup};

/// The longest time of a statement or transaction, besides the transfer of its document. After it the server or the network
/// hangs, and the connection is closed. It is never cancelled by a request, for a cancelled commit that waits for a standby
/// is acknowledged as if it had been replicated.
const DEADLINE: Duration = Duration::from_secs(10);
/// The longest time of a write on its way to the server, besides the transfer of its document. With the time-out of its
/// statement this is [`DEADLINE`]: when its client gives up, it is done or will never be.
const STARTS_WITHIN: Duration = Duration::from_secs(2);
/// The slowest transfer of a document: 2 MiB a second. The server also parses the document before the statement starts.
const SLOWEST_BYTES_A_MS: usize = 2 << 10;
/// The longest time to connect.
pub(in crate::store) const CONNECT_DEADLINE: Duration = Duration::from_secs(4);
/// The longest time to answer a ping.
const PING_DEADLINE: Duration = Duration::from_secs(2);
/// A connection that was idle for longer is pinged before it is used. A ping before each use would cost a third of the
/// throughput.
const TRUSTED_IDLE: Duration = Duration::from_secs(5);

/// Connections to one server, shared by all clones.
#[derive(Debug, Clone)]
pub(super) struct Pool(managed::Pool<Connector>);

/// A connection for one unit of work. It goes back to the pool only by [`Lease::give_back`]; dropped in any other way, it
/// is closed: its state is not known.
#[derive(Debug)]
pub(super) struct Lease {
    session: Option<Object<Connector>>,
    _permit: Permit,
}

#[derive(Debug)]
struct Connector {
    options: PgConnectOptions,
    setup: SessionSetup,
    generation: Arc<AtomicU64>,
}

/// A connection, and what is known of the server that it was made to.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) connection: PgConnection,
    generation: u64,
    /// The server's time when the connection was made, and ours.
    server_time: (OffsetDateTime, Instant),
    /// The longest time to transfer the document of the current statement.
    transfer: Duration,
}

impl Session {
    /// Returns the latest time, by the server's clock, at which a statement that is sent now may start. Its time-out is then
    /// over before its client gives up.
    pub(super) fn latest_start(&self) -> OffsetDateTime {
        let (then, since) = self.server_time;
        then.saturating_add(
            (since.elapsed() + STARTS_WITHIN + self.transfer).try_into().unwrap_or(time::Duration::MAX),
        )
    }
}

impl managed::Manager for Connector {
    type Type = Session;
    type Error = StoreError;

    async fn create(&self) -> Result<Session, StoreError> {
        let generation = self.generation.load(Ordering::Relaxed);
        let connected = self.options.connect().await;
        let mut connection = connected.map_err(|error| StoreError::Unavailable(error.into()))?;
        let set_up = self.setup.apply(&mut connection).await;
        set_up.map_err(|error| StoreError::of_setup(error, self.options.get_username()))?;
        let asked = Instant::now();
        let now = sqlx::query_scalar("select server_time()").fetch_one(&mut connection).await;
        let server_time = (now.map_err(|error| StoreError::from(error).of_check())?, asked);
        Ok(Session { connection, generation, server_time, transfer: Duration::ZERO })
    }

    async fn recycle(&self, session: &mut Session, metrics: &Metrics) -> RecycleResult<StoreError> {
        if session.generation != self.generation.load(Ordering::Relaxed) {
            return Err(RecycleError::message("the server that it was made to is gone"));
        }
        if metrics.last_used() <= TRUSTED_IDLE {
            return Ok(());
        }
        match timeout(PING_DEADLINE, session.connection.ping()).await {
            Ok(Ok(())) => Ok(()),
            // The others are not asked one after the other, each with a deadline of its own.
            _ => {
                self.generation.fetch_add(1, Ordering::Relaxed);
                Err(RecycleError::message("it does not answer any more"))
            }
        }
    }
}

fn transfer_time(bytes: usize) -> Duration {
    Duration::from_millis(u64::try_from(bytes / SLOWEST_BYTES_A_MS).unwrap_or(u64::MAX))
}

impl Pool {
    pub(super) fn new(
        options: PgConnectOptions,
        program: &Program,
        max_connections: usize,
    ) -> Result<Self, managed::BuildError> {
        let setup = SessionSetup::new(program, &options, SessionKind::Server);
        let connector = Connector { options, setup, generation: Arc::default() };
        let pool = managed::Pool::builder(connector)
            .max_size(max_connections)
            // The one used last: its server process is still warm.
            .queue_mode(QueueMode::Lifo)
            .runtime(deadpool::Runtime::Tokio1)
            .create_timeout(Some(CONNECT_DEADLINE))
            .build()?;
        Ok(Self(pool))
    }

    /// Returns a connection, waited for if all are busy.
    ///
    /// One that is being made goes into the pool if nobody waits for it any more. Broken off, it would be begun anew for the
    /// next request: clients that hang up at once would have connections made, each a process of the server's, and no end.
    pub(super) async fn lease(&self, permit: Permit) -> Result<Lease, PoolError<StoreError>> {
        let pool = self.0.clone();
        let (session, permit) = RunToCompletion::new(async move { (pool.get().await, permit) }).await;
        Ok(Lease { session: Some(session?), _permit: permit })
    }
}

impl Lease {
    /// Runs work with a document of so many bytes (or none) to its end or its deadline, and decides what becomes of the
    /// connection.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(super) async fn run<T, W>(
        mut self,
        access: Access,
        document_bytes: usize,
        work: W,
    ) -> Result<T, StoreError>
    where
        W: for<'c> FnOnce(&'c mut Session) -> StatementFuture<'c, T> + Send,
    {
        let Some(session) = &mut self.session else {
            return Err(StoreError::Unavailable("the connection was given back".into()));
        };
        session.transfer = transfer_time(document_bytes);
        let deadline = DEADLINE + session.transfer;
        let error = match timeout(deadline, work(session)).await {
            Ok(Ok(done)) => {
                if document_bytes > 0 {
                    // Its buffers would stay as large as the largest document that went through them.
                    session.connection.shrink_buffers();
                }
                self.give_back();
                return Ok(done);
            }
            Ok(Err(error)) => error,
            Err(_) => {
                self.forget_server();
                return Err(StoreError::deadline(deadline, access));
            }
        };
        match ConnectionState::of(&error) {
            // Reads what the server has still to say about this statement, so that nobody else does.
            ConnectionState::Reusable => match timeout(PING_DEADLINE, session.connection.ping()).await {
                Ok(Ok(())) => self.give_back(),
                _ => self.forget_server(),
            },
            ConnectionState::Suspect => {}
            ConnectionState::ServerGone => self.forget_server(),
        }
        Err(StoreError::of(error, access))
    }

    fn give_back(&mut self) {
        drop(self.session.take());
    }

    /// Closes all idle connections, and those in use when they come back: they lead to the same server.
    fn forget_server(&self) {
        if let Some(pool) = self.session.as_ref().and_then(Object::pool) {
            pool.manager().generation.fetch_add(1, Ordering::Relaxed);
            pool.retain(|_, _| false);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            drop(Object::take(session));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::net::TcpListener;
    use uuid::Uuid;

    use super::super::limiter::{Limiter, Owner};
    use super::*;

    #[tokio::test]
    async fn a_connection_that_is_being_made_is_not_begun_anew_when_its_request_is_gone() {
        // A server that takes its time to answer.
        let server = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = server.local_addr().expect("an address");
        let begun = Arc::new(AtomicUsize::new(0));
        let counted = begun.clone();
        let accepting = tokio::spawn(async move {
            let mut connections = Vec::new();
            while let Ok((connection, _)) = server.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                connections.push(connection);
            }
        });
        let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(address.port());
        let (pool, limiter) = (Pool::new(options, &Program::shipped(), 2).expect("a pool"), Limiter::new(64));
        for request in 0..20 {
            let permit = limiter.acquire(Owner::Account(Uuid::from_u128(request)), Access::Read, 0).await;
            let leasing = pool.lease(permit.expect("a permit"));
            assert!(timeout(Duration::from_millis(10), leasing).await.is_err());
        }
        assert_eq!(begun.load(Ordering::Relaxed), 2);
        accepting.abort();
    }
}
