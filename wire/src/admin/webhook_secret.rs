//! `GET`, `POST` and `DELETE /api/v1/admin/webhook_secret` — scope `admin`.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::bounded::OldKeyHours;
use crate::present::present;

/// How a webhook's secret is to be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
pub struct MakeWebhookSecret {
    /// For how many hours the secret before it stays good; without it, 24.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub old_expires_in_hours: Option<OldKeyHours>,
}

/// A new secret. This is the only time that it is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct MadeWebhookSecret {
    /// The secret, for the field *Secret* of the webhook's settings.
    pub secret: String,
    /// What can be shown later.
    pub webhook: AccountWebhook,
}

/// An account's own webhook, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct AccountWebhook {
    /// Where GitHub delivers to, below this backend's address.
    pub path: String,
    /// When the secret was made; absent when there is none, and every delivery is refused.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    /// Until when the secret before it is good, too; absent when none is.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub old_expires_at: Option<OffsetDateTime>,
}

impl fmt::Debug for MadeWebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MadeWebhookSecret").field("webhook", &self.webhook).finish_non_exhaustive()
    }
}
