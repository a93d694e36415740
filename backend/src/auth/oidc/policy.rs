//! The policy of an account for its tokens. Pure.
//!
//! Two things are not in a token, so that no policy can limit them:
//! - *The fork of a pull request.* The claims name the repository that the workflow runs in, never the one that the branch is
//!   from. GitHub gives such runs no id token, unless a private repository is set to send write tokens to forks.
//! - *The issue.* A token is valid for its whole repository.

mod event;
mod limit;

use serde::{Deserialize, Serialize};

use super::Claims;
use super::unverified::excerpt;
use event::AllowedEvents;
use limit::{EnvironmentName, Limit, RefPattern, Visibility, WorkflowPattern};

/// An account's policy, as it is stored and edited. A member that is left out has its default; one that we
/// don't know is refused, because a limit with a typing error would be no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EventPolicy {
    /// The events that may start a run that writes.
    events: AllowedEvents,
    /// The branches, tags and pull requests, in full or up to a `*` at the end: `refs/heads/main`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refs: Option<Limit<RefPattern>>,
    /// The deployment environments. A token without one is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    environments: Option<Limit<EnvironmentName>>,
    /// The workflows that jobs are from, with their versions, in full or up to a `*` at the end:
    /// `octo/shared/.github/workflows/scan.yml@refs/heads/main`.
    #[serde(skip_serializing_if = "Option::is_none")]
    job_workflow_refs: Option<Limit<WorkflowPattern>>,
    /// The allowed visibilities: `public`, `private` or `internal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    visibilities: Option<Limit<Visibility>>,
}

/// The limit of the policy that refuses a token, and the token's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PolicyRefusal {
    #[error("runs started by the event {event} are not allowed, because {risk}")]
    Event { event: &'static str, risk: &'static str },
    #[error("runs started by the event {event:?} are never allowed")]
    UnlistedEvent { event: String },
    #[error("its `{claim}` is {}, and only {allowed} may be", shown(.got))]
    Limit { claim: &'static str, got: Option<String>, allowed: String },
}

impl EventPolicy {
    /// Checks the claims of a token.
    ///
    /// # Errors
    /// [`PolicyRefusal`] names the first limit that does not allow it.
    pub(crate) fn decide(&self, claims: &Claims) -> Result<(), PolicyRefusal> {
        self.events.decide(&claims.event_name)?;
        within("ref", self.refs.as_ref(), Some(&claims.git_ref))?;
        within("environment", self.environments.as_ref(), claims.environment.as_ref())?;
        within("job_workflow_ref", self.job_workflow_refs.as_ref(), claims.job_workflow_ref.as_ref())?;
        within("repository_visibility", self.visibilities.as_ref(), claims.repository_visibility.as_ref())
    }
}

/// A limit that is there refuses what is not: a token must not get around a limit by saying nothing.
fn within<T: limit::Allow>(
    claim: &'static str,
    limit: Option<&Limit<T>>,
    got: Option<&String>,
) -> Result<(), PolicyRefusal> {
    match limit {
        Some(limit) if !got.is_some_and(|got| limit.allows(got)) => {
            let got = got.map(|got| excerpt(got));
            Err(PolicyRefusal::Limit { claim, got, allowed: limit.to_string() })
        }
        _ => Ok(()),
    }
}

fn shown(got: &Option<String>) -> String {
    got.as_ref().map_or_else(|| "absent".to_owned(), |got| format!("{got:?}"))
}

impl PolicyRefusal {
    /// Returns the hint: the change to make.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Event { event, .. } => format!(
                "Start the workflow by another event, like issues or workflow_dispatch, or have an admin of the \
                 account set `\"events\": {{\"{event}\": true}}` in its policy, knowing the risk."
            ),
            Self::UnlistedEvent { .. } => {
                "Start the workflow by an event that policies can allow: issues, push, schedule, \
                 workflow_dispatch, repository_dispatch or pull_request."
                    .to_owned()
            }
            Self::Limit { claim: "environment", allowed, .. } => format!(
                "Give the job an `environment:` that the account's policy names ({allowed}), or have an admin of \
                 the account change `environments`."
            ),
            Self::Limit { claim, .. } => format!(
                "Run the workflow where the account's policy allows it, or have an admin of the account change \
                 the limit on `{claim}`."
            ),
        }
    }
}

#[cfg(test)]
mod tests;
