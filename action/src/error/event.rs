//! No issue in the event.

use phase_data_wire::IssueNumberError;

use super::FileError;

/// No issue number was found.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// The step has no event.
    #[error("issue-number is empty, and GITHUB_EVENT_PATH names no event to read it from")]
    NoEvent,
    /// The event's file can't be read.
    #[error("the event file {path:?} can't be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// The cause.
        source: FileError,
    },
    /// The event file is not JSON of an event.
    #[error("the event file does not contain an event (line {line}, column {column})")]
    NotAnEvent {
        /// The line of the first mistake.
        line: usize,
        /// The column of the first mistake.
        column: usize,
    },
    /// The event has no issue.
    #[error("issue-number is empty, and this event has no issue")]
    NoIssue,
    /// The event is about a pull request, whose number is not an issue number.
    #[error("this event is about pull request {0}, whose number is not an issue number")]
    PullRequest(i64),
    /// The inputs of the dispatched run don't include the issue number.
    #[error("issue-number is empty, and the inputs of this workflow_dispatch run have no issue-number{}", similar.as_ref().map(|name| format!(" (but {name})")).unwrap_or_default())]
    NoInput {
        /// An input with a similar name.
        similar: Option<String>,
    },
    /// The input of the dispatched run is not an issue number.
    #[error("the input issue-number of this workflow_dispatch run is not valid: {0}")]
    Input(#[source] IssueNumberError),
    /// The number in the event is not an issue number.
    #[error("the event's issue.number is not valid: {0}")]
    Number(#[from] IssueNumberError),
}

impl EventError {
    /// Says what to change.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::PullRequest(_) => {
                "Set issue-number to the number of the issue that the pull request belongs to."
            }
            Self::NoEvent | Self::NoIssue => {
                "Set issue-number. Only the events issues and issue_comment have an issue. For workflow_dispatch, \
                 declare the input issue-number in the workflow: this step reads it from there."
            }
            Self::NoInput { .. } => {
                "Declare the input issue-number below `on: workflow_dispatch: inputs:`. Or set issue-number, if the \
                 number is in another input."
            }
            Self::Input(_) => "Start the workflow again, with the number of an issue, like 42.",
            Self::Unreadable { .. } | Self::NotAnEvent { .. } | Self::Number(_) => {
                "Set issue-number, so that the step does not need the event."
            }
        }
    }
}
