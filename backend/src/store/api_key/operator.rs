//! The operator's commands for keys, over the owner's connection.

use phase_data_wire::admin::Key;
use sqlx::PgConnection;

use super::{KeyRow, create_statement, list_statement};
use crate::auth::{AccountId, ApiKey, KeyId};
use crate::domain::KeyRules;

/// Keeps a new key; of its secret, the digest.
///
/// # Errors
/// Any database error; a foreign key violation if there is no such account.
pub(crate) async fn create_as_operator(
    connection: &mut PgConnection,
    account: AccountId,
    key: &ApiKey,
    rules: &KeyRules,
) -> Result<Key, sqlx::Error> {
    let create = create_statement(account, key, rules);
    create.fetch_one::<KeyRow>(connection).await.and_then(Key::try_from)
}

/// An account's keys, oldest first.
///
/// # Errors
/// Any database error.
pub(crate) async fn list_as_operator(
    connection: &mut PgConnection,
    account: AccountId,
) -> Result<Vec<Key>, sqlx::Error> {
    let rows = list_statement(account).fetch_all::<KeyRow>(connection).await?;
    rows.into_iter().map(Key::try_from).collect()
}

/// Revokes a key of any account, at once and for good. `false` if there is none; revoking twice changes
/// nothing.
///
/// # Errors
/// Any database error.
pub(crate) async fn revoke_as_operator(
    connection: &mut PgConnection,
    id: &KeyId,
) -> Result<bool, sqlx::Error> {
    let updated = sqlx::query("update api_key set revoked_at = coalesce(revoked_at, now()) where id = $1")
        .bind(id.as_str())
        .execute(connection)
        .await?;
    Ok(updated.rows_affected() > 0)
}
