//! `/api/v1/admin/keys` — scope `admin`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::bounded::{ExpiresInDays, OldKeyHours};
use super::key::{Key, KeyScope};
use super::key_name::KeyName;
use crate::Repository;
use crate::present::present;

/// The API keys of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct KeyList {
    /// The keys, oldest first, including revoked and expired ones.
    pub keys: Vec<Key>,
}

/// The maximum number of repositories of a key.
pub const MAX_REPOSITORIES: usize = 100;

/// A request for a new key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
pub struct CreateKey {
    /// The purpose of the key.
    pub name: KeyName,
    /// The scope of the key.
    pub scope: KeyScope,
    /// The repositories that the key is valid for, 1 to 100. Default: all of the account. Not allowed for the scope
    /// `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", oai(validator(min_items = 1, max_items = 100)))]
    pub repositories: Option<Vec<Repository>>,
    /// Days until the key expires. Default: never.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub expires_in_days: Option<ExpiresInDays>,
}

/// A new key. It is returned only once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct CreatedKey {
    /// The complete key. Store it as a secret: it can't be retrieved again.
    pub api_key: String,
    /// The properties of the key.
    pub key: Key,
}

impl fmt::Debug for CreatedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedKey").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The answer to a revocation, also to a repeated one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct RevokedKey {
    /// The key, with the time of its first revocation.
    pub key: Key,
}

/// A request to replace a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
pub struct RotateKey {
    /// Hours for which the old key stays valid. Default: 24. The rotation never extends the lifetime of the old key.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub old_expires_in_hours: Option<OldKeyHours>,
}

/// The replacement of a key. The new key is returned only once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct RotatedKey {
    /// The complete new key. Store it as a secret: it can't be retrieved again.
    pub api_key: String,
    /// The properties of the new key: the name, scope, repositories and lifetime of the old one.
    pub key: Key,
    /// The old key, with the time at which it expires.
    pub old_key: Key,
}

impl fmt::Debug for RotatedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("RotatedKey");
        shown.field("key", &self.key).field("old_key", &self.old_key).finish_non_exhaustive()
    }
}
