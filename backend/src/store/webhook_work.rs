//! The queue in `webhook_delivery`: what deliveries ask for, done.

use std::time::Duration;

use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{Connection, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::work::{Order, carry_out};
use super::{Db, StoreError};
use crate::auth::{AccountId, Actor};
use crate::domain::Work;

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
    let order = Order { account, asked_at: received_at, actor: &actor, request_id: &request_id, grace };
    // What goes wrong here is undone alone: the delivery stays taken, and keeps the reason.
    let mut effects = Connection::begin(&mut *transaction).await?;
    let done = match Vec::<Work>::deserialize(&work.0) {
        Ok(work) => carry_out(&mut effects, &order, &work).await,
        Err(error) => Err(sqlx::Error::Decode(error.into())),
    };
    let failure = match done {
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
