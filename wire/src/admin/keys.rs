//! `/api/v1/admin/keys` — scope `admin`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::bounded::{ExpiresInDays, OldKeyHours};
use super::key::{Key, KeyScope};
use super::key_name::KeyName;
use crate::Repository;
use crate::present::present;

/// An account's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct KeyList {
    /// The keys, oldest first, revoked and expired ones included.
    pub keys: Vec<Key>,
}

/// The longest list of repositories that a key can have.
pub const MAX_REPOSITORIES: usize = 100;

/// A key to be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
pub struct CreateKey {
    /// What the key is for.
    pub name: KeyName,
    /// What the key allows.
    pub scope: KeyScope,
    /// The only repositories that the key reaches, 1 to 100 of them; without it, all of the account's. A key
    /// with the scope `admin` takes no list.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", oai(validator(min_items = 1, max_items = 100)))]
    pub repositories: Option<Vec<Repository>>,
    /// After how many days the key stops working; without it, never.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub expires_in_days: Option<ExpiresInDays>,
}

/// A new key. This is the only time that it is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct CreatedKey {
    /// The whole key. Keep it in a secret: nobody can show it again.
    pub api_key: String,
    /// What is kept of it.
    pub key: Key,
}

impl fmt::Debug for CreatedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedKey").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The answer to a revocation; to a second one, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct RevokedKey {
    /// The key, with the time of its first revocation.
    pub key: Key,
}

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
