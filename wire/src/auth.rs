//! `GET /api/v1/auth/oidc` — no credential.

use serde::{Deserialize, Serialize};

/// The parameters of id tokens that this backend accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct OidcDiscovery {
    /// The audience to request an id token for. Tokens for another audience are refused.
    pub audience: String,
    /// The issuers whose tokens are accepted, exactly as in the claim `iss`.
    pub issuers: Vec<String>,
}
