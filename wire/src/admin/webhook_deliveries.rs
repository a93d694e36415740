//! `GET /api/v1/admin/webhook_deliveries` — scope `admin`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Extensible, OpenEnum};

/// An account's deliveries, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct WebhookDeliveries {
    /// The deliveries of this page.
    pub deliveries: Vec<WebhookDelivery>,
    /// There are older ones: send this as `before` to get them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// One delivery. Its payload is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct WebhookDelivery {
    /// Its number; later ones are larger.
    pub id: i64,
    /// GitHub's name for it, the same when it is delivered again.
    pub delivery_id: String,
    /// The event, like `issues`.
    pub event: String,
    /// The event's action, like `closed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// How it stands.
    pub state: Extensible<DeliveryState>,
    /// Why it was ignored, why it failed, or why the last try did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How often it was tried without success.
    pub attempts: i32,
    /// When it first came.
    #[serde(with = "time::serde::rfc3339")]
    pub received_at: OffsetDateTime,
    /// When it is tried next, while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub next_try_at: Option<OffsetDateTime>,
    /// When it was done, ignored or given up.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub finished_at: Option<OffsetDateTime>,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It waits to be done, or to be tried again.
    Pending,
    /// What it asked for is done.
    Done,
    /// It can't be done. A redelivery tries again.
    Failed,
    /// There was nothing to do.
    Ignored,
}

/// A text that is no [`DeliveryState`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no delivery state {0:?}: write pending, done, failed or ignored")]
pub struct DeliveryStateError(String);

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Done, Self::Failed, Self::Ignored];
}

impl OpenEnum for DeliveryState {
    const NAME: &'static str = "WebhookDeliveryState";
    const DESCRIPTION: &'static str = "How a delivery stands. `pending`: waits to be done or tried again; `done`; \
        `failed`: can't be done, a redelivery tries again; `ignored`: there was nothing to do. Later releases may add \
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
        "`pending`: waits to be done or tried again; `done`; `failed`: can't be done, a redelivery tries again; \
         `ignored`: there was nothing to do.",
        DeliveryState::ALL.into_iter().map(DeliveryState::as_str)
    )
);
crate::schema::parameter!(DeliveryState);
