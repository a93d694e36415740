//! Runs statements and transactions of one owner, who has a share of the connections.

use std::pin::Pin;

use sqlx::{Connection, PgConnection};
use time::OffsetDateTime;

use super::limiter::Owner;
use super::pool::Session;
use super::run_to_completion::RunToCompletion;
use super::statement::Row;
use super::{Access, Db, Statement, StoreError};

/// Statements that run on a connection.
pub(crate) type StatementFuture<'c, T> = Pin<Box<dyn Future<Output = Result<T, sqlx::Error>> + Send + 'c>>;

/// The database for one owner of statements, who has a share of the connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lane<'a> {
    pub(super) db: &'a Db,
    pub(super) owner: Owner,
    pub(super) access: Access,
    /// The size of the document that the statement carries.
    pub(super) bytes: usize,
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
