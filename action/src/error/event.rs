//! No issue in the event.

use phase_data_wire::IssueNumberError;

use super::FileError;

/// Why no issue's number was found.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// There is no event at all.
    #[error("no issue-number was given, and GITHUB_EVENT_PATH names no event to take it from")]
    NoEvent,
    /// The event's file can't be read.
    #[error("the event's file {path:?} can't be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why not.
        source: FileError,
    },
    /// The event's file is not what GitHub writes.
    #[error("the event's file is not an event (line {line}, column {column})")]
    NotAnEvent {
        /// The line of the first mistake.
        line: usize,
        /// The column of the first mistake.
        column: usize,
    },
    /// The event carries no issue.
    #[error("no issue-number was given, and this event carries no issue")]
    NoIssue,
    /// The event is about a pull request, whose number is not an issue's.
    #[error("this event is about pull request {0}, and a pull request's number is not an issue's")]
    PullRequest(i64),
    /// The event's number is no issue's.
    #[error("the event's issue.number is not valid: {0}")]
    Number(#[from] IssueNumberError),
}

impl EventError {
    /// What to change.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::PullRequest(_) => {
                "Set issue-number to the number of the issue that the pull request is for."
            }
            Self::NoEvent | Self::NoIssue => {
                "Set issue-number. Only the events issues and issue_comment carry an issue; for \
                 workflow_dispatch, make the number an input of the workflow and pass it on."
            }
            Self::Unreadable { .. } | Self::NotAnEvent { .. } | Self::Number(_) => {
                "Set issue-number, so that the event is not needed."
            }
        }
    }
}
