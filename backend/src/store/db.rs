//! Runs statements and transactions. Nothing else in the backend does.
//!
//! Each runs from its first byte to its last, whatever becomes of the request: one that is dropped meanwhile (its client hung
//! up) leaves no statement cut in half behind, and no error for the next user of the connection. Nothing outside of this
//! module gets hold of a pooled connection.

mod error;
mod lane;
mod limiter;
mod pool;
mod run_to_completion;
mod statement;

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use crate::auth::AccountId;
use crate::store::Program;
use crate::store::schema::{ExpectedSchema, FoundSchema, LOOK, MISSING_RIGHTS, SchemaError};
pub(super) use error::READ_ONLY;
pub(crate) use error::StoreError;
pub(crate) use lane::{Lane, StatementFuture};
use limiter::{Limiter, Owner};
pub(in crate::store) use pool::CONNECT_DEADLINE;
use pool::{Lease, Pool};
pub(crate) use statement::Statement;

/// The longest wait for a permit and a connection.
const LEASE_DEADLINE: Duration = Duration::from_secs(5);

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
