//! `forge_account`: written by the operator's command line, over the owner's connection.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A forge's owner (organisation or user) whose repositories may keep data here.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Account {
    /// Our name for it.
    pub(crate) id: Uuid,
    /// The forge, `github` for github.com.
    pub(crate) forge: String,
    /// The forge's numeric id of the owner: its identity, whatever it is called.
    pub(crate) external_id: i64,
    /// The owner's name when it was registered, for display.
    pub(crate) login: String,
    /// When it was registered.
    pub(crate) created_at: OffsetDateTime,
}

/// Registers an account. `None` if this owner of this forge is registered already.
///
/// # Errors
/// Any database error.
pub(crate) async fn create(
    connection: &mut PgConnection,
    forge: &str,
    external_id: i64,
    login: &str,
) -> Result<Option<Account>, sqlx::Error> {
    sqlx::query_as(
        "insert into forge_account (id, forge, external_id, login) values ($1, $2, $3, $4)
         on conflict on constraint forge_account_identity do nothing returning *",
    )
    .bind(Uuid::now_v7())
    .bind(forge)
    .bind(external_id)
    .bind(login)
    .fetch_optional(connection)
    .await
}

/// Every account, oldest first.
///
/// # Errors
/// Any database error.
pub(crate) async fn list(connection: &mut PgConnection) -> Result<Vec<Account>, sqlx::Error> {
    sqlx::query_as("select * from forge_account order by created_at, id").fetch_all(connection).await
}
