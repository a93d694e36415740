//! The removal of data of all tenants by background jobs.

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Db, Statement, StoreError};

/// The documents that were removed of an account, or would be.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Purged {
    /// The account.
    pub(crate) account: Uuid,
    /// Phases whose grace period was over.
    pub(crate) purged: i64,
    /// Phases that had expired.
    pub(crate) expired: i64,
}

/// The place that a purge has reached: a time for either kind, `None` at the beginning.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PurgeCursor {
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
pub(crate) async fn purge_batch(
    db: &Db,
    limit: i32,
    cursor: &mut PurgeCursor,
) -> Result<Vec<Purged>, StoreError> {
    let remove =
        Statement::new("select account, purged, expired, purge_to, expire_to from purge_batch(p_limit => $1, p_purge_from => $2, p_expire_from => $3)")
            .bind(limit)
            .bind(cursor.purged)
            .bind(cursor.expired);
    let removed: Vec<RemovedRow> = db.job().fetch_all(remove).await?;
    for row in &removed {
        cursor.purged = cursor.purged.max(row.purge_to);
        cursor.expired = cursor.expired.max(row.expire_to);
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
pub(crate) async fn purge_failures(db: &Db, limit: i32) -> Result<Vec<PurgeFailure>, StoreError> {
    let list = Statement::new(
        "select account, repository, issue_number, phase::text, tries, reason, next_try_at from purge_failures(p_limit => $1)",
    );
    db.job().fetch_all(list.bind(limit)).await
}

/// The change of state that was looked at last. Nothing comes before the default.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct StateCursor {
    account: Uuid,
    repository_id: Uuid,
    issue_number: i32,
}

/// Looks at so many changes of state after this one, and removes those that are older than this and about what has no
/// data any more. Returns the last one; `None` after all of them.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn prune_states(
    db: &Db,
    older_than: Duration,
    after: &StateCursor,
    limit: i32,
) -> Result<Option<StateCursor>, StoreError> {
    let forget = Statement::new(
        "select account, repository_id, issue_number
           from prune_lifecycle(p_older_than => make_interval(secs => $1), p_account => $2, p_repository_id => $3,
                             p_issue => $4, p_limit => $5)",
    )
    .bind(older_than.as_secs_f64())
    .bind(after.account)
    .bind(after.repository_id)
    .bind(after.issue_number)
    .bind(limit);
    db.job().fetch_optional(forget).await
}

/// Events that were removed of an account, or would be, because it keeps them no longer.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct EventsRemoved {
    /// The account.
    pub(crate) account: Uuid,
    /// The number of events.
    pub(crate) removed: i64,
}

/// The place that the removal of events has reached: all accounts up to this one are done, and of the next one the events
/// before this time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EventsCursor {
    account: Uuid,
    before: Option<OffsetDateTime>,
}

#[derive(sqlx::FromRow)]
struct EventsRow {
    #[sqlx(flatten)]
    removed: EventsRemoved,
    reached: Option<OffsetDateTime>,
}

/// Removes at most so many old events of one account, from where the removal has come. `kept_for` is for accounts that
/// have no time of their own. Returns `None` after the last account.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn prune_events(
    db: &Db,
    kept_for: Option<Duration>,
    limit: i32,
    cursor: &mut EventsCursor,
) -> Result<Option<EventsRemoved>, StoreError> {
    let prune = Statement::new(
        "select account, removed, reached from prune_events(p_after => $1, p_kept_for => make_interval(secs => $2),
                                                         p_from => $3, p_limit => $4)",
    )
    .bind(cursor.account)
    .bind(kept_for.map(|time| time.as_secs_f64()))
    .bind(cursor.before)
    .bind(limit);
    let row: Option<EventsRow> = db.job().fetch_optional(prune).await?;
    Ok(row.map(|EventsRow { removed, reached: to }| {
        match removed.removed < i64::from(limit) {
            true => *cursor = EventsCursor { account: removed.account, before: None },
            false => cursor.before = to,
        }
        removed
    }))
}

/// Returns how many events the removal would remove now.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn events_due(
    db: &Db,
    kept_for: Option<Duration>,
) -> Result<Vec<EventsRemoved>, StoreError> {
    let due = Statement::new(
        "select account, due as removed from events_due(p_kept_for => make_interval(secs => $1))",
    )
    .bind(kept_for.map(|time| time.as_secs_f64()));
    db.job().fetch_all(due).await
}

/// Returns what a purge would remove now.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn due(db: &Db) -> Result<Vec<Purged>, StoreError> {
    db.job().fetch_all(Statement::new("select * from purge_due()")).await
}
