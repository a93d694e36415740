//! The problem in a backend's answer.

use std::fmt;

use phase_data_wire::ProblemCode;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::text::one_line;

/// The problem that a backend answered with.
///
/// It is parsed more leniently than `wire::Problem`: a newer backend may have a code that this version does not know,
/// and its message must still reach the author of the workflow. All texts are safe to print.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BackendProblem {
    #[serde(skip)]
    status: u16,
    code: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    hint: String,
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    pointer: Option<String>,
    #[serde(default)]
    current_revision: Option<i64>,
    #[serde(default, deserialize_with = "claims")]
    claims: Vec<(String, String)>,
}

/// A token of GitHub has fewer.
const MAX_CLAIMS: usize = 60;

impl BackendProblem {
    /// Parses a problem; `None` if the body is not a problem.
    ///
    /// `redact` removes secrets, before the texts are truncated: a truncated secret would not be recognised.
    pub(crate) fn parse(status: u16, body: &[u8], redact: &dyn Fn(&str) -> String) -> Option<Self> {
        let raw: Self = serde_json::from_slice(body).ok()?;
        let shown = |text: &str, max| one_line(&redact(text), max);
        // Sorted by name: the answer's order is undefined.
        let mut claims = raw.claims.clone();
        claims.sort();
        let claims = claims.iter().take(MAX_CLAIMS);
        Some(Self {
            status,
            code: shown(&raw.code, 60),
            title: shown(&raw.title, 120),
            detail: shown(&raw.detail, 500),
            hint: shown(&raw.hint, 500),
            request_id: shown(&raw.request_id, 80),
            pointer: raw.pointer.map(|pointer| shown(&pointer, 200)),
            current_revision: raw.current_revision,
            claims: claims.map(|(name, value)| (shown(name, 60), shown(value, 300))).collect(),
        })
    }

    /// Returns the problem of a store, with the pointer within the document instead of the request, which has it as `data`.
    pub(crate) fn within_document(mut self) -> Self {
        if let Some(within) = self.pointer.as_deref().and_then(|pointer| pointer.strip_prefix("/data")) {
            self.pointer = (within.starts_with('/')).then(|| within.to_owned());
        }
        self
    }

    /// Checks the code, and that the status is that of the code: with another status the answer is not the backend's.
    #[must_use]
    pub fn is(&self, code: ProblemCode) -> bool {
        self.code == code.as_str() && self.status == code.status()
    }

    /// Returns the code.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    /// Returns the unverified claims of the refused token by name, for debugging. May be empty.
    #[must_use]
    pub fn claims(&self) -> &[(String, String)] {
        &self.claims
    }

    /// Returns the stored revision, if the problem names one.
    #[must_use]
    pub fn current_revision(&self) -> Option<i64> {
        self.current_revision
    }

    /// Returns the HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the backend's hint; may be empty.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

/// Parses the claims leniently: a malformed one must not hide the problem.
fn claims<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    let Value::Object(members) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(members.into_iter().map(|(name, value)| (name, text(value))).collect())
}

impl fmt::Display for BackendProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let explanation = if self.detail.is_empty() { &self.title } else { &self.detail };
        write!(f, "{} ({} {}", explanation.trim_end_matches('.'), self.status, self.code)?;
        if let Some(pointer) = &self.pointer {
            write!(f, ", at {pointer:?}")?;
        }
        if !self.request_id.is_empty() {
            write!(f, ", request {}", self.request_id)?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &[u8]) -> Option<BackendProblem> {
        BackendProblem::parse(status, body, &str::to_owned)
    }

    #[test]
    fn a_secret_is_taken_out_before_a_text_is_cut() {
        let body = format!(r#"{{"code":"c","detail":"{}code"}}"#, "x".repeat(498));
        let problem = BackendProblem::parse(401, body.as_bytes(), &|text| text.replace("code", "***"));
        assert_eq!(problem.expect("a problem").detail, format!("{}**…", "x".repeat(498)));
    }

    #[test]
    fn a_problem_of_a_newer_backend_is_understood() {
        let body = br#"{"code":"quota_exceeded","detail":"Too\nmuch.","hint":"Pay.","new":[1]}"#;
        let problem = read(402, body).expect("a problem");
        assert_eq!(problem.to_string(), "Too much (402 quota_exceeded)");
        assert_eq!(problem.hint(), "Pay.");
    }

    #[test]
    fn claims_are_read_as_far_as_they_can_be_shown() {
        let claims = |claims: &str| {
            let body = format!(r#"{{"code":"c","claims":{claims}}}"#);
            read(401, body.as_bytes()).expect("a problem").claims
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(claims(r#"{"a\n":"x\ny","b":1}"#), [pair("a ", "x y"), pair("b", "1")]);
        for none in ["{}", "null", "[1]", "\"x\""] {
            assert_eq!(claims(none), []);
        }
    }

    #[test]
    fn the_pointer_of_a_store_is_within_the_document() {
        for (pointer, shown) in [
            ("/data/a/0", "x (422 c, at \"/a/0\")"),
            ("/data/data", "x (422 c, at \"/data\")"),
            ("/data/", "x (422 c, at \"/\")"),
            ("/data", "x (422 c)"),
            ("/commit_sha", "x (422 c, at \"/commit_sha\")"),
        ] {
            let body = format!(r#"{{"code":"c","detail":"x","pointer":"{pointer}"}}"#);
            let problem = read(422, body.as_bytes()).expect("a problem").within_document();
            assert_eq!(problem.to_string(), shown);
        }
    }

    #[test]
    fn what_has_no_code_is_no_problem() {
        for body in [&b"{}"[..], b"<html>", b"", b"{\"error\":\"x\"}", b"[]"] {
            assert_eq!(read(404, body), None);
        }
    }

    #[test]
    fn every_problem_of_this_version_is_understood() {
        for code in ProblemCode::ALL {
            let problem = phase_data_wire::Problem::new(*code, "Why.", "r1");
            let body = serde_json::to_vec(&problem).expect("JSON");
            let problem = read(code.status(), &body).expect("a problem");
            assert!(problem.is(*code));
            assert_eq!(problem.hint(), code.hint());
        }
    }
}
