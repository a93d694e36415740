//! Every error.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ProblemCode;

/// Every error that the backend answers, as RFC 9457 describes it, with members of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct Problem {
    /// Where this kind of problem is described: a path on the backend, or a URL if its public address is set.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", oai(rename = "type"))]
    pub kind: String,
    /// The kind of problem, in a few words; the same for every occurrence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong with this request.
    pub detail: String,
    /// The kind of problem, for programs.
    pub code: ProblemCode,
    /// What to do about it.
    pub hint: String,
    /// Names this request in the backend's log.
    pub request_id: String,
    /// Where in the request's body the problem lies, as a JSON pointer (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The revision that is stored, when the request asked for something else; absent when none or more than one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_revision: Option<i64>,
    /// The entity tag of what is stored, quotes included, when the request asked for something else; absent when nothing
    /// is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_etag: Option<String>,
    /// The claims of the refused token, unverified, for debugging.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<BTreeMap<String, String>>,
}

impl Problem {
    /// A problem of this kind, with the code's own title, status and hint.
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>, request_id: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems#{code}"),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            code,
            hint: code.hint().to_owned(),
            request_id: request_id.into(),
            pointer: None,
            current_revision: None,
            current_etag: None,
            claims: None,
        }
    }
}
