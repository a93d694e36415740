//! What an account keeps, counted.

use phase_data_wire::admin::Usage;
use sqlx::types::Json;

use super::{Db, StoreError};
use crate::auth::AccountId;

/// How many repositories are listed.
const MAX_REPOSITORIES: i32 = 100;

/// An account's documents, keys and recent events, counted in one round trip.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn usage(db: &Db, account: AccountId) -> Result<Usage, StoreError> {
    let mut lease = db.lease().await?;
    let usage = sqlx::query_scalar::<_, Json<Usage>>("select account_usage($1, $2)")
        .bind(account.get())
        .bind(MAX_REPOSITORIES)
        .fetch_one(lease.connection())
        .await
        .map(|usage| usage.0);
    lease.settle(usage)
}
