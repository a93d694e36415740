//! The one policy of both sweeps: what GitHub says of an issue, and what happens to its data. It is pure, and tested
//! as one table.

use time::{Duration, OffsetDateTime};

use crate::{IssueState, Place};

/// The known times of an issue's data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KnownIssue {
    /// When the document that was left alone for the longest time was stored, of those that can be seen.
    pub first_stored: Option<OffsetDateTime>,
    /// Since when the issue is known to be closed, if documents that were hidden for that can be brought back.
    pub closed_at: Option<OffsetDateTime>,
}

/// The decision about an issue's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It stays as it is.
    Keep,
    /// What was stored until the issue was closed is hidden.
    Close(OffsetDateTime),
    /// What was stored until GitHub was asked is hidden: the issue was deleted.
    CloseDeleted,
    /// What was hidden comes back if the issue was opened again at that time or later. One that is open although its
    /// data is hidden may also have been cleaned up by hand: GitHub's events tell which.
    RestoreIfReopenedSince(OffsetDateTime),
    /// It goes where the issue went, if that is the same owner's.
    Follow(Place),
    /// It stays as it is, and that is said.
    LeaveAlone(&'static str),
}

/// Decides what happens to an issue's data.
///
/// What was stored or closed before `not_before` concerns another repository of the same name. A repository that is
/// known by its id needs no such time.
#[must_use]
pub fn decide(state: &IssueState, known: KnownIssue, not_before: Option<OffsetDateTime>) -> Decision {
    let is_of_another = |at: OffsetDateTime| not_before.is_some_and(|created_at| at < created_at);
    match (state, known.first_stored) {
        (IssueState::Open, _) => match known.closed_at.filter(|at| !is_of_another(*at)) {
            Some(at) => Decision::RestoreIfReopenedSince(at),
            None => Decision::Keep,
        },
        (_, stored) if stored.or(known.closed_at).is_some_and(is_of_another) => match stored {
            Some(_) => Decision::LeaveAlone("its data was stored for an earlier repository of this name"),
            None => Decision::Keep,
        },
        (IssueState::Moved(place), _) => Decision::Follow(place.clone()),
        // What was stored after the close is a new life of the issue's; a close is told in whole seconds.
        (IssueState::Closed(at), Some(stored)) if stored < at.saturating_add(Duration::SECOND) => {
            Decision::Close(*at)
        }
        (IssueState::Deleted, Some(_)) => Decision::CloseDeleted,
        (IssueState::Unknown, Some(_)) => Decision::LeaveAlone("GitHub shows no such issue to this token"),
        // What can't be seen is hidden already.
        (IssueState::Closed(_) | IssueState::Deleted | IssueState::Unknown, _) => Decision::Keep,
    }
}

#[cfg(test)]
mod tests;
