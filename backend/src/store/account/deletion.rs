//! The deletion of an account with everything that belongs to it.
//!
//! The owner of the tables marks the account, and its keys end: from then on nobody finds it. The server's role removes the
//! rows in batches, which it may do for marked accounts only. Then the owner removes the account itself. Each step can be
//! repeated: an interrupted deletion is completed by the next one.

use sqlx::PgConnection;

use crate::auth::AccountId;
use crate::store::{Db, Statement, StoreError};

/// PostgreSQL's code for a row that others still refer to.
const IS_REFERRED_TO: &str = "23503";

/// The numbers of what belongs to an account, each at most the limit of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct AccountContents {
    /// Documents, hidden ones too.
    pub(crate) documents: i64,
    /// Issues with documents.
    pub(crate) issues: i64,
    /// Repositories, also those without documents.
    pub(crate) repositories: i64,
    /// Events.
    pub(crate) events: i64,
    /// API keys, revoked and expired ones too.
    pub(crate) api_keys: i64,
    /// 1 if the account has a webhook of its own.
    pub(crate) webhook_secrets: i64,
    /// Webhook deliveries.
    pub(crate) webhook_deliveries: i64,
}

/// Counts what belongs to an account, each kind up to `most`.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn contents(db: &Db, account: AccountId, most: i32) -> Result<AccountContents, StoreError> {
    let count = Statement::new(
        "select documents, issues, repositories, events, api_keys, webhook_secrets, webhook_deliveries
           from account_contents(p_account => $1, p_most => $2)",
    )
    .bind(account.get())
    .bind(most);
    db.read(account).fetch_one(count).await
}

/// Marks an account as being deleted, and removes its keys.
///
/// # Errors
/// Any database error.
pub(crate) async fn mark(connection: &mut PgConnection, account: AccountId) -> Result<(), sqlx::Error> {
    let mark =
        "with marked as (update forge_account set deleted_at = coalesce(deleted_at, now()) where id = $1)
                delete from api_key where forge_account_id = $1";
    sqlx::query(mark).bind(account.get()).execute(connection).await.map(drop)
}

/// Removes at most so many rows of a marked account. Returns `false` if none is left.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn remove_rows(db: &Db, account: AccountId, limit: i32) -> Result<bool, StoreError> {
    let remove = Statement::new("select remove_account_rows(p_account => $1, p_limit => $2)")
        .bind(account.get())
        .bind(limit);
    let (removed,): (i32,) = db.job().fetch_one(remove).await?;
    Ok(removed > 0)
}

/// Removes a marked account whose rows are removed. Returns `false` if it has rows again: those of requests that were in
/// flight when it was marked.
///
/// # Errors
/// Any other database error.
pub(crate) async fn finish(connection: &mut PgConnection, account: AccountId) -> Result<bool, sqlx::Error> {
    let finish = "with keys as (delete from api_key where forge_account_id = $1)
                  delete from forge_account where id = $1 and deleted_at is not null";
    match sqlx::query(finish).bind(account.get()).execute(connection).await {
        Err(error)
            if error.as_database_error().is_some_and(|it| it.code().as_deref() == Some(IS_REFERRED_TO)) =>
        {
            Ok(false)
        }
        finished => finished.map(|_| true),
    }
}
