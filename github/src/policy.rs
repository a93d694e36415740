//! The one policy from what GitHub says about an issue, a repository or an account to what happens to its data. The
//! webhook, the App's sweep and the action's sweep share it. It is pure, and tested as one table.
//!
//! An event and an answer differ in one respect. The database compares an event's times with the stored rows when it
//! applies the effect, so an event's effect depends on the event alone. A sweep asks about hundreds of issues, so an
//! answer is compared with what is known about the data first, and most answers need neither a further request nor a
//! transaction.

mod fact;
mod known;

use phase_data_wire::Repository;
use time::OffsetDateTime;

use crate::{Effect, GitHubError, IssueLocation, Subject};
pub use fact::Fact;
pub use known::{Known, KnownIssue};

/// The user of the policy.
#[derive(Debug, Clone, Copy)]
pub enum Context {
    /// The backend, about an event that a webhook delivered.
    Webhook,
    /// The App's sweep, about an answer. It can move data within the account.
    AppSweep(Known),
    /// The action's sweep, about an answer. It reaches one repository.
    ActionSweep(Known),
}

/// The decision about a subject's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing changes.
    Keep,
    /// Nothing changes, and nothing more is asked about the subject.
    Skip,
    /// Nothing changes, and this reason is reported.
    LeaveAlone(String),
    /// These effects, in this order.
    Apply(Vec<Effect>),
    /// GitHub's events tell when the issue was last reopened: [`Fact::Reopened`]. An open issue whose data is hidden may
    /// also have been cleaned up by hand.
    AskWhenReopened,
    /// The owner of this place decides: [`Fact::Transferred`] or [`Fact::TransferredAway`].
    AskForOwner(IssueLocation),
}

impl Context {
    fn known(&self) -> Option<&Known> {
        match self {
            Self::Webhook => None,
            Self::AppSweep(known) | Self::ActionSweep(known) => Some(known),
        }
    }
}

/// Decides what happens to the subject's data after GitHub's statement.
#[must_use]
pub fn decide(subject: &Subject, fact: &Fact, context: &Context) -> Decision {
    if let Some(decision) = context.known().and_then(|known| known.decision(subject, fact)) {
        return decision;
    }
    let close = |at, as_of| Decision::Apply(vec![Effect::Close { subject: subject.clone(), at, as_of }]);
    let reopen = |at, as_of| Decision::Apply(vec![Effect::Reopen { subject: subject.clone(), at, as_of }]);
    match fact {
        Fact::Open => Decision::AskWhenReopened,
        Fact::Closed(at) => close(Some(*at), None),
        Fact::Archived(at) => close(*at, None),
        Fact::Reopened(at) | Fact::Unarchived(at) => reopen(Some(*at), None),
        Fact::Deleted => close(None, None),
        Fact::Redirected(place) => redirected(subject, place, context),
        Fact::Transferred { to, closed_at } => transferred(subject, to, *closed_at, context),
        Fact::TransferredAway => transferred_away(subject, context),
        Fact::NotShown => leave_alone("GitHub shows no such issue to this token"),
        Fact::PullRequest => leave_alone("a pull request is no issue"),
        Fact::Renamed { old_name, at } => Decision::Apply(vec![Effect::Rename {
            subject: subject.clone(),
            old_name: old_name.clone(),
            at: *at,
        }]),
        Fact::AppInstalled { as_of } => reopen(None, *as_of),
        Fact::AppRemoved { as_of } => close(None, *as_of),
        Fact::Enterprise => {
            leave_alone("an enterprise owns no repositories, and its id is another account's number")
        }
        Fact::NoAnswer(error) => Decision::LeaveAlone(error.to_string()),
    }
}

/// Decides about an issue whose request was redirected. The action can't move data, so it closes data that is closed at
/// the new place.
fn redirected(subject: &Subject, place: &IssueLocation, context: &Context) -> Decision {
    let Context::ActionSweep(known) = context else { return Decision::AskForOwner(place.clone()) };
    match (known.has_visible, place.closed_at) {
        (true, at @ Some(_)) => {
            Decision::Apply(vec![Effect::Close { subject: subject.clone(), at, as_of: None }])
        }
        (true, None) => {
            let IssueLocation { repository, issue_number, .. } = place;
            Decision::LeaveAlone(format!("the issue is {repository}#{issue_number} now, and open there"))
        }
        // Data that is not visible is cleaned up already.
        (false, _) => Decision::Keep,
    }
}

/// Moves the data within the account, hidden data too.
fn transferred(
    subject: &Subject,
    to: &Subject,
    closed_at: Option<OffsetDateTime>,
    context: &Context,
) -> Decision {
    let confirmed = context.known().is_some();
    let mut effects = vec![Effect::Move { subject: subject.clone(), to: to.clone(), confirmed }];
    effects.extend(closed_at.map(|at| Effect::Close { subject: to.clone(), at: Some(at), as_of: None }));
    Decision::Apply(effects)
}

/// Closes the data of an issue. A repository's data stays: GitHub's statements about the repository are made to its new
/// owner.
fn transferred_away(subject: &Subject, context: &Context) -> Decision {
    match (subject, context) {
        (Subject { issue_number: Some(_), .. }, _) => {
            Decision::Apply(vec![Effect::Close { subject: subject.clone(), at: None, as_of: None }])
        }
        // The event comes with the new owner's account, which has none of the data.
        (_, Context::Webhook) => {
            leave_alone("the repository's owner is a new one, and what it had before is not this delivery's")
        }
        (Subject { repository, .. }, _) => {
            let name = repository.as_ref().map_or("", Repository::as_str);
            Decision::LeaveAlone(GitHubError::OtherOwner(name.to_owned()).to_string())
        }
    }
}

fn leave_alone(reason: &str) -> Decision {
    Decision::LeaveAlone(reason.to_owned())
}

#[cfg(test)]
mod tests;
