//! A document that can't be stored.

use super::FileError;

/// The document to store is missing or not valid.
#[derive(Debug, thiserror::Error)]
#[error("{origin} {problem}")]
pub struct PayloadError {
    pub(crate) origin: String,
    pub(crate) problem: PayloadProblem,
}

/// The problem of a document.
#[derive(Debug, thiserror::Error)]
pub enum PayloadProblem {
    /// The file can't be read.
    #[error("can't be read: {0}")]
    Unreadable(FileError),
    /// It is empty.
    #[error("is empty")]
    Empty,
    /// It begins with a byte order mark, which JSON does not allow.
    #[error("begins with a byte order mark (UTF-8 BOM), which JSON does not allow")]
    ByteOrderMark,
    /// It is encoded as UTF-16.
    #[error("is encoded as UTF-16, and JSON is UTF-8")]
    Utf16,
    /// It is not UTF-8.
    #[error("is not UTF-8: the first invalid byte is at offset {offset}")]
    NotUtf8 {
        /// The offset of the first invalid byte.
        offset: usize,
    },
    /// It is not JSON.
    #[error("is not valid JSON: {what} at line {line}, column {column}")]
    NotJson {
        /// The kind of syntax error.
        what: String,
        /// The line of the error.
        line: usize,
        /// The column of the error, in bytes.
        column: usize,
    },
}

impl PayloadError {
    /// Says what to change.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match &self.problem {
            PayloadProblem::Unreadable(error) => error.hint().unwrap_or(
                "Check that an earlier step of this job writes the file, and use a path relative to the workspace: the \
                 action runs in a container, which has no other directory of the runner.",
            ),
            PayloadProblem::Empty => {
                "Check the step that creates the document: an empty document would hide its failure. \
                 To store an empty result, store [] or {}."
            }
            PayloadProblem::ByteOrderMark | PayloadProblem::Utf16 | PayloadProblem::NotUtf8 { .. } => {
                "Write the document as UTF-8 without a byte order mark (in PowerShell: \
                 -Encoding utf8NoBOM)."
            }
            PayloadProblem::NotJson { .. } => {
                "Correct the document at that position, or change its producer to write JSON (`jq . file` shows the position)."
            }
        }
    }
}
