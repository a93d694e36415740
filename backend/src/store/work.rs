//! What is to be done about what the forge tells, done.

use std::collections::VecDeque;
use std::ops::AddAssign;
use std::time::Duration;

use phase_data_wire::{IssueNumber, Repository, StatedTime};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::lifecycle::{Place, Rest, Saying, newest_word, say};
use super::phase_data::unreadable;
use crate::auth::{AccountId, Actor};
use crate::domain::lifecycle::Word;
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

/// The place where an issue's data is kept.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
struct KeptAt {
    key: String,
    issue: i32,
}

#[derive(sqlx::FromRow)]
struct MovedRow {
    #[sqlx(flatten)]
    to: KeptAt,
    moved: i32,
}

impl Order<'_> {
    fn saying<'b>(
        &'b self,
        place: Place<'b>,
        closed: bool,
        at: Option<OffsetDateTime>,
        as_of: Option<OffsetDateTime>,
    ) -> Saying<'b> {
        Saying {
            account: self.account,
            place,
            closed,
            at: Some(self.time(at)),
            as_of: as_of.map(|as_of| self.time(Some(as_of))),
            dry_run: self.dry_run,
            purge: false,
            grace: self.grace,
            actor: self.actor,
            request_id: self.request_id,
        }
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
    let rest = left.rest.as_ref();
    left.rest = match first {
        Work::Close { subject, at, as_of } => {
            let saying = order.saying(place(subject), true, *at, *as_of);
            tell(connection, &saying, rest, &mut effects).await?
        }
        Work::Reopen { subject, at, as_of } => {
            let saying = order.saying(place(subject), false, *at, *as_of);
            tell(connection, &saying, rest, &mut effects).await?
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

fn place(subject: &Subject) -> Place<'_> {
    match (&subject.repository, subject.issue_number) {
        (Some(repository), Some(issue)) => Place::Issue(repository, subject.repository_id, issue),
        (Some(repository), None) => Place::Repository(repository, subject.repository_id),
        (None, _) => Place::Account,
    }
}

async fn tell(
    connection: &mut PgConnection,
    saying: &Saying<'_>,
    rest: Option<&Rest>,
    effects: &mut Effects,
) -> Result<Option<Rest>, sqlx::Error> {
    let said = say(connection, saying, rest).await?;
    effects.closed += said.closed;
    effects.restored += said.restored;
    Ok(said.rest)
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
    let from_at = kept_at(connection, order, from).await?;
    let to_at = kept_at(connection, order, to).await?;
    let word = newest_word(connection, order.account, &from_at.key, number(from_at.issue)?).await?;
    let MovedRow { to: to_at, moved } = sqlx::query_as(
        "select to_key as key, to_issue as issue, moved from move_issue($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(order.account.get())
    .bind(&from_at.key)
    .bind(from_at.issue)
    .bind(confirmed)
    .bind(order.dry_run)
    .bind(Json(order.actor))
    .bind(order.request_id)
    .bind(&to_at.key)
    .bind(to_at.issue)
    .fetch_one(&mut *connection)
    .await?;
    effects.moved += usize::try_from(moved).unwrap_or_default();
    if from_at == to_at {
        return Ok(());
    }
    // What could not go along is closed with the place that it had.
    tell(connection, &order.saying(place(from), true, None, None), None, effects).await?;
    if !order.dry_run {
        remember_move(connection, order, &from_at, &to_at).await?;
        word_at(connection, order, &to_at, word).await?;
    }
    Ok(())
}

/// The newest word about the issue counts where it is now, whichever of its numbers it was said about.
async fn word_at(
    connection: &mut PgConnection,
    order: &Order<'_>,
    at: &KeptAt,
    before: Option<Word>,
) -> Result<(), sqlx::Error> {
    let issue = number(at.issue)?;
    let there = newest_word(connection, order.account, &at.key, issue).await?;
    let newest = before.into_iter().chain(there).max_by_key(|word| (word.at, !word.closed));
    if let Some(word) = newest {
        let place = Place::Kept(&at.key, issue);
        say(connection, &order.saying(place, word.closed, Some(word.at), None), None).await?;
    }
    Ok(())
}

async fn kept_at(
    connection: &mut PgConnection,
    order: &Order<'_>,
    subject: &Subject,
) -> Result<KeptAt, sqlx::Error> {
    let issue = subject.issue_number.ok_or_else(|| unreadable("a move without a number"))?.into();
    let key = sqlx::query_scalar("select word_repository_key($1, $2, $3)")
        .bind(order.account.get())
        .bind(subject.repository.as_ref().map(Repository::as_str))
        .bind(subject.repository_id)
        .fetch_one(connection)
        .await?;
    Ok(KeptAt { key, issue })
}

fn number(issue: i32) -> Result<IssueNumber, sqlx::Error> {
    IssueNumber::try_from(i64::from(issue)).map_err(|error| unreadable(&error.to_string()))
}

async fn remember_move(
    connection: &mut PgConnection,
    order: &Order<'_>,
    from: &KeptAt,
    to: &KeptAt,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update lifecycle set moved_to = $4, moved_to_issue = $5
          where forge_account_id = $1 and repository = $2 and issue_number = $3",
    )
    .bind(order.account.get())
    .bind(&from.key)
    .bind(from.issue)
    .bind(&to.key)
    .bind(to.issue)
    .execute(connection)
    .await
    .map(drop)
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
    let at = order.time(Some(at));
    let changes: bool = sqlx::query_scalar("select rename_changes($1, $2, $3, $4)")
        .bind(order.account.get())
        .bind(subject.repository_id)
        .bind(name.as_str())
        .bind(at)
        .fetch_one(&mut *connection)
        .await?;
    if order.dry_run {
        return Ok(changes);
    }
    sqlx::query("select rename_repository($1, $2, $3, $4, $5)")
        .bind(order.account.get())
        .bind(subject.repository_id)
        .bind(old_name.as_str())
        .bind(name.as_str())
        .bind(at)
        .execute(connection)
        .await
        .map(|_| changes)
}
