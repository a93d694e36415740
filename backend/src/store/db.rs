//! Runs statements and transactions. Nothing else in the backend does.
//!
//! Each runs from its first byte to its last, whatever becomes of the request: one that is dropped meanwhile (its client hung
//! up) leaves no statement cut in half behind, and no error for the next user of the connection. Nothing outside of this
//! module gets hold of a pooled connection.

mod error;
mod limiter;
mod pool;
mod run_to_completion;
mod statement;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use time::OffsetDateTime;

use crate::auth::AccountId;
use crate::store::Program;
use crate::store::schema::{ExpectedSchema, FoundSchema, LOOK, MISSING_RIGHTS, SchemaError};
pub(super) use error::READ_ONLY;
pub(crate) use error::StoreError;
use limiter::{Limiter, Owner};
pub(in crate::store) use pool::CONNECT_DEADLINE;
use pool::{Lease, Pool, Session};
use run_to_completion::RunToCompletion;
use statement::Row;
pub(crate) use statement::Statement;

/// The longest wait for a permit and a connection.
const LEASE_DEADLINE: Duration = Duration::from_secs(5);

/// Statements that run on a connection.
pub(crate) type StatementFuture<'c, T> = Pin<Box<dyn Future<Output = Result<T, sqlx::Error>> + Send + 'c>>;

/// Tells whether a statement changes something. After a lost connection it is not known whether a write was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// The database, through a pool of connections that work as `phase_data_app`.
#[derive(Debug, Clone)]
pub(crate) struct Db {
    pool: Pool,
    limiter: Arc<Limiter>,
    schema: ExpectedSchema,
}

/// The database for one owner of statements, who has a share of the connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lane<'a> {
    db: &'a Db,
    owner: Owner,
    access: Access,
    /// The size of the document that the statement carries.
    bytes: usize,
}

impl Db {
    /// Sets up a pool; it connects when it is first asked to.
    ///
    /// # Errors
    /// If the pool can't be set up.
    pub(crate) fn new(
        options: PgConnectOptions,
        program: &Program,
        max_connections: usize,
    ) -> Result<Self, deadpool::managed::BuildError> {
        let pool = Pool::new(options, program, max_connections)?;
        let limiter = Arc::new(Limiter::new(max_connections));
        Ok(Self { pool, limiter, schema: ExpectedSchema::of(program) })
    }

    /// Statements that only read, for an account.
    pub(crate) fn read(&self, account: AccountId) -> Lane<'_> {
        Lane { db: self, owner: Owner::Account(account.get()), access: Access::Read, bytes: 0 }
    }

    /// Statements that read documents, for an account. They count for as much as those that it read before.
    pub(crate) fn read_documents(&self, account: AccountId) -> Lane<'_> {
        let lane = self.read(account);
        lane.with_document(self.limiter.expected_read(lane.owner))
    }

    /// Statements that read a document and write one of at least so many bytes, for an account.
    pub(crate) fn patch(&self, account: AccountId, bytes: usize) -> Lane<'_> {
        let lane = self.write(account);
        lane.with_document(bytes.max(self.limiter.expected_read(lane.owner)))
    }

    /// Records how many bytes the documents had that an account read.
    pub(crate) fn note_read(&self, account: AccountId, bytes: usize) {
        self.limiter.note_read(Owner::Account(account.get()), bytes);
    }

    /// Statements that write, for an account.
    pub(crate) fn write(&self, account: AccountId) -> Lane<'_> {
        Lane { db: self, owner: Owner::Account(account.get()), access: Access::Write, bytes: 0 }
    }

    /// Look-ups for callers who have shown something that others can't make up: a key that was found before, a token
    /// whose signature is right. Guesses, however many, don't keep them waiting.
    pub(crate) fn known(&self) -> Lane<'_> {
        Lane { db: self, owner: Owner::Known, access: Access::Read, bytes: 0 }
    }

    /// Statements for requests whose account is not proven yet.
    pub(crate) fn unproven(&self, access: Access) -> Lane<'_> {
        Lane { db: self, owner: Owner::Unproven, access, bytes: 0 }
    }

    /// Statements of background jobs.
    pub(crate) fn job(&self) -> Lane<'_> {
        Lane { db: self, owner: Owner::Job, access: Access::Write, bytes: 0 }
    }

    /// Checks that the database answers, has the schema that this release needs, and takes writes: a standby would refuse the
    /// lock.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let lock = Statement::new("select from phase_data.phase_data where false for update");
        self.job().execute(lock).await.map_err(StoreError::of_check)?;
        let look = Statement::new(LOOK).bind(&*self.schema.functions);
        let found: FoundSchema = self.job().fetch_one(look).await.map_err(StoreError::of_check)?;
        Ok(self.schema.compare(found)?)
    }

    /// Checks that the server's role has all its rights.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) async fn check_rights(&self) -> Result<(), StoreError> {
        let look = Statement::new(MISSING_RIGHTS).bind(&*self.schema.functions);
        let missing: Vec<(String,)> = self.job().fetch_all(look).await.map_err(StoreError::of_check)?;
        if missing.is_empty() { Ok(()) } else { Err(SchemaError::RightsMissing(None).into()) }
    }

    async fn lease(&self, lane: &Lane<'_>) -> Result<Lease, StoreError> {
        let Lane { owner, access, bytes, .. } = *lane;
        let leasing = async {
            let permit =
                self.limiter.acquire(owner, access, bytes).await.ok_or(StoreError::ShareExhausted)?;
            let leased = self.pool.lease(permit).await;
            leased.map_err(StoreError::connecting)
        };
        let leased = tokio::time::timeout(LEASE_DEADLINE, leasing).await;
        leased.unwrap_or_else(|_| match self.limiter.is_exhausted(owner, access) {
            true => Err(StoreError::ShareExhausted),
            false => Err(StoreError::Unavailable("no connection became free in time".into())),
        })
    }
}

