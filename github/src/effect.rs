//! Effects: the changes that GitHub's statements make to stored data.

use phase_data_wire::{IssueNumber, Repository};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// An account, one of its repositories, or an issue there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The repository's numeric id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<i64>,
    /// The repository's name. Without it, the subject is the whole account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<Repository>,
    /// The issue. Without it, the subject is the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue_number: Option<IssueNumber>,
    /// The time at which GitHub said that the repository of this id has this name.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub named_at: Option<OffsetDateTime>,
}

/// A change to the data of a subject. Its JSON is what the backend's queue keeps, so that other releases can read it.
/// A time that is left out means the time at which GitHub's statement was received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Effect {
    /// Hides the documents that were stored until then.
    Close {
        /// The subject.
        #[serde(flatten)]
        subject: Subject,
        /// The time of the close.
        #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
        at: Option<OffsetDateTime>,
        /// GitHub's own time of the statement, if that is not the time of the event. A statement with an older one is
        /// stale, whenever it is delivered.
        #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
        as_of: Option<OffsetDateTime>,
    },
    /// Restores the documents that were hidden before.
    Reopen {
        /// The subject.
        #[serde(flatten)]
        subject: Subject,
        /// The time of the reopening.
        #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
        at: Option<OffsetDateTime>,
        /// See [`Effect::Close`].
        #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
        as_of: Option<OffsetDateTime>,
    },
    /// Moves an issue's documents to its new number, which is usually in another repository of the same owner.
    Move {
        /// The issue before.
        #[serde(flatten)]
        subject: Subject,
        /// The issue now.
        to: Subject,
        /// GitHub was asked, and the issue is there now. From a place that an event names it may have moved on.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        confirmed: bool,
    },
    /// Gives the repository its new name. A late statement about an older name changes nothing.
    Rename {
        /// The repository, with its new name.
        #[serde(flatten)]
        subject: Subject,
        /// The name before.
        old_name: Repository,
        /// The time of the rename.
        #[serde(with = "time::serde::rfc3339")]
        at: OffsetDateTime,
    },
}
