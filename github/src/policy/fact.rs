//! The statements that GitHub makes.

use phase_data_wire::Repository;
use time::OffsetDateTime;

use crate::{GitHubError, IssueLocation, Subject};

/// A statement of GitHub about a [`Subject`], in an event or in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The issue is open.
    Open,
    /// The issue was closed at this time.
    Closed(OffsetDateTime),
    /// The issue was last reopened at this time.
    Reopened(OffsetDateTime),
    /// The issue or repository was deleted.
    Deleted,
    /// The request for the issue was redirected to this place, whose owner is not known yet.
    Redirected(IssueLocation),
    /// The issue was transferred within the account.
    Transferred {
        /// The issue now.
        to: Subject,
        /// The time at which it was closed, if it is.
        closed_at: Option<OffsetDateTime>,
    },
    /// The issue or repository was transferred to another owner.
    TransferredAway,
    /// GitHub shows no such issue: it never was, it went where the token does not reach, or the token has lost a
    /// permission.
    NotShown,
    /// The issue is a pull request.
    PullRequest,
    /// The repository is archived, since this time if GitHub states one.
    Archived(Option<OffsetDateTime>),
    /// The repository was unarchived at this time.
    Unarchived(OffsetDateTime),
    /// The repository has the name of the subject since this time.
    Renamed {
        /// The name before.
        old_name: Repository,
        /// The time of the rename.
        at: OffsetDateTime,
    },
    /// The App is installed on the account or repository.
    AppInstalled {
        /// GitHub's own time of the statement.
        as_of: Option<OffsetDateTime>,
    },
    /// The App is no longer installed on the account or repository.
    AppRemoved {
        /// GitHub's own time of the statement.
        as_of: Option<OffsetDateTime>,
    },
    /// The account is an enterprise.
    Enterprise,
    /// GitHub gave no usable answer.
    NoAnswer(GitHubError),
}