impl Lane<'_> {
    /// The same for a statement that carries a document of so many bytes: large ones take longer, and count for more.
    pub(crate) fn with_document(self, bytes: usize) -> Self {
        Self { bytes, ..self }
    }

    /// Runs a statement and returns its only row.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) async fn fetch_one<R: Row>(self, statement: Statement) -> Result<R, StoreError> {
        self.run(move |session| {
            let statement = statement.starting_until(session.latest_start());
            Box::pin(statement.fetch_one(&mut session.connection))
        })
        .await
    }

    /// Runs a statement and returns its row, if it has one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) async fn fetch_optional<R: Row>(self, statement: Statement) -> Result<Option<R>, StoreError> {
        self.run(move |session| {
            let statement = statement.starting_until(session.latest_start());
            Box::pin(statement.fetch_optional(&mut session.connection))
        })
        .await
    }

    /// Runs a statement and returns its rows.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) async fn fetch_all<R: Row>(self, statement: Statement) -> Result<Vec<R>, StoreError> {
        self.run(move |session| {
            let statement = statement.starting_until(session.latest_start());
            Box::pin(statement.fetch_all(&mut session.connection))
        })
        .await
    }

    /// Runs a statement that has nothing to return.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) async fn execute(self, statement: Statement) -> Result<(), StoreError> {
        self.run(move |session| {
            let statement = statement.starting_until(session.latest_start());
            Box::pin(statement.execute(&mut session.connection))
        })
        .await
    }

    /// Runs statements as one transaction: committed if they succeed, else rolled back.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) async fn transaction<T, W>(self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut PgConnection) -> StatementFuture<'c, T> + Send + 'static,
    {
        self.run(|session| Box::pin(in_transaction(&mut session.connection, work, |_| true))).await
    }

    /// Runs statements as one transaction that may refuse what it is for: rolled back then, too, and the connection is as
    /// good as before. The work is also given the time until which its first statement may begin.
    ///
    /// # Errors
    /// The refusal, or see [`StoreError`].
    pub(crate) async fn refusable_transaction<T, W>(self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut PgConnection, OffsetDateTime) -> StatementFuture<'c, Result<T, StoreError>>
            + Send
            + 'static,
    {
        self.run(|session| {
            let latest_start = session.latest_start();
            Box::pin(in_transaction(
                &mut session.connection,
                move |transaction| work(transaction, latest_start),
                Result::is_ok,
            ))
        })
        .await?
    }

    /// Runs work on a connection. It goes on when this future is dropped.
    async fn run<T, W>(self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut Session) -> StatementFuture<'c, T> + Send + 'static,
    {
        // A client that hangs up before there is a connection gives up the permit, too.
        let lease = self.db.lease(&self).await?;
        RunToCompletion::new(lease.run(self.access, self.bytes, work)).await
    }
}

/// Commits work that succeeded with a result that is to be kept.
async fn in_transaction<T, W>(
    connection: &mut PgConnection,
    work: W,
    is_kept: fn(&T) -> bool,
) -> Result<T, sqlx::Error>
where
    T: Send,
    W: for<'c> FnOnce(&'c mut PgConnection) -> StatementFuture<'c, T> + Send,
{
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where transactions begin: they run to their end"
    )]
    let mut transaction = connection.begin().await?;
    match work(&mut transaction).await {
        Ok(done) if is_kept(&done) => {
            transaction.commit().await?;
            Ok(done)
        }
        Ok(refused) => {
            transaction.rollback().await?;
            Ok(refused)
        }
        Err(error) => {
            transaction.rollback().await?;
            Err(error)
        }
    }
}
