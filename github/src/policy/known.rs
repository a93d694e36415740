//! The facts that a sweep knows before it asks, and what needs no effect because of them.

use time::{Duration, OffsetDateTime};

use super::{Decision, Fact, leave_alone};
use crate::{GitHubError, Subject};

/// The known times of an issue's data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KnownIssue {
    /// The time of the oldest store among the documents that are visible.
    pub first_stored: Option<OffsetDateTime>,
    /// The time since which the issue is known to be closed, if documents that were hidden for that can be restored.
    pub closed_at: Option<OffsetDateTime>,
}

/// The facts that a sweep knows about the data of an issue or a repository.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    pub(super) has_visible: bool,
    issue: KnownIssue,
    not_before: Option<OffsetDateTime>,
}

impl Known {
    /// Describes an issue's data. Documents that were stored or closed before `not_before` belong to an earlier
    /// repository of the same name; a repository that is known by its id needs no such time.
    #[must_use]
    pub fn issue(issue: KnownIssue, not_before: Option<OffsetDateTime>) -> Self {
        Self { has_visible: issue.first_stored.is_some(), issue, not_before }
    }

    /// Describes a repository's data: `has_visible` if some is visible, `closed_at` if some was hidden with the
    /// repository and can be restored.
    #[must_use]
    pub fn repository(
        has_visible: bool,
        closed_at: Option<OffsetDateTime>,
        not_before: Option<OffsetDateTime>,
    ) -> Self {
        Self { has_visible, issue: KnownIssue { first_stored: None, closed_at }, not_before }
    }

    fn is_of_another(&self, at: OffsetDateTime) -> bool {
        self.not_before.is_some_and(|created_at| at < created_at)
    }

    /// Decides whatever needs no effect because of what is known.
    pub(super) fn decision(&self, subject: &Subject, fact: &Fact) -> Option<Decision> {
        let KnownIssue { first_stored: stored, closed_at } = self.issue;
        let closed_here = closed_at.filter(|at| !self.is_of_another(*at));
        let keep_unless = |has_effect: bool| (!has_effect).then_some(Decision::Keep);
        match fact {
            Fact::Open => keep_unless(closed_here.is_some()),
            Fact::Reopened(at) => keep_unless(closed_here.is_some_and(|closed_at| *at >= closed_at)),
            // The account comes without a time: it was asked because its data is hidden.
            Fact::AppInstalled { .. } => keep_unless(closed_at.is_none() || closed_here.is_some()),
            // The answer does not state since when. Hidden data stays hidden, and nothing more is hidden.
            Fact::Archived(_) => Some(Decision::Keep),
            Fact::AppRemoved { .. } if self.has_visible => Some(Decision::Keep),
            Fact::AppRemoved { .. } => Some(Decision::Skip),
            // Data that is not visible is hidden already, and nothing says that it should not be.
            Fact::NoAnswer(GitHubError::NoRepository(_) | GitHubError::IssuesOff(_)) => {
                (!self.has_visible).then_some(Decision::Skip)
            }
            Fact::NoAnswer(_) => None,
            _ if subject.issue_number.is_none() => None,
            _ if stored.or(closed_at).is_some_and(|at| self.is_of_another(at)) => Some(match stored {
                Some(_) => leave_alone("its data was stored for an earlier repository of this name"),
                None => Decision::Keep,
            }),
            // Documents that were stored after the close belong to the issue's next life. The time of a close has whole
            // seconds.
            Fact::Closed(at) => {
                keep_unless(stored.is_some_and(|stored| stored < at.saturating_add(Duration::SECOND)))
            }
            Fact::Deleted | Fact::NotShown | Fact::TransferredAway => keep_unless(stored.is_some()),
            _ => None,
        }
    }
}
