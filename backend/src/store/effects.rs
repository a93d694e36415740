//! Applies effects: the changes that GitHub's statements make to stored data.

use std::collections::VecDeque;
use std::ops::AddAssign;
use std::time::Duration;

use phase_data_github::{Effect, Subject};
use phase_data_wire::{IssueNumber, Repository, StatedTime};
use serde_json::value::RawValue;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::phase_data::unreadable;
use super::values::{LifecycleChange, RepositoryRef, WriteBy};
use crate::auth::{AccountId, Actor};

/// The context of effects: the account, the statement and its actor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) account: AccountId,
    /// The time at which GitHub made the statement: the time of each effect that has none of its own.
    pub(super) stated_at: OffsetDateTime,
    pub(super) actor: &'a Actor,
    pub(super) request_id: &'a str,
    /// The grace period, unless the account has one of its own.
    pub(super) grace: Duration,
    /// Changes nothing, and returns what would change.
    pub(super) dry_run: bool,
}

/// The numbers of documents that effects changed, and whether a repository was renamed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Affected {
    pub(crate) closed: usize,
    pub(crate) restored: usize,
    pub(crate) moved: usize,
    pub(crate) renamed: bool,
}

impl AddAssign for Affected {
    fn add_assign(&mut self, more: Self) {
        self.closed += more.closed;
        self.restored += more.restored;
        self.moved += more.moved;
        self.renamed |= more.renamed;
    }
}

#[derive(sqlx::FromRow)]
struct NoticeRow {
    closed: i32,
    restored: i32,
    cursor: Option<Cursor>,
}

#[derive(sqlx::FromRow)]
struct MovedRow {
    moved: i32,
    closed: i32,
    restored: i32,
}

/// The position within an effect on many rows, for the function that began it.
pub(super) type Cursor = Json<Box<RawValue>>;

impl Context<'_> {
    fn change(
        &self,
        closed: bool,
        at: Option<OffsetDateTime>,
        as_of: Option<OffsetDateTime>,
    ) -> LifecycleChange {
        LifecycleChange {
            closed,
            at: Some(self.time(at)),
            as_of: as_of.map(|as_of| self.time(Some(as_of))),
            purge: false,
            dry_run: self.dry_run,
            grace_seconds: self.grace.as_secs_f64(),
        }
    }

    /// Names a subject's repository, or the whole account.
    fn repository(&self, subject: &Subject) -> RepositoryRef {
        let proven_at = subject.named_at.map(|at| self.time(Some(at)));
        match &subject.repository {
            Some(name) => RepositoryRef::new(self.account, name.as_str(), subject.repository_id, proven_at),
            None => RepositoryRef::none(self.account),
        }
    }

    fn by(&self) -> WriteBy<'_> {
        WriteBy::new(self.actor, self.request_id, None, None)
    }

    /// Returns the time of an event as stated, but not later than the statement.
    fn time(&self, stated: Option<OffsetDateTime>) -> OffsetDateTime {
        stated
            .and_then(|stated| StatedTime::from(stated).not_ahead_of(self.stated_at))
            .unwrap_or(self.stated_at)
    }
}

/// The effects that remain to be applied.
#[derive(Debug)]
pub(super) struct Remaining {
    pub(super) effects: VecDeque<Effect>,
    /// The position within the first one, if that was begun.
    pub(super) cursor: Option<Cursor>,
}

/// Applies the first effect, or a page of it if it is about many rows, in this transaction, whose tenant must be set.
/// Returns what remains, and what changed.
///
/// # Errors
/// Any database error.
pub(super) async fn apply_next(
    connection: &mut PgConnection,
    context: &Context<'_>,
    mut remaining: Remaining,
) -> Result<(Remaining, Affected), sqlx::Error> {
    let mut affected = Affected::default();
    let Some(first) = remaining.effects.front() else { return Ok((remaining, affected)) };
    let cursor = remaining.cursor.take();
    remaining.cursor = match first {
        Effect::Close { subject, at, as_of } => {
            let change = context.change(true, *at, *as_of);
            apply_state_change(connection, context, subject, change, cursor, &mut affected).await?
        }
        Effect::Reopen { subject, at, as_of } => {
            let change = context.change(false, *at, *as_of);
            apply_state_change(connection, context, subject, change, cursor, &mut affected).await?
        }
        Effect::Move { subject, to, confirmed } => {
            move_issue(connection, context, (subject, to), *confirmed, &mut affected).await?;
            None
        }
        Effect::Rename { subject, old_name, at } => {
            affected.renamed = rename(connection, context, subject, old_name, *at).await?;
            None
        }
    };
    if remaining.cursor.is_none() {
        remaining.effects.pop_front();
    }
    Ok((remaining, affected))
}

async fn apply_state_change(
    connection: &mut PgConnection,
    context: &Context<'_>,
    subject: &Subject,
    change: LifecycleChange,
    cursor: Option<Cursor>,
    affected: &mut Affected,
) -> Result<Option<Cursor>, sqlx::Error> {
    let row: NoticeRow = sqlx::query_as(
        "select closed, restored, cursor
           from apply_state_change(p_repository => $1, p_issue => $2, p_change => $3, p_by => $4, p_cursor => $5)",
    )
    .bind(context.repository(subject))
    .bind(subject.issue_number.map_or(0, IssueNumber::get))
    .bind(change)
    .bind(context.by())
    .bind(cursor)
    .fetch_one(connection)
    .await?;
    affected.closed += count(row.closed);
    affected.restored += count(row.restored);
    Ok(row.cursor)
}

/// Moves an issue's data, and records its new place: a transfer on from that place may have been delivered earlier.
async fn move_issue(
    connection: &mut PgConnection,
    context: &Context<'_>,
    (from, to): (&Subject, &Subject),
    confirmed: bool,
    affected: &mut Affected,
) -> Result<(), sqlx::Error> {
    let number = |subject: &Subject| {
        let number = subject.issue_number.map(IssueNumber::get);
        number.ok_or_else(|| unreadable("a move without a number"))
    };
    let row: MovedRow = sqlx::query_as(
        "select moved, closed, restored
           from move_issue(p_from => $1, p_from_issue => $2, p_to => $3, p_to_issue => $4, p_confirmed => $5,
                           p_change => $6, p_by => $7)",
    )
    .bind(context.repository(from))
    .bind(number(from)?)
    .bind(context.repository(to))
    .bind(number(to)?)
    .bind(confirmed)
    .bind(context.change(true, None, None))
    .bind(context.by())
    .fetch_one(connection)
    .await?;
    affected.moved += count(row.moved);
    affected.closed += count(row.closed);
    affected.restored += count(row.restored);
    Ok(())
}

/// Returns whether this changed the repository's name.
async fn rename(
    connection: &mut PgConnection,
    context: &Context<'_>,
    subject: &Subject,
    old_name: &Repository,
    at: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let name = subject.repository.as_ref().ok_or_else(|| unreadable("a rename without a name"))?;
    let at = Some(context.time(Some(at)));
    sqlx::query_scalar("select rename_repository(p_repository => $1, p_old_name => $2, p_dry_run => $3)")
        .bind(RepositoryRef::new(context.account, name.as_str(), subject.repository_id, at))
        .bind(old_name.as_str())
        .bind(context.dry_run)
        .fetch_one(connection)
        .await
}

fn count(rows: i32) -> usize {
    usize::try_from(rows).unwrap_or_default()
}
