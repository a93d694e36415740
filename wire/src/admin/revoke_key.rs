//! `DELETE /api/v1/admin/keys/{key_id}` — scope `admin`.

use serde::{Deserialize, Serialize};

use super::Key;

/// The answer to a revocation; to a second one, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct RevokedKey {
    /// The key, with the time of its first revocation.
    pub key: Key,
}
