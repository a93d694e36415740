//! Error answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ProblemCode;
use crate::phase_data::ClaimHolder;

/// An error answer (RFC 9457) with additional members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct Problem {
    /// Path of this problem's description on the backend, or its URL if the public address of the backend is set.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", oai(rename = "type"))]
    pub kind: String,
    /// Short text, which depends only on the code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Problem of this request.
    pub detail: String,
    /// Problem code, for programs.
    pub code: ProblemCode,
    /// Action that solves the problem.
    pub hint: String,
    /// Id of the request in the backend's log.
    pub request_id: String,
    /// Place of the problem in the body of the request, as a JSON pointer (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The stored revision, if the request required another one; absent if none or more than one is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_revision: Option<i64>,
    /// The stored entity tag, including its quotes, if the request required another one; absent if nothing is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_etag: Option<String>,
    /// The holder of the claim that is in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<ClaimHolder>,
    /// Claims of the refused token for debugging, unverified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<BTreeMap<String, String>>,
}

impl Problem {
    /// Creates a problem with the title, status and hint of the code.
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
            holder: None,
            claims: None,
        }
    }
}
