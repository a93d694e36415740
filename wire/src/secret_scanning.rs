//! `POST /api/v1/secret_scanning` — no credential but GitHub's signature.
//!
//! GitHub fixes these shapes: see "Secret scanning partner program" in its documentation.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that looks like an API key of phase-data, and its location. The request is a list of these.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct FoundToken {
    /// Returns the text.
    pub token: String,
    /// GitHub's name for keys of phase-data.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", oai(rename = "type"))]
    pub kind: String,
    /// URL of the location; can be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Kind of location, like `content`, `commit` or `pull_request_body`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl fmt::Debug for FoundToken {
    /// Omits the token, which can be a valid key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("FoundToken");
        shown.field("type", &self.kind).field("url", &self.url).finish_non_exhaustive()
    }
}

/// The result for a reported text. The answer is a list of these, in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct TokenFeedback {
    /// SHA-256 of the text, in hexadecimal.
    pub token_hash: String,
    /// The `type` of the request.
    pub token_type: String,
    /// Result of the check.
    pub label: TokenLabel,
}

/// Result of the check of a reported text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenLabel {
    /// The text was a key, and is revoked.
    TruePositive,
    /// The text was not a key of this backend.
    FalsePositive,
}

crate::schema::schema!(
    TokenLabel,
    crate::schema::words(
        "Result of the check: `true_positive` if the text was a key, which is now revoked; otherwise `false_positive`.",
        ["true_positive", "false_positive"].into_iter()
    )
);
