//! What is to be done about what the forge tells, done.

use std::collections::VecDeque;
use std::ops::AddAssign;
use std::time::Duration;

use phase_data_wire::{IssueNumber, Repository, StatedTime};
use serde_json::value::RawValue;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::phase_data::unreadable;
use super::values::{LifecycleChange, RepositoryRef, WriteBy};
use crate::auth::{AccountId, Actor};
use crate::domain::{Subject, Work};

/// Whose work it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order<'a> {
    pub(super) account: AccountId,
    /// When the forge told: the time of whatever has none of its own.
    pub(super) asked_at: OffsetDateTime,
    pub(super) actor: &'a Actor,
    pub(super) request_id: &'a str,
    /// For how long what is closed can be brought back, unless the account says otherwise.
    pub(super) grace: Duration,
    /// Nothing is changed: the answer is what would be.
    pub(super) dry_run: bool,
}

/// The changes: of how many documents, and of a repository's name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    pub(crate) closed: usize,
    pub(crate) restored: usize,
    pub(crate) moved: usize,
    pub(crate) renamed: bool,
}

impl AddAssign for Effects {
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
    rest: Option<Rest>,
}

#[derive(sqlx::FromRow)]
struct MovedRow {
    moved: i32,
    closed: i32,
    restored: i32,
}

/// What is left of a notice that is about many rows, for the function that began it.
pub(super) type Rest = Json<Box<RawValue>>;

impl Order<'_> {
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

    /// Returns when something happened: as stated, but not after it was told.
    fn time(&self, stated: Option<OffsetDateTime>) -> OffsetDateTime {
        stated
            .and_then(|stated| StatedTime::from(stated).not_ahead_of(self.asked_at))
            .unwrap_or(self.asked_at)
    }
}

/// What is left to do.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) work: VecDeque<Work>,
    /// The first of it was begun.
    pub(super) rest: Option<Rest>,
}

/// Does the first of it, or a page of that if it is about many rows, in this transaction, whose tenant must be set.
/// Answers what is left, and what this changed.
///
/// # Errors
/// Any database error.
pub(super) async fn carry_on(
    connection: &mut PgConnection,
    order: &Order<'_>,
    mut left: Left,
) -> Result<(Left, Effects), sqlx::Error> {
    let mut effects = Effects::default();
    let Some(first) = left.work.front() else { return Ok((left, effects)) };
    let rest = left.rest.take();
    left.rest = match first {
        Work::Close { subject, at, as_of } => {
            let change = order.change(true, *at, *as_of);
            apply(connection, order, subject, change, rest, &mut effects).await?
        }
        Work::Reopen { subject, at, as_of } => {
            let change = order.change(false, *at, *as_of);
            apply(connection, order, subject, change, rest, &mut effects).await?
        }
        Work::Move { subject, to, confirmed } => {
            move_issue(connection, order, (subject, to), *confirmed, &mut effects).await?;
            None
        }
        Work::Rename { subject, old_name, at } => {
            effects.renamed = rename(connection, order, subject, old_name, *at).await?;
            None
        }
    };
    if left.rest.is_none() {
        left.work.pop_front();
    }
    Ok((left, effects))
}

async fn apply(
    connection: &mut PgConnection,
    order: &Order<'_>,
    subject: &Subject,
    change: LifecycleChange,
    rest: Option<Rest>,
    effects: &mut Effects,
) -> Result<Option<Rest>, sqlx::Error> {
    let done: NoticeRow = sqlx::query_as(
        "select closed, restored, rest
           from apply_notice(p_repository => $1, p_issue => $2, p_change => $3, p_by => $4, p_rest => $5)",
    )
    .bind(order.repository(subject))
    .bind(subject.issue_number.map_or(0, IssueNumber::get))
    .bind(change)
    .bind(order.by())
    .bind(rest)
    .fetch_one(connection)
    .await?;
    effects.closed += count(done.closed);
    effects.restored += count(done.restored);
    Ok(done.rest)
}

/// Takes an issue's data along, and remembers where to: another transfer, from the place that this one leads to, may
/// have been told before it.
async fn move_issue(
    connection: &mut PgConnection,
    order: &Order<'_>,
    (from, to): (&Subject, &Subject),
    confirmed: bool,
    effects: &mut Effects,
) -> Result<(), sqlx::Error> {
    let number = |subject: &Subject| {
        let number = subject.issue_number.map(IssueNumber::get);
        number.ok_or_else(|| unreadable("a move without a number"))
    };
    let done: MovedRow = sqlx::query_as(
        "select moved, closed, restored
           from move_issue(p_from => $1, p_from_issue => $2, p_to => $3, p_to_issue => $4, p_confirmed => $5,
                           p_change => $6, p_by => $7)",
    )
    .bind(order.repository(from))
    .bind(number(from)?)
    .bind(order.repository(to))
    .bind(number(to)?)
    .bind(confirmed)
    .bind(order.change(true, None, None))
    .bind(order.by())
    .fetch_one(connection)
    .await?;
    effects.moved += count(done.moved);
    effects.closed += count(done.closed);
    effects.restored += count(done.restored);
    Ok(())
}

/// Answers whether the repository got another name by this.
async fn rename(
    connection: &mut PgConnection,
    order: &Order<'_>,
    subject: &Subject,
    old_name: &Repository,
    at: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let name = subject.repository.as_ref().ok_or_else(|| unreadable("a rename without a name"))?;
    let at = Some(order.time(Some(at)));
    sqlx::query_scalar("select rename_repository(p_repository => $1, p_old_name => $2, p_dry_run => $3)")
        .bind(RepositoryRef::new(order.account, name.as_str(), subject.repository_id, at))
        .bind(old_name.as_str())
        .bind(order.dry_run)
        .fetch_one(connection)
        .await
}

fn count(rows: i32) -> usize {
    usize::try_from(rows).unwrap_or_default()
}
