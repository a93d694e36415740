//! One attempt at a delivery, in one transaction.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use phase_data_github::Effect;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{Connection, Executor, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Attempt, Poll};
use crate::auth::{AccountId, Actor};
use crate::store::effects::{Context, Cursor, Remaining, apply_next};
use crate::store::refusal::Refusal;

/// The number of a delivery's effects that are read at once.
const EFFECTS: i32 = 100;
/// The time after which a transaction begins no further effect. Each is quickly applied, unless it is about many rows.
const PART: Duration = Duration::from_millis(100);

/// An attempt that is counted already, so that it counts however it ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Started {
    pub(super) id: i64,
    pub(super) account: Uuid,
    pub(super) unfinished: i32,
}

#[derive(sqlx::FromRow)]
struct DeliveryRow {
    id: i64,
    forge_account_id: Uuid,
    delivery_id: String,
    event: String,
    /// The effects that are to be applied next.
    effects: Json<serde_json::Value>,
    progress: Option<Json<serde_json::Value>>,
    request_id: String,
    received_at: OffsetDateTime,
}

impl DeliveryRow {
    /// Records the end of an attempt at it, for the log with the repository of its next effect.
    async fn finish(
        &self,
        connection: &mut PgConnection,
        failure: Option<String>,
    ) -> Result<Attempt, sqlx::Error> {
        let attempt = finish(connection, (self.id, self.forge_account_id), failure).await?;
        let repository = self.effects.0.get(0).and_then(|effect| effect.get("repository")?.as_str());
        Ok(Attempt { repository: repository.and_then(|name| name.parse().ok()), ..attempt })
    }
}

/// The progress of a delivery, as it waits in the queue.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Progress {
    /// The number of effects that are applied.
    done: i32,
    /// The position within the next one, if that was begun.
    #[serde(rename = "rest")]
    cursor: Option<Cursor>,
}

/// Processes the delivery, or a part of it; `None` if another worker has it.
pub(super) async fn process(
    transaction: &mut PgConnection,
    started: Started,
    grace: Duration,
) -> Result<Option<Poll>, sqlx::Error> {
    // A delivery whose rows are locked is tried again later: those of other accounts do not wait for it.
    transaction.execute("set local lock_timeout = '500ms'").await?;
    let delivery: Option<DeliveryRow> = sqlx::query_as(
        "select id, forge_account_id, delivery_id, event, progress, request_id, received_at,
                next_effect(p_effects => effects, p_done => coalesce((progress ->> 'done')::integer, 0), p_limit => $3) as effects
           from begin_webhook(p_id => $1, p_unfinished => $2)",
    )
    .bind(started.id)
    .bind(started.unfinished)
    .bind(EFFECTS)
    .fetch_optional(&mut *transaction)
    .await?;
    // This worker was so late that another one has taken it.
    let Some(delivery) = delivery else { return Ok(None) };
    // A failure undoes the effects alone: the delivery stays taken, and keeps the reason.
    #[expect(clippy::disallowed_methods, reason = "a savepoint: the transaction around it runs to its end")]
    let mut savepoint = transaction.begin().await?;
    let poll = match apply_part(&mut savepoint, &delivery, grace).await {
        Ok(progress) => {
            savepoint.commit().await?;
            match progress {
                None => Poll::Attempted(delivery.finish(transaction, None).await?),
                Some(progress) => save_progress(transaction, delivery.id, &progress).await?,
            }
        }
        // Without the database nothing can be recorded, either.
        Err(error @ (sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_))) => {
            return Err(error);
        }
        Err(error) => {
            savepoint.rollback().await?;
            Poll::Attempted(delivery.finish(transaction, Some(reason(&error))).await?)
        }
    };
    Ok(Some(poll))
}

/// Applies a part of a delivery's effects. Returns the progress, or `None` if all are applied.
async fn apply_part(
    connection: &mut PgConnection,
    delivery: &DeliveryRow,
    grace: Duration,
) -> Result<Option<Progress>, sqlx::Error> {
    let unreadable = |error: serde_json::Error| sqlx::Error::Decode(error.into());
    let effects = VecDeque::<Effect>::deserialize(&delivery.effects.0).map_err(unreadable)?;
    let progress = delivery.progress.as_ref().map(|progress| Progress::deserialize(&progress.0));
    let Progress { mut done, cursor } = progress.transpose().map_err(unreadable)?.unwrap_or_default();
    let event_name = delivery.event.clone();
    let actor = Actor::Webhook { event_name, delivery_id: delivery.delivery_id.clone() };
    let context = Context {
        account: AccountId::of_delivery(delivery.forge_account_id),
        stated_at: delivery.received_at,
        actor: &actor,
        request_id: &delivery.request_id,
        grace,
        dry_run: false,
    };
    let (started, mut remaining) = (Instant::now(), Remaining { effects, cursor });
    // A page that is not full is the last one.
    let is_last_page = remaining.effects.len() < EFFECTS as usize;
    while !remaining.effects.is_empty() {
        (remaining, _) = apply_next(connection, &context, remaining).await?;
        done = done.saturating_add(i32::from(remaining.cursor.is_none()));
        if remaining.cursor.is_some() || started.elapsed() >= PART {
            break;
        }
    }
    let is_done = remaining.effects.is_empty() && is_last_page;
    Ok((!is_done).then_some(Progress { done, cursor: remaining.cursor }))
}

async fn save_progress(
    connection: &mut PgConnection,
    id: i64,
    progress: &Progress,
) -> Result<Poll, sqlx::Error> {
    sqlx::query("select continue_webhook(p_id => $1, p_progress => $2)")
        .bind(id)
        .bind(Json(progress))
        .execute(connection)
        .await?;
    Ok(Poll::InProgress)
}

/// Records the end of an attempt, with the reason if it failed.
pub(super) async fn finish(
    connection: &mut PgConnection,
    (id, account): (i64, Uuid),
    failure: Option<String>,
) -> Result<Attempt, sqlx::Error> {
    sqlx::query_as(
        "select $3 as forge_account_id, delivery_id, event, state, attempts, reason
           from finish_webhook(p_id => $1, p_failure => $2)",
    )
    .bind(id)
    .bind(failure)
    .bind(account)
    .fetch_one(connection)
    .await
}

/// Returns the reason of a failure. It has no text of serde's or PostgreSQL's: both quote values.
fn reason(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(refusal) => format!("the database refused it: {}", Refusal::from(refusal)),
        None => "this version can't read what is to be done".to_owned(),
    }
}
