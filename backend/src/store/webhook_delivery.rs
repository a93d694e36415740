//! `webhook_delivery`: receives deliveries, lists them and prunes them. [`webhook_worker`](super::webhook_worker) applies
//! their effects.

use std::time::Duration;

use phase_data_wire::admin::{DeliveryState, WebhookDelivery};
use phase_data_wire::webhooks::ReceivedWebhook;
use phase_data_wire::{Extensible, OpenEnum as _};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::db::Access;
use super::values::ReceivedDelivery;
use super::{Db, Statement, StoreError};
use crate::auth::{AccountId, VerifiedHook};
use crate::domain::{ParsedDelivery, Plan};

/// The forge's names of a delivery, and the id of the request that brought it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeliveryNames<'a> {
    pub(crate) delivery_id: &'a str,
    pub(crate) event: &'a str,
    pub(crate) request_id: &'a str,
}

/// The result of pruning.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Pruned {
    /// The number of settled deliveries that were deleted.
    #[sqlx(rename = "forgotten")]
    pub(crate) deleted: i64,
    /// The number of deliveries that wait for too long.
    pub(crate) stuck: i64,
    /// The time at which the oldest of these was received.
    pub(crate) oldest: Option<OffsetDateTime>,
}

/// Stores a delivery and returns its state. One that was received before stays as it is, unless it had failed.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn receive(
    db: &Db,
    hook: VerifiedHook,
    names: DeliveryNames<'_>,
    delivery: &ParsedDelivery,
) -> Result<ReceivedWebhook, StoreError> {
    let (state, reason, effects) = match &delivery.plan {
        Plan::Apply(effects) => ("pending", None, Some(Json(effects.as_slice()))),
        Plan::NoEffects => ("done", None, None),
        Plan::Ignore(reason) => ("ignored", Some(reason), None),
        Plan::Reject(reason) => ("failed", Some(reason), None),
    };
    let receive = Statement::new(
        "select state, reason
           from receive_webhook(p_account => $1, p_owner_id => $2, p_login => $3, p_introduces => $4, p_delivery => $5)",
    )
    .bind(hook.account().map(AccountId::get))
    .bind(delivery.owner.as_ref().map(|owner| owner.id))
    .bind(delivery.owner.as_ref().map(|owner| owner.login.as_str()))
    .bind(delivery.registers_owner)
    .bind(ReceivedDelivery {
        delivery_id: names.delivery_id,
        event: names.event,
        action: delivery.action.as_deref(),
        state,
        reason: reason.map(String::as_str),
        effects,
        request_id: names.request_id,
    });
    // An account's own webhook has proven whose it is; the App's may be about anybody.
    let lane = hook.account().map_or_else(|| db.unproven(Access::Write), |account| db.write(account));
    let (state, reason): (String, _) = lane.fetch_one(receive).await?;
    Ok(ReceivedWebhook { delivery_id: names.delivery_id.to_owned(), state: Extensible::of(&state), reason })
}

/// Deletes settled deliveries that are older than `keep`, at most `limit`, and counts those that wait for too long.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn prune(
    db: &Db,
    keep: Duration,
    stuck_after: Duration,
    limit: i32,
) -> Result<Pruned, StoreError> {
    let prune = Statement::new("select forgotten, stuck, oldest from prune_webhook_deliveries(p_keep => $1, p_stuck_after => $2, p_limit => $3)")
        .bind(keep)
        .bind(stuck_after)
        .bind(limit);
    db.job().fetch_one(prune).await
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    delivery_id: String,
    event: String,
    action: Option<String>,
    state: String,
    reason: Option<String>,
    attempts: i32,
    received_at: OffsetDateTime,
    next_try_at: Option<OffsetDateTime>,
    finished_at: Option<OffsetDateTime>,
}

/// Lists an account's deliveries from before this one on, the newest first.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn list(
    db: &Db,
    account: AccountId,
    state: Option<DeliveryState>,
    before: Option<i64>,
    limit: i32,
) -> Result<Vec<WebhookDelivery>, StoreError> {
    let list = Statement::new(
        "select id, delivery_id, event, action, state, reason, attempts, received_at, next_try_at,
                finished_at
           from webhook_deliveries(p_account => $1, p_state => $2, p_before => $3, p_limit => $4)",
    )
    .bind(account.get())
    .bind(state.map(DeliveryState::as_str))
    .bind(before)
    .bind(limit);
    let rows = db.read(account).fetch_all(list).await?;
    Ok(rows.into_iter().map(delivery).collect())
}

/// A delivery that failed for good.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct FailedDelivery {
    #[sqlx(rename = "forge_account_id")]
    pub(crate) account: Option<Uuid>,
    pub(crate) delivery_id: String,
    pub(crate) event: String,
    pub(crate) attempts: i32,
    /// The number of attempts that the process did not survive.
    pub(crate) unfinished: i32,
    pub(crate) received_at: OffsetDateTime,
    pub(crate) reason: Option<String>,
}

/// Returns the deliveries of all accounts that failed for good, the newest first.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn failed(db: &Db, limit: i32) -> Result<Vec<FailedDelivery>, StoreError> {
    let list = Statement::new(
        "select forge_account_id, delivery_id, event, attempts, unfinished, received_at, reason
           from failed_webhook_deliveries(p_limit => $1)",
    );
    db.job().fetch_all(list.bind(limit)).await
}

fn delivery(row: Row) -> WebhookDelivery {
    WebhookDelivery {
        id: row.id,
        delivery_id: row.delivery_id,
        event: row.event,
        action: row.action,
        state: Extensible::of(&row.state),
        reason: row.reason,
        attempts: row.attempts,
        received_at: row.received_at,
        next_try_at: row.next_try_at,
        finished_at: row.finished_at,
    }
}
