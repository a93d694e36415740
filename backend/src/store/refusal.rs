//! Refusals of PostgreSQL, without the values that its messages quote.

use sqlx::error::DatabaseError;

/// A refused statement: PostgreSQL's code for the reason, and what it is about. The message of a data exception
/// quotes the value (`invalid input syntax for type integer: "…"`), which may be a part of somebody's document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("SQLSTATE {code}{}{}", about("table", .table), about("constraint", .constraint))]
pub(crate) struct Refusal {
    code: String,
    table: Option<String>,
    constraint: Option<String>,
}

impl From<&dyn DatabaseError> for Refusal {
    fn from(error: &dyn DatabaseError) -> Self {
        Self {
            code: error.code().map_or_else(|| "unknown".to_owned(), std::borrow::Cow::into_owned),
            table: error.table().map(str::to_owned),
            constraint: error.constraint().map(str::to_owned),
        }
    }
}

fn about(kind: &str, name: &Option<String>) -> String {
    name.as_ref().map_or_else(String::new, |name| format!(", {kind} {name}"))
}
