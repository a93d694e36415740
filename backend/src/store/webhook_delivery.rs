//! `webhook_delivery`: deliveries as they come and as they stand. What they ask for is done in
//! [`webhook_work`](super::webhook_work).

use std::time::Duration;

use phase_data_wire::admin::{DeliveryState, WebhookDelivery};
use phase_data_wire::webhooks::ReceivedWebhook;
use phase_data_wire::{Extensible, Words as _};
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::db::Access;
use super::values::WebhookReceipt;
use super::{Db, Statement, StoreError};
use crate::auth::{AccountId, VerifiedHook};
use crate::domain::{Heard, Verdict};

/// How the forge names a delivery, and ours names the request that brought it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeliveryNames<'a> {
    pub(crate) delivery_id: &'a str,
    pub(crate) event: &'a str,
    pub(crate) request_id: &'a str,
}

/// What maintenance finds.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Tended {
    /// How many settled deliveries were forgotten.
    pub(crate) forgotten: i64,
    /// How many wait for too long.
    pub(crate) stuck: i64,
    /// Since when the oldest of these does.
    pub(crate) oldest: Option<OffsetDateTime>,
}

/// Writes down a delivery; answers how it stands. One that came before stays as it is, unless it had failed.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn receive(
    db: &Db,
    hook: VerifiedHook,
    names: DeliveryNames<'_>,
    heard: &Heard,
) -> Result<ReceivedWebhook, StoreError> {
    let (state, reason, work) = match &heard.verdict {
        Verdict::Work(work) => ("pending", None, Some(Json(work.as_slice()))),
        Verdict::Done => ("done", None, None),
        Verdict::Ignored(reason) => ("ignored", Some(reason), None),
        Verdict::Broken(reason) => ("failed", Some(reason), None),
    };
    let receive = Statement::new(
        "select state, reason
           from receive_webhook(p_account => $1, p_owner_id => $2, p_login => $3, p_introduces => $4, p_receipt => $5)",
    )
    .bind(hook.account().map(AccountId::get))
    .bind(heard.owner.as_ref().map(|owner| owner.id))
    .bind(heard.owner.as_ref().map(|owner| owner.login.as_str()))
    .bind(heard.introduces_owner)
    .bind(WebhookReceipt {
        delivery_id: names.delivery_id,
        event: names.event,
        action: heard.action.as_deref(),
        state,
        reason: reason.map(String::as_str),
        work,
        request_id: names.request_id,
    });
    // An account's own webhook has proven whose it is; the App's may be about anybody.
    let lane = hook.account().map_or_else(|| db.unproven(Access::Write), |account| db.write(account));
    let (state, reason): (String, _) = lane.fetch_one(receive).await?;
    Ok(ReceivedWebhook { delivery_id: names.delivery_id.to_owned(), state: Extensible::of(&state), reason })
}

/// Forgets settled deliveries that are old, up to so many, and counts those that wait for too long.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn tend(
    db: &Db,
    keep: Duration,
    stuck_after: Duration,
    limit: i32,
) -> Result<Tended, StoreError> {
    let tend = Statement::new("select forgotten, stuck, oldest from tend_webhook_deliveries(p_keep => $1, p_stuck_after => $2, p_limit => $3)")
        .bind(keep)
        .bind(stuck_after)
        .bind(limit);
    db.job().fetch_one(tend).await
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
    settled_at: Option<OffsetDateTime>,
}

/// An account's deliveries from before this one on, the newest first.
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
                settled_at
           from webhook_deliveries(p_account => $1, p_state => $2, p_before => $3, p_limit => $4)",
    )
    .bind(account.get())
    .bind(state.map(DeliveryState::as_str))
    .bind(before)
    .bind(limit);
    let rows = db.read(account).fetch_all(list).await?;
    Ok(rows.into_iter().map(delivery).collect())
}

/// A delivery that failed for good, of whichever account.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct FailedDelivery {
    #[sqlx(rename = "forge_account_id")]
    pub(crate) account: Option<Uuid>,
    pub(crate) delivery_id: String,
    pub(crate) event: String,
    pub(crate) attempts: i32,
    /// Tries that the process did not survive.
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
        settled_at: row.settled_at,
    }
}
