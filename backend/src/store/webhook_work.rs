//! The queue in `webhook_delivery`: what deliveries ask for, done.

use std::time::Duration;

use phase_data_wire::Repository;
use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{Connection, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::lifecycle::{Place, Saying, say};
use super::phase_data::unreadable;
use super::{Db, StoreError};
use crate::auth::{AccountId, Actor};
use crate::domain::{Subject, Work};

/// What became of a delivery that was taken from the queue.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Tried {
    pub(crate) delivery_id: String,
    pub(crate) event: String,
    pub(crate) state: String,
    pub(crate) attempts: i32,
    pub(crate) reason: Option<String>,
}

#[derive(sqlx::FromRow)]
struct TakenRow {
    id: i64,
    forge_account_id: Uuid,
    delivery_id: String,
    event: String,
    work: Json<serde_json::Value>,
    request_id: String,
    received_at: OffsetDateTime,
}

/// A delivery that this transaction has to itself.
struct Taken {
    account: AccountId,
    work: serde_json::Value,
    received_at: OffsetDateTime,
    actor: Actor,
    request_id: String,
    /// For how long what is closed can be brought back, unless the account says otherwise.
    grace: Duration,
}

/// Does what the next due delivery asks for, and marks it done, in one transaction: all of it, exactly once,
/// whenever this process may end. What fails is undone and tried again later. `None` if nothing is due.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn work_off(db: &Db, grace: Duration) -> Result<Option<Tried>, StoreError> {
    let mut lease = db.lease().await?;
    let tried = in_transaction(lease.connection(), grace).await;
    lease.settle(tried)
}

async fn in_transaction(
    connection: &mut PgConnection,
    grace: Duration,
) -> Result<Option<Tried>, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let taken: Option<TakenRow> = sqlx::query_as(
        "select id, forge_account_id, delivery_id, event, work, request_id, received_at from take_webhook()",
    )
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(TakenRow { id, forge_account_id, delivery_id, event, work, request_id, received_at }) = taken
    else {
        transaction.rollback().await?;
        return Ok(None);
    };
    let account = AccountId::of_delivery(forge_account_id);
    let actor = Actor::Webhook { event_name: event, delivery_id };
    let taken = Taken { account, work: work.0, received_at, actor, request_id, grace };
    // What goes wrong here is undone alone: the delivery stays taken, and keeps the reason.
    let mut effects = Connection::begin(&mut *transaction).await?;
    let failure = match do_all(&mut effects, &taken).await {
        Ok(()) => {
            effects.commit().await?;
            None
        }
        // Without the database nothing can be said about it, either.
        Err(error @ (sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_))) => {
            return Err(error);
        }
        Err(error) => {
            effects.rollback().await?;
            Some(reason(&error))
        }
    };
    let tried = sqlx::query_as(
        "select delivery_id, event, state::text, attempts, reason from settle_webhook($1, $2)",
    )
    .bind(id)
    .bind(failure)
    .fetch_one(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(Some(tried))
}

/// Why a try failed, without the words around it and without a row's content, which only the detail of an error has.
fn reason(error: &sqlx::Error) -> String {
    let text =
        error.as_database_error().map_or_else(|| error.to_string(), |refusal| refusal.message().to_owned());
    text.chars().take(500).collect()
}

async fn do_all(connection: &mut PgConnection, taken: &Taken) -> Result<(), sqlx::Error> {
    let work = Vec::<Work>::deserialize(&taken.work).map_err(|error| sqlx::Error::Decode(error.into()))?;
    for work in &work {
        match work {
            Work::Close { subject, at } => tell(connection, taken, subject, true, *at).await?,
            Work::Reopen { subject, at } => tell(connection, taken, subject, false, *at).await?,
            Work::Move { subject, to } => {
                move_issue(connection, taken, subject, to).await?;
                // What could not go along is closed with the place that it had.
                tell(connection, taken, subject, true, None).await?;
            }
            Work::Rename { subject, old_name, at } => {
                rename(connection, taken, subject, old_name, *at).await?;
            }
        }
    }
    Ok(())
}

async fn tell(
    connection: &mut PgConnection,
    taken: &Taken,
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
        account: taken.account,
        place,
        closed,
        at: Some(at.unwrap_or(taken.received_at)),
        purge: false,
        grace: taken.grace,
        actor: &taken.actor,
        request_id: &taken.request_id,
    };
    say(connection, &saying).await.map(drop)
}

async fn move_issue(
    connection: &mut PgConnection,
    taken: &Taken,
    from: &Subject,
    to: &Subject,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "select move_issue($1, word_repository_key($1, $2, $3), $4, word_repository_key($1, $5, $6), $7, $8, $9)",
    )
    .bind(taken.account.get())
    .bind(from.repository.as_ref().map(Repository::as_str))
    .bind(from.repository_id)
    .bind(from.issue_number.map(i32::from))
    .bind(to.repository.as_ref().map(Repository::as_str))
    .bind(to.repository_id)
    .bind(to.issue_number.map(i32::from))
    .bind(Json(&taken.actor))
    .bind(&taken.request_id)
    .execute(connection)
    .await
    .map(drop)
}

async fn rename(
    connection: &mut PgConnection,
    taken: &Taken,
    subject: &Subject,
    old_name: &Repository,
    at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let name = subject.repository.as_ref().ok_or_else(|| unreadable("a rename without a name"))?;
    sqlx::query("select rename_repository($1, $2, $3, $4, $5)")
        .bind(taken.account.get())
        .bind(subject.repository_id)
        .bind(old_name.as_str())
        .bind(name.as_str())
        .bind(at)
        .execute(connection)
        .await
        .map(drop)
}
