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
        Statement::new("select account, purged, expired, purge_to, expire_to from purge_batch(p_limit => $1, p_purge_from => $2, p_expire_from => $3)")
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
        "select account, repository, issue_number, phase::text, tries, reason, next_try_at from purge_failures(p_limit => $1)",
    );
    db.job().fetch_all(list.bind(limit)).await
}

/// The word that was looked at last. Nothing comes before the default.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct WordPlace {
    account: Uuid,
    repository_id: Uuid,
    issue_number: i32,
}

/// Looks at so many words after this place, and forgets those that are older than this and about what has no data any
/// more. Returns the place of the last one; `None` behind all of them.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn forget_words(
    db: &Db,
    older_than: Duration,
    after: &WordPlace,
    limit: i32,
) -> Result<Option<WordPlace>, StoreError> {
    let forget = Statement::new(
        "select account, repository_id, issue_number
           from forget_words(p_older_than => make_interval(secs => $1), p_account => $2, p_repository_id => $3,
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
    /// How many.
    pub(crate) removed: i64,
}

/// Up to where the removal of events has come: all accounts up to this one are done, and of the next one the events
/// before this time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EventsReached {
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
/// have no time of their own. Returns `None` behind the last account.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn events(
    db: &Db,
    kept_for: Option<Duration>,
    limit: i32,
    reached: &mut EventsReached,
) -> Result<Option<EventsRemoved>, StoreError> {
    let prune = Statement::new(
        "select account, removed, reached from prune_events(p_after => $1, p_kept_for => make_interval(secs => $2),
                                                         p_from => $3, p_limit => $4)",
    )
    .bind(reached.account)
    .bind(kept_for.map(|time| time.as_secs_f64()))
    .bind(reached.before)
    .bind(limit);
    let row: Option<EventsRow> = db.job().fetch_optional(prune).await?;
    Ok(row.map(|EventsRow { removed, reached: to }| {
        match removed.removed < i64::from(limit) {
            true => *reached = EventsReached { account: removed.account, before: None },
            false => reached.before = to,
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

/// What a purge would remove now.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn due(db: &Db) -> Result<Vec<Purged>, StoreError> {
    db.job().fetch_all(Statement::new("select * from purge_due()")).await
}
