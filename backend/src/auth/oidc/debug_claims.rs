//! A token's claims, as its sender is shown them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::unverified::{SignedClaims, UnverifiedClaims, excerpt};

/// Some of the claims of a refused token, for whoever has to find out why it was refused.
///
/// The selection is fixed and every value is cut: unverified claims are a text that anybody may have
/// written. They go back to their sender as JSON strings. The token itself is never shown: it may still be
/// good elsewhere. Nor is `jti`, by which replays are recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DebugClaims {
    /// `true` if the signature was verified. Otherwise anybody can have written these claims.
    verified: bool,
    claims: Map<String, Value>,
}

const SHOWN: [&str; 16] = [
    "iss",
    "aud",
    "iat",
    "nbf",
    "exp",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "event_name",
    "ref",
    "environment",
    "workflow_ref",
    "job_workflow_ref",
    "run_id",
    "run_attempt",
];

impl DebugClaims {
    /// Claims whose signature was not checked, or was wrong.
    pub(super) fn unverified(claims: &UnverifiedClaims) -> Self {
        Self { verified: false, claims: select(claims.all()) }
    }

    /// Claims whose signature was right.
    pub(super) fn verified(claims: &SignedClaims) -> Self {
        Self { verified: true, claims: select(claims.all()) }
    }

    /// The claims as texts, with an entry that says whether they can be believed.
    pub(crate) fn to_texts(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let claims = self.claims.iter().map(|(name, value)| (name.clone(), text(value)));
        claims.chain([("(signature verified)".to_owned(), self.verified.to_string())]).collect()
    }
}

fn select(all: &Map<String, Value>) -> Map<String, Value> {
    let shown = SHOWN.iter().filter_map(|name| all.get_key_value(*name));
    shown.map(|(name, value)| (name.clone(), shortened(value))).collect()
}

/// Numbers and short strings stay what they are; everything else becomes a string and is cut.
fn shortened(value: &Value) -> Value {
    match value {
        Value::Number(_) | Value::Bool(_) | Value::Null => value.clone(),
        Value::String(text) => excerpt(text).into(),
        Value::Array(_) | Value::Object(_) => excerpt(&value.to_string()).into(),
    }
}

/// A value as an error text names it.
pub(super) fn shown(value: &Value) -> String {
    excerpt(&value.to_string())
}
