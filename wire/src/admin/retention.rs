//! `GET` and `PUT /api/v1/admin/retention` — scope `admin`.

use serde::{Deserialize, Serialize};

use super::bounded::{EventDays, GraceDays};
use crate::ExpiresInSeconds;
use crate::present::present;

/// The retention of an account's data. Omitted members have the backend's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
pub struct Retention {
    /// Days for which closed data can be restored, before it is removed permanently; 0 removes it at once. Applies to data
    /// that is closed from now on.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub grace_days: Option<GraceDays>,
    /// Seconds until a document expires if its store sets no expiry. Default: never. Applies to documents that are stored
    /// from now on.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub expires_in_seconds: Option<ExpiresInSeconds>,
    /// Days for which events are kept. Older ones are removed permanently within about an hour. Revisions are not reset.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub event_days: Option<EventDays>,
}
