//! A problem as any version of the backend may send it.

use std::fmt;

use phase_data_wire::ProblemCode;
use serde::Deserialize;

use crate::text::one_line;

/// The backend's reason for not doing what was asked.
///
/// It is read more leniently than `wire::Problem`: a newer backend may have a code that this version
/// does not know, and its message must reach the workflow's author all the same. All texts are
/// fit to be shown.
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
}

impl BackendProblem {
    /// Nothing, if the body is no problem.
    pub(super) fn parse(status: u16, body: &[u8]) -> Option<Self> {
        let raw: Self = serde_json::from_slice(body).ok()?;
        Some(Self {
            status,
            code: one_line(&raw.code, 60),
            title: one_line(&raw.title, 120),
            detail: one_line(&raw.detail, 500),
            hint: one_line(&raw.hint, 500),
            request_id: one_line(&raw.request_id, 80),
            pointer: raw.pointer.map(|pointer| one_line(&pointer, 200)),
        })
    }

    /// Whether it is of this kind.
    #[must_use]
    pub fn is(&self, code: ProblemCode) -> bool {
        self.code == code.as_str()
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// What the backend says to do about it; may be empty.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for BackendProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = if self.detail.is_empty() { &self.title } else { &self.detail };
        write!(f, "{} ({} {}", said.trim_end_matches('.'), self.status, self.code)?;
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

    #[test]
    fn a_problem_of_a_newer_backend_is_understood() {
        let body = br#"{"code":"quota_exceeded","detail":"Too\nmuch.","hint":"Pay.","new":[1]}"#;
        let problem = BackendProblem::parse(402, body).expect("a problem");
        assert_eq!(problem.to_string(), "Too much (402 quota_exceeded)");
        assert_eq!(problem.hint(), "Pay.");
    }

    #[test]
    fn what_has_no_code_is_no_problem() {
        for body in [&b"{}"[..], b"<html>", b"", b"{\"error\":\"x\"}", b"[]"] {
            assert_eq!(BackendProblem::parse(404, body), None);
        }
    }

    #[test]
    fn every_problem_of_this_version_is_understood() {
        for code in ProblemCode::ALL {
            let problem = phase_data_wire::Problem::new(*code, "Why.", "r1");
            let body = serde_json::to_vec(&problem).expect("JSON");
            let read = BackendProblem::parse(code.status(), &body).expect("a problem");
            assert!(read.is(*code));
            assert_eq!(read.hint(), code.hint());
        }
    }
}
