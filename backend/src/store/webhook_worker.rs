//! The queue in `webhook_delivery`: what deliveries ask for, done.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{Connection, Executor, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::effects::{Left, Order, Rest, carry_on};
use super::refusal::Refusal;
use super::{Db, Statement, StoreError};
use crate::auth::{AccountId, Actor};
use crate::domain::Work;
use crate::panics::{Panicked, caught};

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

/// One of those who work the queue off.
#[derive(Debug)]
pub(crate) struct Worker {
    db: Db,
    grace: Duration,
    /// The account that it served last.
    last_served: Option<AccountId>,
    /// A try that the database cut short. It is not to be counted.
    interrupted: Option<Try>,
}

/// A try of a delivery that is counted already, so that it counts however it ends.
#[derive(Debug, Clone, Copy)]
struct Try {
    id: i64,
    unfinished: i32,
}

#[derive(sqlx::FromRow)]
struct CountedRow {
    id: i64,
    forge_account_id: Uuid,
    unfinished: i32,
    #[sqlx(flatten)]
    tried: Tried,
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
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Progress {
    /// How many of the things that it asks for are done.
    done: i32,
    /// What is left of the next one, if that was begun.
    rest: Option<Rest>,
}

/// The reason that is kept of a try that met a bug of ours.
const PANICKED: &str = "the backend met a bug while it worked on this; its log says where";

impl Worker {
    /// A worker that has served nobody yet.
    pub(crate) fn new(db: Db, grace: Duration) -> Self {
        Self { db, grace, last_served: None, interrupted: None }
    }

    /// Does what the next due delivery asks for, or the next part of it if it is about many rows. The part, and the
    /// word that it is done, are one transaction: exactly once, whenever this process may end. What fails is undone and
    /// tried again later. The try itself is counted before, in a transaction of its own: what ends this process again
    /// and again is set aside. Accounts come in turn, beginning after the one that was served last.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub(crate) async fn turn(&mut self) -> Result<Turn, StoreError> {
        if let Some(interrupted) = self.interrupted {
            self.give_back(interrupted).await?;
            self.interrupted = None;
        }
        let Some(counted) = self.count_next().await? else { return Ok(Turn::Idle) };
        // Said at once: whatever becomes of this delivery, the next turn is another account's.
        self.last_served = Some(AccountId::of_delivery(counted.forge_account_id));
        if counted.tried.state != "pending" {
            return Ok(Turn::Tried(counted.tried));
        }
        let begun = Try { id: counted.id, unfinished: counted.unfinished };
        self.interrupted = Some(begun);
        let turn = match caught(self.work(begun)).await {
            Ok(turn) => turn?,
            Err(Panicked) => Some(self.fail(begun).await?),
        };
        if turn.is_none() {
            self.give_back(begun).await?;
        }
        self.interrupted = None;
        Ok(turn.unwrap_or(Turn::GoesOn))
    }

    async fn count_next(&self) -> Result<Option<CountedRow>, StoreError> {
        let take = Statement::new(
            "select id, forge_account_id, unfinished, delivery_id, event, state, attempts, reason
               from take_webhook(p_after => $1)",
        );
        self.db.job().fetch_optional(take.bind(self.last_served.map(AccountId::get))).await
    }

    /// Answers nothing if somebody else has the delivery.
    async fn work(&self, begun: Try) -> Result<Option<Turn>, StoreError> {
        let grace = self.grace;
        let work = self.db.job().transaction(move |transaction| {
            Box::pin(async move { in_transaction(transaction, begun, grace).await })
        });
        work.await
    }

    async fn fail(&self, begun: Try) -> Result<Turn, StoreError> {
        let settled = self.db.job().transaction(move |transaction| {
            Box::pin(async move { settle(transaction, begun.id, Some(PANICKED.to_owned())).await })
        });
        settled.await.map(Turn::Tried)
    }

    async fn give_back(&self, begun: Try) -> Result<(), StoreError> {
        let give_back = Statement::new("select give_webhook_back(p_id => $1, p_unfinished => $2)")
            .bind(begun.id)
            .bind(begun.unfinished);
        self.db.job().execute(give_back).await
    }
}

async fn in_transaction(
    transaction: &mut PgConnection,
    begun: Try,
    grace: Duration,
) -> Result<Option<Turn>, sqlx::Error> {
    // Rows that somebody holds are tried again later: others' deliveries do not wait for them.
    transaction.execute("set local lock_timeout = '500ms'").await?;
    let taken: Option<TakenRow> = sqlx::query_as(
        "select id, forge_account_id, delivery_id, event, progress, request_id, received_at,
                next_work(p_work => work, p_done => coalesce((progress ->> 'done')::integer, 0), p_limit => $3) as work
           from begin_webhook(p_id => $1, p_unfinished => $2)",
    )
    .bind(begun.id)
    .bind(begun.unfinished)
    .bind(THINGS)
    .fetch_optional(&mut *transaction)
    .await?;
    // This worker was so late that another one has taken it.
    let Some(taken) = taken else { return Ok(None) };
    // What goes wrong here is undone alone: the delivery stays taken, and keeps the reason.
    #[expect(clippy::disallowed_methods, reason = "a savepoint: the transaction around it runs to its end")]
    let mut effects = transaction.begin().await?;
    let turn = match part(&mut effects, &taken, grace).await {
        Ok(left) => {
            effects.commit().await?;
            match left {
                None => Turn::Tried(settle(transaction, taken.id, None).await?),
                Some(progress) => go_on(transaction, taken.id, &progress).await?,
            }
        }
        // Without the database nothing can be said about it, either.
        Err(error @ (sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_))) => {
            return Err(error);
        }
        Err(error) => {
            effects.rollback().await?;
            Turn::Tried(settle(transaction, taken.id, Some(reason(&error))).await?)
        }
    };
    Ok(Some(turn))
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
        dry_run: false,
    };
    let (started, mut left) = (Instant::now(), Left { work, rest });
    // Fewer than were asked for are the last ones.
    let is_all = left.work.len() < THINGS as usize;
    while !left.work.is_empty() {
        (left, _) = carry_on(connection, &order, left).await?;
        done = done.saturating_add(i32::from(left.rest.is_none()));
        if left.rest.is_some() || started.elapsed() >= PART {
            break;
        }
    }
    Ok((!left.work.is_empty() || !is_all).then_some(Progress { done, rest: left.rest }))
}

async fn go_on(connection: &mut PgConnection, id: i64, progress: &Progress) -> Result<Turn, sqlx::Error> {
    sqlx::query("select continue_webhook(p_id => $1, p_progress => $2)")
        .bind(id)
        .bind(Json(progress))
        .execute(connection)
        .await?;
    Ok(Turn::GoesOn)
}

async fn settle(
    connection: &mut PgConnection,
    id: i64,
    failure: Option<String>,
) -> Result<Tried, sqlx::Error> {
    sqlx::query_as(
        "select delivery_id, event, state, attempts, reason from settle_webhook(p_id => $1, p_failure => $2)",
    )
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
