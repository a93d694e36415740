//! `GET` and `PUT /api/v1/admin/retention` — scope `admin`.

use serde::{Deserialize, Serialize};

use super::bounded::{EventDays, GraceDays};
use crate::ExpiresInSeconds;
use crate::present::present;

/// How long an account's data is kept. What is left out is as the backend's operator has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
pub struct Retention {
    /// For how many days closed data can be brought back, before it is removed for good; 0 removes it at
    /// once. It holds for what is closed from now on.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub grace_days: Option<GraceDays>,
    /// After how many seconds a document expires if its store does not say; without it, never. It holds for
    /// what is stored from now on.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub expires_in_seconds: Option<ExpiresInSeconds>,
    /// For how many days events are kept; older ones are removed for good within an hour or so. Revisions go on counting
    /// all the same.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub event_days: Option<EventDays>,
}
