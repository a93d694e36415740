//! The stored JSON.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// One JSON value of any kind, as text.
///
/// It is never parsed into a tree, which would round long integers, refuse `1e400`, and cost more than the rest of the
/// request. Two documents are equal if their texts are equal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Document(Box<RawValue>);

impl Document {
    /// Parses a text that must be exactly one JSON value.
    ///
    /// # Errors
    /// If the text is anything else: with line and column.
    pub fn parse(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(Self)
    }

    /// Returns the JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Document {}

crate::schema::schema!(
    Document,
    MetaSchema {
        description: Some("Any JSON value."),
        example: Some(
            serde_json::json!({"tool": "semgrep", "findings": [{"rule": "sql-injection", "path": "src/db.py", "line": 14}]})
        ),
        ..MetaSchema::ANY
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_survive() {
        let text = r#"{"n":123456789012345678901234567890,"x":1e400,"z":-0.10}"#;
        let document: Document = serde_json::from_str(text).expect("valid JSON");
        assert_eq!(serde_json::to_string(&document).expect("text"), text);
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        let refusal = Document::parse("{\n  \"a\": }".into()).expect_err("not JSON");
        assert_eq!((refusal.line(), refusal.column()), (2, 8));
    }
}
