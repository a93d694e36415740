//! What an account keeps, counted.

use phase_data_wire::admin::Usage;
use sqlx::types::Json;

use super::{Db, Statement, StoreError};
use crate::auth::AccountId;

/// How many repositories are listed.
const MAX_REPOSITORIES: i32 = 100;

/// An account's documents, keys and recent events, counted in one round trip.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn usage(db: &Db, account: AccountId) -> Result<Usage, StoreError> {
    let count = Statement::new("select account_usage($1, $2)").bind(account.get()).bind(MAX_REPOSITORIES);
    let (Json(usage),) = db.read(account).fetch_one(count).await?;
    Ok(usage)
}
