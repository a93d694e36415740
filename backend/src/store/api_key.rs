//! `api_key`: looked up by the server, written by the operator's command line.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{Db, StoreError};
use crate::auth::{AccountId, KeyId, KeyLookup, KeyRecord, Scope};

/// A key as lists show it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct ListedKey {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) scope: Scope,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) revoked_at: Option<OffsetDateTime>,
}

/// A key to be kept. Only the secret's digest is.
#[derive(Debug)]
pub(crate) struct NewKey<'a> {
    pub(crate) id: &'a KeyId,
    pub(crate) secret_sha256: [u8; 32],
    pub(crate) name: &'a str,
    pub(crate) scope: Scope,
    pub(crate) expires_at: Option<OffsetDateTime>,
}

impl KeyLookup for Db {
    type Error = StoreError;

    async fn find(&self, id: &KeyId) -> Result<Option<KeyRecord>, StoreError> {
        let mut lease = self.lease().await?;
        let found = sqlx::query_as(
            "select forge_account_id, scope, secret_sha256, expires_at, revoked_at from find_api_key($1)",
        )
        .bind(id.as_str())
        .fetch_optional(lease.connection())
        .await;
        lease.settle(found)
    }
}

/// Keeps a new key.
///
/// # Errors
/// Any database error; a foreign key violation if there is no such account.
pub(crate) async fn create(
    connection: &mut PgConnection,
    account: AccountId,
    key: &NewKey<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into api_key (id, forge_account_id, name, scope, secret_sha256, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(key.id.as_str())
    .bind(account.get())
    .bind(key.name)
    .bind(key.scope)
    .bind(&key.secret_sha256[..])
    .bind(key.expires_at)
    .execute(connection)
    .await
    .map(drop)
}

/// An account's keys, oldest first.
///
/// # Errors
/// Any database error.
pub(crate) async fn list(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<ListedKey>, sqlx::Error> {
    sqlx::query_as(
        "select id, name, scope, created_at, expires_at, revoked_at from api_key
          where forge_account_id = $1 order by created_at, id",
    )
    .bind(account.get())
    .fetch_all(connection)
    .await
}

/// Revokes a key at once and for good. `false` if there is none; revoking twice changes nothing.
///
/// # Errors
/// Any database error.
pub(crate) async fn revoke(connection: &mut PgConnection, id: &KeyId) -> Result<bool, sqlx::Error> {
    let touched = sqlx::query("update api_key set revoked_at = coalesce(revoked_at, now()) where id = $1")
        .bind(id.as_str())
        .execute(connection)
        .await?;
    Ok(touched.rows_affected() > 0)
}
