//! `POST /api/v1/secret_scanning` — no credential but GitHub's signature.
//!
//! GitHub fixes these shapes: see "Secret scanning partner program" in its documentation.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that looks like one of our keys, and where it was found. The request is a list of these.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct FoundToken {
    /// The text.
    pub token: String,
    /// What GitHub calls our keys.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", oai(rename = "type"))]
    pub kind: String,
    /// Where it was found; may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What kind of place that is, like `content`, `commit` or `pull_request_body`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl fmt::Debug for FoundToken {
    /// Without the token: nobody knows yet whether it works.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("FoundToken");
        shown.field("type", &self.kind).field("url", &self.url).finish_non_exhaustive()
    }
}

/// What became of one of them. The answer is a list of these, in the order of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct TokenFeedback {
    /// SHA-256 of the text, in hexadecimal.
    pub token_hash: String,
    /// The `type` of the request.
    pub token_type: String,
    /// Whether it was a key of ours.
    pub label: TokenLabel,
}

/// Whether a text was a key of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenLabel {
    /// It was, and is revoked now.
    TruePositive,
    /// It was not.
    FalsePositive,
}

crate::schema::schema!(
    TokenLabel,
    crate::schema::words(
        "`true_positive`: it was a key of ours, and is revoked now; `false_positive`: it was not.",
        ["true_positive", "false_positive"].into_iter()
    )
);
