//! `webhook_secret`: what accounts' own hooks sign with.

use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;
use uuid::Uuid;

use super::db::Access;
use super::{Db, Statement, StoreError};
use crate::auth::{AccountId, HookRecord};

/// The times of an account's webhook secrets, without the secrets.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub(crate) struct SecretTimes {
    /// When it was made.
    pub(crate) created_at: OffsetDateTime,
    /// Until when the one before it is good, too.
    pub(crate) old_expires_at: Option<OffsetDateTime>,
}

/// The hook of the account of this id, if there is one. What this answers proves nothing yet: deliveries have
/// to be signed with it.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn find_hook(db: &Db, account: Uuid) -> Result<Option<HookRecord>, StoreError> {
    let find = Statement::new("select owner_id, secret, old_secret from find_webhook(p_account => $1)")
        .bind(account);
    let found: Option<(i64, String, Option<String>)> = db.unproven(Access::Read).fetch_optional(find).await?;
    Ok(found.map(|(owner_id, secret, old)| {
        let secrets = std::iter::once(secret).chain(old).map(SecretString::from).collect();
        HookRecord { id: account, owner_id, secrets }
    }))
}

/// Sets an account's secret. The one before stays good for some hours.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn make(
    db: &Db,
    account: AccountId,
    secret: &SecretString,
    old_lives_on_hours: u16,
) -> Result<SecretTimes, StoreError> {
    let make = Statement::new(
        "select created_at, old_expires_at
           from make_webhook_secret(p_account => $1, p_secret => $2, p_old_lives_on => make_interval(hours => $3),
                                    p_not_after => $4)",
    )
    .bind(account.get())
    .bind(secret.expose_secret())
    .bind(i32::from(old_lives_on_hours))
    .bind_latest_start();
    db.write(account).fetch_one(make).await
}

/// Returns the times of an account's webhook secrets, if it has one.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn show(db: &Db, account: AccountId) -> Result<Option<SecretTimes>, StoreError> {
    look(db, account, false).await
}

/// Takes an account's secrets away.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn remove(db: &Db, account: AccountId) -> Result<(), StoreError> {
    look(db, account, true).await.map(drop)
}

async fn look(db: &Db, account: AccountId, remove: bool) -> Result<Option<SecretTimes>, StoreError> {
    let look = Statement::new(
        "select created_at, old_expires_at from show_webhook_secret(p_account => $1, p_remove => $2)",
    )
    .bind(account.get())
    .bind(remove);
    db.write(account).fetch_optional(look).await
}
