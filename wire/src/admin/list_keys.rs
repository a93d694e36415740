//! `GET /api/v1/admin/keys` — scope `admin`.

use serde::{Deserialize, Serialize};

use super::Key;

/// An account's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct KeyList {
    /// The keys, oldest first, revoked and expired ones included.
    pub keys: Vec<Key>,
}
