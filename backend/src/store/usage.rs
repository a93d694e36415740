//! The usage of accounts.

use phase_data_wire::admin::Usage;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, Statement, StoreError};
use crate::auth::AccountId;

/// The number of listed repositories.
const MAX_REPOSITORIES: i32 = 100;
/// Up to so many documents, and so many events, are counted when somebody asks: that takes some milliseconds.
const MOST_ROWS: i32 = 5000;
/// Accounts with more than so many are counted in the background: when one has become too large to be counted at once, it
/// was counted already.
const LARGE: i32 = 2500;
/// The number of rows that one statement counts.
const ROWS: i32 = 5000;

/// Returns an account's documents, keys and recent events, counted; `None` where there are many and the background has not
/// come to it yet.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn usage(db: &Db, account: AccountId) -> Result<Option<Usage>, StoreError> {
    let count =
        Statement::new("select account_usage(p_account => $1, p_repositories => $2, p_most_rows => $3)")
            .bind(account.get())
            .bind(MAX_REPOSITORIES)
            .bind(MOST_ROWS);
    let (usage,): (Option<Json<Usage>>,) = db.read(account).fetch_one(count).await?;
    Ok(usage.map(|Json(usage)| usage))
}

/// Goes on counting the next large account after this one. Returns the account after which it goes on; `None` behind the
/// last one.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn count_next(db: &Db, after: Uuid) -> Result<Option<Uuid>, StoreError> {
    let count = Statement::new("select account, is_done from count_usage(p_after => $1, p_repositories => $2, p_large => $3, p_rows => $4)")
        .bind(after)
        .bind(MAX_REPOSITORIES)
        .bind(LARGE)
        .bind(ROWS);
    let counted: Option<(Uuid, bool)> = db.job().fetch_optional(count).await?;
    Ok(counted.map(|(account, is_done)| if is_done { account } else { after }))
}
