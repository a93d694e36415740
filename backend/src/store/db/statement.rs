//! A statement that owns its arguments, so that a task can run it.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Encode, FromRow, PgConnection, Postgres, Type};
use time::OffsetDateTime;

/// A row that can be handed from the statement's task to the request.
pub(crate) trait Row: for<'r> FromRow<'r, PgRow> + Send + 'static {}

impl<R: for<'r> FromRow<'r, PgRow> + Send + 'static> Row for R {}

/// A statement with its arguments, encoded.
pub(crate) struct Statement {
    query: Query<'static, Postgres, PgArguments>,
    /// Tells whether its last argument is the time until which it may begin.
    has_latest_start: bool,
}

impl Statement {
    /// A statement whose arguments are to be bound.
    pub(crate) fn new(sql: &'static str) -> Self {
        Self { query: sqlx::query(sql), has_latest_start: false }
    }

    /// Binds the next argument. What can't be encoded is an error when the statement is run.
    pub(crate) fn bind<'t, T: Encode<'t, Postgres> + Type<Postgres>>(self, value: T) -> Self {
        Self { query: self.query.bind(value), ..self }
    }

    /// Makes the last argument the time until which it may begin, by the server's clock. For a write in one statement: one
    /// that was stuck on its way must not be done when its client has given up, and others have written since.
    pub(crate) fn bind_latest_start(self) -> Self {
        Self { has_latest_start: true, ..self }
    }

    /// Fills in the time until which it may begin.
    pub(super) fn starting_until(self, latest_start: OffsetDateTime) -> Self {
        if self.has_latest_start { self.bind(latest_start) } else { self }
    }

    /// Runs it and returns its only row.
    ///
    /// # Errors
    /// Any database error.
    pub(crate) async fn fetch_one<R: Row>(self, connection: &mut PgConnection) -> Result<R, sqlx::Error> {
        R::from_row(&self.query.fetch_one(connection).await?)
    }

    /// Runs it and returns its row, if it has one.
    ///
    /// # Errors
    /// Any database error.
    pub(crate) async fn fetch_optional<R: Row>(
        self,
        connection: &mut PgConnection,
    ) -> Result<Option<R>, sqlx::Error> {
        self.query.fetch_optional(connection).await?.as_ref().map(R::from_row).transpose()
    }

    /// Runs it and returns its rows.
    ///
    /// # Errors
    /// Any database error.
    pub(crate) async fn fetch_all<R: Row>(
        self,
        connection: &mut PgConnection,
    ) -> Result<Vec<R>, sqlx::Error> {
        self.query.fetch_all(connection).await?.iter().map(R::from_row).collect()
    }

    /// Runs it for its effect.
    ///
    /// # Errors
    /// Any database error.
    pub(crate) async fn execute(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        self.query.execute(connection).await.map(drop)
    }
}
