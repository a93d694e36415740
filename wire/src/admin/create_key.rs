//! `POST /api/v1/admin/keys` — scope `admin`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ExpiresInDays, Key, KeyName, KeyScope};
use crate::Repository;
use crate::present::present;

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
