//! `POST /api/v1/admin/keys/{key_id}/rotate` — scope `admin`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Key, OldKeyHours};
use crate::present::present;

/// How a key is to be replaced.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
pub struct RotateKey {
    /// For how many hours the old key goes on working; without it, 24. It never lives longer than it would
    /// have without the rotation.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub old_expires_in_hours: Option<OldKeyHours>,
}

/// A key's replacement. This is the only time that it is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct RotatedKey {
    /// The whole new key. Keep it in a secret: nobody can show it again.
    pub api_key: String,
    /// What is kept of the new key: the old one's name, scope, repositories and lifetime.
    pub key: Key,
    /// The old key, with the time at which it stops working.
    pub old_key: Key,
}

impl fmt::Debug for RotatedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RotatedKey");
        shown.field("key", &self.key).field("old_key", &self.old_key).finish_non_exhaustive()
    }
}
