//! `GET /api/v1/auth/oidc` — no credential.

use serde::{Deserialize, Serialize};

/// What a workflow needs to know to get an id token that this backend takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct OidcDiscovery {
    /// The audience to ask an id token for; a token for any other is refused.
    pub audience: String,
    /// The issuers whose tokens are taken, each spelled as its tokens' `iss` is.
    pub issuers: Vec<String>,
}
