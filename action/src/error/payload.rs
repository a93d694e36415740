//! A document that can't be stored.
//!
//! Messages name the position, never the content: a document may contain secrets.

use std::fmt;

use super::FileError;

mod flaw;
mod format;

pub use flaw::Flaw;
pub use format::ForeignFormat;

/// The document to store is missing or not valid.
#[derive(Debug, thiserror::Error)]
#[error("{origin} {problem}")]
pub struct PayloadError {
    origin: String,
    problem: PayloadProblem,
    hint: String,
}

/// The problem of a document.
#[derive(Debug, thiserror::Error)]
pub enum PayloadProblem {
    /// The file can't be read.
    #[error("can't be read: {0}")]
    Unreadable(FileError),
    /// Standard input can't be read.
    #[error("can't be read: {0}")]
    StandardInput(FileError),
    /// It is empty.
    #[error("is empty")]
    Empty,
    /// It has another format.
    #[error("{}", .0.description())]
    Foreign(ForeignFormat),
    /// It is not UTF-8.
    #[error("is not UTF-8: the first invalid byte is at offset {offset}")]
    NotUtf8 {
        /// The offset of the first invalid byte.
        offset: usize,
    },
    /// It contains more than one JSON value.
    #[error("contains several JSON values (JSON Lines or concatenated JSON): the second value begins at {0}")]
    Several(Position),
    /// Text precedes the JSON.
    #[error("contains text before the JSON, which begins at line {line}")]
    TextBefore {
        /// The line on which the JSON begins.
        line: usize,
    },
    /// Text follows the JSON.
    #[error("contains text after the JSON: it begins at {at}")]
    TextAfter {
        /// The position of the text.
        at: Position,
        /// The text begins on a line of its own.
        own_line: bool,
    },
    /// It is not JSON.
    #[error("is not valid JSON: {flaw} at {at}")]
    NotJson {
        /// The syntax error.
        flaw: Flaw,
        /// The position of the error.
        at: Position,
    },
    /// One of several values is not JSON.
    #[error("is not valid JSON Lines: {flaw} at {at}, in value {number}, which begins at line {line}")]
    NotJsonLines {
        /// The syntax error.
        flaw: Flaw,
        /// The position of the error.
        at: Position,
        /// The number of the value, from 1.
        number: usize,
        /// The line on which the value begins.
        line: usize,
    },
}

/// A position in a text. Lines and columns count from 1, columns in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

impl PayloadError {
    pub(crate) fn new(origin: String, problem: PayloadProblem) -> Self {
        Self { hint: problem.hint(), origin, problem }
    }

    /// Returns the problem of the document.
    pub(super) fn problem(&self) -> &PayloadProblem {
        &self.problem
    }

    /// Says what to change.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl PayloadProblem {
    /// Says what to change. Commands name the document `FILE`, and are installed on GitHub's runners.
    fn hint(&self) -> String {
        let hint = match self {
            Self::Unreadable(error) => error.hint().unwrap_or(
                "Check that an earlier step of this job writes the file, and use a path relative to the workspace: the \
                 action runs in a container, which has no other directory of the runner.",
            ),
            Self::StandardInput(error) => error.hint().unwrap_or(
                "Pipe the document into the command, or redirect a file: `phase-data-action store --data-file - < FILE`.",
            ),
            Self::Empty => {
                "Check what creates the document: an empty document would hide its failure. \
                 To store an empty result, store [] or {}. For JSON Lines, set data-format to json-lines."
            }
            Self::Foreign(format) => format.hint(),
            Self::NotUtf8 { .. } => {
                "Write the document as UTF-8. If it is Latin-1 or Windows-1252, convert it: \
                 `iconv -f WINDOWS-1252 -t UTF-8 FILE > converted.json`."
            }
            Self::Several(_) => "Set data-format to json-lines: it stores the values as one array.",
            Self::TextBefore { line } => {
                return format!(
                    "Write only the JSON to the file, without the program's log (`>`, not `&>` or `2>&1`). Or remove the \
                     text: `tail -n +{line} FILE > converted.json`."
                );
            }
            Self::TextAfter { at, own_line: true } => {
                return format!(
                    "Write only the JSON to the file, without the program's log (`>`, not `&>` or `2>&1`). Or remove the \
                     text: `head -n {} FILE > converted.json`.",
                    at.line.saturating_sub(1)
                );
            }
            Self::TextAfter { own_line: false, .. } => {
                "Write only the JSON to the file, without the program's log (`>`, not `&>` or `2>&1`)."
            }
            Self::NotJson { flaw, .. } | Self::NotJsonLines { flaw, .. } => flaw.hint(),
        };
        hint.to_owned()
    }
}
