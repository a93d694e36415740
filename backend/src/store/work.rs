//! What is to be done about what the forge tells, done.

use std::collections::VecDeque;
use std::time::Duration;

use phase_data_wire::Repository;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::lifecycle::{Place, Rest, Saying, say};
use super::phase_data::unreadable;
use crate::auth::{AccountId, Actor};
use crate::domain::{Subject, Work, not_ahead};

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
}

impl Order<'_> {
    /// Returns when something happened: as stated, but not after it was told.
    fn time(&self, stated: Option<OffsetDateTime>) -> OffsetDateTime {
        stated.and_then(|stated| not_ahead(stated, self.asked_at)).unwrap_or(self.asked_at)
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
/// Answers what is left.
///
/// # Errors
/// Any database error.
pub(super) async fn carry_on(
    connection: &mut PgConnection,
    order: &Order<'_>,
    mut left: Left,
) -> Result<Left, sqlx::Error> {
    let Some(first) = left.work.front() else { return Ok(left) };
    let rest = left.rest.as_ref();
    left.rest = match first {
        Work::Close { subject, at } => tell(connection, order, subject, true, *at, rest).await?,
        Work::Reopen { subject, at } => tell(connection, order, subject, false, *at, rest).await?,
        Work::Move { subject, to } => {
            move_issue(connection, order, subject, to).await?;
            // What could not go along is closed with the place that it had.
            tell(connection, order, subject, true, None, None).await?
        }
        Work::Rename { subject, old_name, at } => {
            rename(connection, order, subject, old_name, *at).await?;
            None
        }
    };
    if left.rest.is_none() {
        left.work.pop_front();
    }
    Ok(left)
}

async fn tell(
    connection: &mut PgConnection,
    order: &Order<'_>,
    subject: &Subject,
    closed: bool,
    at: Option<OffsetDateTime>,
    rest: Option<&Rest>,
) -> Result<Option<Rest>, sqlx::Error> {
    let place = match (&subject.repository, subject.issue_number) {
        (Some(repository), Some(issue)) => Place::Issue(repository, subject.repository_id, issue),
        (Some(repository), None) => Place::Repository(repository, subject.repository_id),
        (None, _) => Place::Account,
    };
    let saying = Saying {
        account: order.account,
        place,
        closed,
        at: Some(order.time(at)),
        purge: false,
        grace: order.grace,
        actor: order.actor,
        request_id: order.request_id,
    };
    Ok(say(connection, &saying, rest).await?.rest)
}

async fn move_issue(
    connection: &mut PgConnection,
    order: &Order<'_>,
    from: &Subject,
    to: &Subject,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "select move_issue($1, word_repository_key($1, $2, $3), $4, word_repository_key($1, $5, $6), $7, $8, $9)",
    )
    .bind(order.account.get())
    .bind(from.repository.as_ref().map(Repository::as_str))
    .bind(from.repository_id)
    .bind(from.issue_number.map(i32::from))
    .bind(to.repository.as_ref().map(Repository::as_str))
    .bind(to.repository_id)
    .bind(to.issue_number.map(i32::from))
    .bind(Json(order.actor))
    .bind(order.request_id)
    .execute(connection)
    .await
    .map(drop)
}

async fn rename(
    connection: &mut PgConnection,
    order: &Order<'_>,
    subject: &Subject,
    old_name: &Repository,
    at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let name = subject.repository.as_ref().ok_or_else(|| unreadable("a rename without a name"))?;
    sqlx::query("select rename_repository($1, $2, $3, $4, $5)")
        .bind(order.account.get())
        .bind(subject.repository_id)
        .bind(old_name.as_str())
        .bind(name.as_str())
        .bind(order.time(Some(at)))
        .execute(connection)
        .await
        .map(drop)
}
