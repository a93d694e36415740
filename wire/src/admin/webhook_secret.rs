//! `GET`, `POST` and `DELETE /api/v1/admin/webhook_secret` — scope `admin`.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::bounded::OldKeyHours;
use crate::present::present;

/// A request for a new webhook secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
pub struct MakeWebhookSecret {
    /// Hours for which the previous secret stays valid. Default: 24.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub old_expires_in_hours: Option<OldKeyHours>,
}

/// A new webhook secret. It is returned only once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct MadeWebhookSecret {
    /// The secret, for the field *Secret* of the webhook's settings.
    pub secret: String,
    /// The webhook, without the secret.
    pub webhook: AccountWebhook,
}

/// The webhook of an account, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct AccountWebhook {
    /// Path of the payload URL, below the address of this backend.
    pub path: String,
    /// Time of the secret's creation; absent if there is no secret. Then every delivery is refused.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub created_at: Option<OffsetDateTime>,
    /// Time at which the previous secret expires; absent if none is valid.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub old_expires_at: Option<OffsetDateTime>,
}

impl fmt::Debug for MadeWebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MadeWebhookSecret").field("webhook", &self.webhook).finish_non_exhaustive()
    }
}
