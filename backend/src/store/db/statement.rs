//! A statement that owns its arguments, so that a task can run it.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{Encode, FromRow, PgConnection, Postgres, Type};

/// A row that can be handed from the statement's task to the request.
pub(crate) trait Row: for<'r> FromRow<'r, PgRow> + Send + 'static {}

impl<R: for<'r> FromRow<'r, PgRow> + Send + 'static> Row for R {}

/// A statement with its arguments, encoded.
pub(crate) struct Statement(Query<'static, Postgres, PgArguments>);

impl Statement {
    /// A statement whose arguments are to be bound.
    pub(crate) fn new(sql: &'static str) -> Self {
        Self(sqlx::query(sql))
    }

    /// Binds the next argument. What can't be encoded is an error when the statement is run.
    pub(crate) fn bind<'t, T: Encode<'t, Postgres> + Type<Postgres>>(self, value: T) -> Self {
        Self(self.0.bind(value))
    }

    /// Runs it and returns its only row.
    ///
    /// # Errors
    /// Any database error.
    pub(crate) async fn fetch_one<R: Row>(self, connection: &mut PgConnection) -> Result<R, sqlx::Error> {
        R::from_row(&self.0.fetch_one(connection).await?)
    }

    /// Runs it and returns its row, if it has one.
    ///
    /// # Errors
    /// Any database error.
    pub(crate) async fn fetch_optional<R: Row>(
        self,
        connection: &mut PgConnection,
    ) -> Result<Option<R>, sqlx::Error> {
        self.0.fetch_optional(connection).await?.as_ref().map(R::from_row).transpose()
    }

    /// Runs it and returns its rows.
    ///
    /// # Errors
    /// Any database error.
    pub(crate) async fn fetch_all<R: Row>(
        self,
        connection: &mut PgConnection,
    ) -> Result<Vec<R>, sqlx::Error> {
        self.0.fetch_all(connection).await?.iter().map(R::from_row).collect()
    }

    /// Runs it for its effect.
    ///
    /// # Errors
    /// Any database error.
    pub(crate) async fn execute(self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        self.0.execute(connection).await.map(drop)
    }
}
