//! The queue in `webhook_delivery`: what deliveries ask for, done.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{Connection, Executor, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::lifecycle::Rest;
use super::refusal::Refusal;
use super::work::{Left, Order, carry_on};
use super::{Db, StoreError};
use crate::auth::{AccountId, Actor};
use crate::domain::Work;

/// How many things are read of what a delivery asks for.
const THINGS: i32 = 100;
/// How long a transaction goes on to the next of these things. Each is quickly done, unless it is about many rows.
const PART: Duration = Duration::from_millis(100);

/// What a look at the queue came to.
#[derive(Debug)]
pub(crate) enum Turn {
    /// Nothing is due.
    Idle,
    /// A part of a delivery is done, and the rest of it is due.
    GoesOn,
    /// A delivery was tried to its end.
    Tried(Tried),
}

/// What became of a delivery that was taken from the queue.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Tried {
    pub(crate) delivery_id: String,
    pub(crate) event: String,
    pub(crate) state: String,
    pub(crate) attempts: i32,
    pub(crate) reason: Option<String>,
}

/// The account that a worker served last.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastServed(Arc<Mutex<Option<AccountId>>>);

impl LastServed {
    fn get(&self) -> Option<AccountId> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, account: AccountId) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(account);
    }
}

#[derive(sqlx::FromRow)]
struct TakenRow {
    id: i64,
    forge_account_id: Uuid,
    delivery_id: String,
    event: String,
    /// The things that are to be done next.
    work: Json<serde_json::Value>,
    progress: Option<Json<serde_json::Value>>,
    request_id: String,
    received_at: OffsetDateTime,
}

/// How far a delivery is done, as it waits in the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    /// How many of the things that it asks for are done.
    done: i32,
    /// What is left of the next one, if that was begun.
    rest: Option<Rest>,
}

/// Does what the next due delivery asks for, or the next part of it if it is about many rows. The part, and the word
/// that it is done, are one transaction: exactly once, whenever this process may end. What fails is undone and tried
/// again later. Accounts come in turn, beginning after the one that was served last.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn work_off(db: &Db, grace: Duration, last_served: &LastServed) -> Result<Turn, StoreError> {
    let last_served = last_served.clone();
    db.job()
        .transaction(move |transaction| {
            Box::pin(async move { in_transaction(transaction, grace, &last_served).await })
        })
        .await
}

async fn in_transaction(
    transaction: &mut PgConnection,
    grace: Duration,
    last_served: &LastServed,
) -> Result<Turn, sqlx::Error> {
    // Rows that somebody holds are tried again later: others' deliveries do not wait for them.
    transaction.execute("set local lock_timeout = '500ms'").await?;
    let taken: Option<TakenRow> = sqlx::query_as(
        "select id, forge_account_id, delivery_id, event, progress, request_id, received_at,
                next_work(work, coalesce((progress ->> 'done')::integer, 0), $2) as work
           from take_webhook($1)",
    )
    .bind(last_served.get().map(AccountId::get))
    .bind(THINGS)
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(taken) = taken else { return Ok(Turn::Idle) };
    // Said at once: whatever becomes of this delivery, the next turn is another account's.
    last_served.set(AccountId::of_delivery(taken.forge_account_id));
    // What goes wrong here is undone alone: the delivery stays taken, and keeps the reason.
    #[expect(clippy::disallowed_methods, reason = "a savepoint: the transaction around it runs to its end")]
    let mut effects = transaction.begin().await?;
    match part(&mut effects, &taken, grace).await {
        Ok(left) => {
            effects.commit().await?;
            match left {
                None => Ok(Turn::Tried(settle(transaction, taken.id, None).await?)),
                Some(progress) => go_on(transaction, taken.id, &progress).await,
            }
        }
        // Without the database nothing can be said about it, either.
        Err(error @ (sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_))) => Err(error),
        Err(error) => {
            effects.rollback().await?;
            Ok(Turn::Tried(settle(transaction, taken.id, Some(reason(&error))).await?))
        }
    }
}

/// Does a part of what a delivery asks for; answers how far it is done, unless it is all done.
async fn part(
    connection: &mut PgConnection,
    taken: &TakenRow,
    grace: Duration,
) -> Result<Option<Progress>, sqlx::Error> {
    let unreadable = |error: serde_json::Error| sqlx::Error::Decode(error.into());
    let work = VecDeque::<Work>::deserialize(&taken.work.0).map_err(unreadable)?;
    let progress = taken.progress.as_ref().map(|progress| Progress::deserialize(&progress.0));
    let Progress { mut done, rest } = progress.transpose().map_err(unreadable)?.unwrap_or_default();
    let event_name = taken.event.clone();
    let actor = Actor::Webhook { event_name, delivery_id: taken.delivery_id.clone() };
    let order = Order {
        account: AccountId::of_delivery(taken.forge_account_id),
        asked_at: taken.received_at,
        actor: &actor,
        request_id: &taken.request_id,
        grace,
    };
    let (started, mut left) = (Instant::now(), Left { work, rest });
    // Fewer than were asked for are the last ones.
    let is_all = left.work.len() < THINGS as usize;
    while !left.work.is_empty() {
        left = carry_on(connection, &order, left).await?;
        done = done.saturating_add(i32::from(left.rest.is_none()));
        if left.rest.is_some() || started.elapsed() >= PART {
            break;
        }
    }
    Ok((!left.work.is_empty() || !is_all).then_some(Progress { done, rest: left.rest }))
}

async fn go_on(connection: &mut PgConnection, id: i64, progress: &Progress) -> Result<Turn, sqlx::Error> {
    sqlx::query("select continue_webhook($1, $2)").bind(id).bind(Json(progress)).execute(connection).await?;
    Ok(Turn::GoesOn)
}

async fn settle(
    connection: &mut PgConnection,
    id: i64,
    failure: Option<String>,
) -> Result<Tried, sqlx::Error> {
    sqlx::query_as("select delivery_id, event, state::text, attempts, reason from settle_webhook($1, $2)")
        .bind(id)
        .bind(failure)
        .fetch_one(connection)
        .await
}

/// Why a try failed. No text of serde's or PostgreSQL's: both quote values.
fn reason(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(refusal) => format!("the database refused it: {}", Refusal::from(refusal)),
        None => "this version can't read what is to be done".to_owned(),
    }
}
