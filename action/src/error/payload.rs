//! A document that can't be stored.

use super::FileError;

/// Why there is no document to store.
#[derive(Debug, thiserror::Error)]
#[error("{origin} {problem}")]
pub struct PayloadError {
    pub(crate) origin: String,
    pub(crate) problem: PayloadProblem,
}

/// What is wrong with a document.
#[derive(Debug, thiserror::Error)]
pub enum PayloadProblem {
    /// The file can't be read.
    #[error("can't be read: {0}")]
    Unreadable(FileError),
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// It begins with a byte order mark, which JSON does not allow.
    #[error("begins with a byte order mark (UTF-8 BOM), which JSON does not allow")]
    ByteOrderMark,
    /// It is encoded as UTF-16.
    #[error("is encoded as UTF-16, and JSON is UTF-8")]
    Utf16,
    /// It is not UTF-8.
    #[error("is not UTF-8: the first wrong byte is at offset {offset}")]
    NotUtf8 {
        /// How many bytes come before the wrong one.
        offset: usize,
    },
    /// It is not JSON.
    #[error("is not valid JSON: {what} at line {line}, column {column}")]
    NotJson {
        /// The kind of mistake.
        what: String,
        /// The line of the mistake.
        line: usize,
        /// The column of the mistake, in bytes.
        column: usize,
    },
}

impl PayloadError {
    /// What to change.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match &self.problem {
            PayloadProblem::Unreadable(error) => error.hint().unwrap_or(
                "Check that an earlier step of this job writes the file, and name it relative to the \
                 workspace: the action runs in a container, which sees no other directory of the runner.",
            ),
            PayloadProblem::Empty => {
                "Check the step that makes the document: an empty one would hide that it failed. \
                 To store that nothing was found, store [] or {}."
            }
            PayloadProblem::ByteOrderMark | PayloadProblem::Utf16 | PayloadProblem::NotUtf8 { .. } => {
                "Write the document as UTF-8 without a byte order mark (in PowerShell: \
                 -Encoding utf8NoBOM)."
            }
            PayloadProblem::NotJson { .. } => {
                "Correct the document there, or have its producer write JSON (`jq . file` shows the place)."
            }
        }
    }
}
