//! What is to be done about what the forge tells, done.

use std::time::Duration;

use phase_data_wire::Repository;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::lifecycle::{Place, Saying, say};
use super::phase_data::unreadable;
use crate::auth::{AccountId, Actor};
use crate::domain::{Subject, Work};

/// Whose work it is.
pub(super) struct Order<'a> {
    pub(super) account: AccountId,
    /// When the forge told: the time of whatever has none of its own.
    pub(super) asked_at: OffsetDateTime,
    pub(super) actor: &'a Actor,
    pub(super) request_id: &'a str,
    /// For how long what is closed can be brought back, unless the account says otherwise.
    pub(super) grace: Duration,
}

/// Does all of it, in this transaction, whose tenant must be set.
///
/// # Errors
/// Any database error.
pub(super) async fn carry_out(
    connection: &mut PgConnection,
    order: &Order<'_>,
    work: &[Work],
) -> Result<(), sqlx::Error> {
    for work in work {
        match work {
            Work::Close { subject, at } => tell(connection, order, subject, true, *at).await?,
            Work::Reopen { subject, at } => tell(connection, order, subject, false, *at).await?,
            Work::Move { subject, to } => {
                move_issue(connection, order, subject, to).await?;
                // What could not go along is closed with the place that it had.
                tell(connection, order, subject, true, None).await?;
            }
            Work::Rename { subject, old_name, at } => {
                rename(connection, order, subject, old_name, *at).await?;
            }
        }
    }
    Ok(())
}

async fn tell(
    connection: &mut PgConnection,
    order: &Order<'_>,
    subject: &Subject,
    closed: bool,
    at: Option<OffsetDateTime>,
) -> Result<(), sqlx::Error> {
    let place = match (&subject.repository, subject.issue_number) {
        (Some(repository), Some(issue)) => Place::Issue(repository, subject.repository_id, issue),
        (Some(repository), None) => Place::Repository(repository, subject.repository_id),
        (None, _) => Place::Account,
    };
    let saying = Saying {
        account: order.account,
        place,
        closed,
        at: Some(at.unwrap_or(order.asked_at)),
        purge: false,
        grace: order.grace,
        actor: order.actor,
        request_id: order.request_id,
    };
    say(connection, &saying).await.map(drop)
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
        .bind(at)
        .execute(connection)
        .await
        .map(drop)
}
