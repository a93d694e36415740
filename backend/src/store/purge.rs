//! What the server removes for good by itself, of every tenant.

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Db, Statement, StoreError};

/// What was removed of an account, or would be.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Purged {
    /// The account.
    pub(crate) account: Uuid,
    /// Phases whose grace period was over.
    pub(crate) purged: i64,
    /// Phases that had expired.
    pub(crate) expired: i64,
}

/// Up to where a purge has come: a time for either kind, `None` at the beginning.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reached {
    purged: Option<OffsetDateTime>,
    expired: Option<OffsetDateTime>,
}

#[derive(sqlx::FromRow)]
struct RemovedRow {
    #[sqlx(flatten)]
    purged: Purged,
    purge_to: Option<OffsetDateTime>,
    expire_to: Option<OffsetDateTime>,
}

/// Removes at most so many phases of either kind, from where the purge has come.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn batch(db: &Db, limit: i32, reached: &mut Reached) -> Result<Vec<Purged>, StoreError> {
    let remove =
        Statement::new("select account, purged, expired, purge_to, expire_to from purge_batch($1, $2, $3)")
            .bind(limit)
            .bind(reached.purged)
            .bind(reached.expired);
    let removed: Vec<RemovedRow> = db.job().fetch_all(remove).await?;
    for row in &removed {
        reached.purged = reached.purged.max(row.purge_to);
        reached.expired = reached.expired.max(row.expire_to);
    }
    Ok(removed.into_iter().map(|row| row.purged).collect())
}

/// A row whose purge failed.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct PurgeFailure {
    pub(crate) account: Uuid,
    pub(crate) repository: String,
    pub(crate) issue_number: i32,
    pub(crate) phase: String,
    pub(crate) tries: i32,
    pub(crate) reason: String,
    /// When it is tried again; never, once it is set aside.
    pub(crate) next_try_at: Option<OffsetDateTime>,
}

/// Returns the rows whose purge failed, the newest failures first, up to so many.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn failures(db: &Db, limit: i32) -> Result<Vec<PurgeFailure>, StoreError> {
    let list = Statement::new(
        "select account, repository, issue_number, phase::text, tries, reason, next_try_at from purge_failures($1)",
    );
    db.job().fetch_all(list.bind(limit)).await
}

/// Forgets the last words about what has had no data for so long.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn forget_words(db: &Db, after: Duration) -> Result<(), StoreError> {
    let forget = Statement::new("select forget_words(make_interval(secs => $1))").bind(after.as_secs_f64());
    db.job().execute(forget).await
}

/// What a purge would remove now.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn due(db: &Db) -> Result<Vec<Purged>, StoreError> {
    db.job().fetch_all(Statement::new("select * from purge_due()")).await
}
