//! `GET /api/v1/admin/webhook_deliveries` — scope `admin`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Extensible, OpenEnum};

/// Webhook deliveries of an account, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct WebhookDeliveries {
    /// The deliveries of this page.
    pub deliveries: Vec<WebhookDelivery>,
    /// The value of `before` for the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// A webhook delivery, without its payload, which is not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct WebhookDelivery {
    /// Sequence number, which increases with time.
    pub id: i64,
    /// GitHub's id of the delivery. A redelivery has the same id.
    pub delivery_id: String,
    /// The event, like `issues`.
    pub event: String,
    /// The event's action, like `closed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// State of the delivery.
    pub state: Extensible<DeliveryState>,
    /// Reason why the delivery was ignored or failed, or why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Number of failed attempts.
    pub attempts: i32,
    /// Time at which it was first received.
    #[serde(with = "time::serde::rfc3339")]
    pub received_at: OffsetDateTime,
    /// Time of the next attempt, if the delivery is pending.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub next_try_at: Option<OffsetDateTime>,
    /// Time at which it was processed, ignored or failed for the last time.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

/// The state of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It waits for an attempt.
    Pending,
    /// It was processed.
    Done,
    /// It could not be processed. A redelivery starts again.
    Failed,
    /// It required no change.
    Ignored,
}

/// An invalid [`DeliveryState`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown delivery state {0:?}: write pending, done, failed or ignored")]
pub struct DeliveryStateError(String);

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Done, Self::Failed, Self::Ignored];
}

impl OpenEnum for DeliveryState {
    const NAME: &'static str = "WebhookDeliveryState";
    const DESCRIPTION: &'static str = "State of a delivery. `pending`: waits for an attempt; `done`: processed; `failed`: \
        could not be processed, and a redelivery starts again; `ignored`: required no change. Later releases may add \
        others.";
    const EXAMPLE: Self = Self::Done;

    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Ignored => "ignored",
        }
    }
}

impl FromStr for DeliveryState {
    type Err = DeliveryStateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or_else(|| DeliveryStateError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

crate::serde_as_string!(DeliveryState);

crate::schema::schema!(
    DeliveryState,
    crate::schema::words(
        "State of a delivery. `pending`: waits for an attempt; `done`: processed; `failed`: could not be processed, and \
         a redelivery starts again; `ignored`: required no change.",
        DeliveryState::ALL.into_iter().map(DeliveryState::as_str)
    )
);
crate::schema::parameter!(DeliveryState);
