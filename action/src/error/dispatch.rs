//! A workflow that was not started.

use std::fmt;

use phase_data_github::GitHubError;

use super::hint::github_hint;
use crate::usage::Usage;

/// A workflow was not started, or GitHub did not confirm the start.
#[derive(Debug)]
pub struct DispatchError {
    workflow: String,
    repository: String,
    /// The branch or tag, if it is known.
    git_ref: Option<String>,
    cause: GitHubError,
    /// The step has stored its document. `true`: with a condition, which does not hold again.
    stored_conditionally: Option<bool>,
}

impl DispatchError {
    pub(crate) fn new(workflow: &str, repository: &str, git_ref: Option<&str>, cause: GitHubError) -> Self {
        let (workflow, repository) = (workflow.to_owned(), repository.to_owned());
        let git_ref = git_ref.map(str::to_owned);
        Self { workflow, repository, git_ref, cause, stored_conditionally: None }
    }

    /// Adds that the step has stored its document; `is_conditional`: with a condition, which does not hold again.
    pub(crate) fn after_store(mut self: Box<Self>, is_conditional: bool) -> Box<Self> {
        self.stored_conditionally = Some(is_conditional);
        self
    }

    /// Returns whether the workflow may have been started.
    pub(crate) fn is_unconfirmed(&self) -> bool {
        // An answer is unreadable only if its status is one of success.
        let may_be_executed = matches!(
            self.cause,
            GitHubError::Unreachable(_) | GitHubError::Failing(_) | GitHubError::Unreadable(_)
        );
        // Before the branch is known, nothing is started.
        may_be_executed && self.git_ref.is_some()
    }

    /// Says what to change.
    #[must_use]
    pub fn hint(&self, usage: Usage) -> String {
        let mut hint = self.advice(usage);
        hint.push_str(match (self.stored_conditionally, usage) {
            (None, _) => return hint,
            (Some(false), Usage::Step) => {
                " Then run the job again, which is harmless: it stores the document again and starts the workflow"
            }
            (Some(false), Usage::CommandLine) => {
                " Then try again, which is harmless: the document is stored again, and the workflow is started"
            }
            (Some(true), Usage::Step) => {
                " Then start the workflow with `operation: dispatch`: if the job runs again, its store is refused, \
                 because the document is stored and if-match or create-only is set"
            }
            (Some(true), Usage::CommandLine) => {
                " Then start the workflow with the operation dispatch: another store is refused, because the document is \
                 stored and if-match or create-only is set"
            }
        });
        hint.push_str(if self.is_unconfirmed() { ", possibly for the second time." } else { "." });
        hint
    }

    fn advice(&self, usage: Usage) -> String {
        let Self { workflow, repository, .. } = self;
        match (&self.cause, usage) {
            (GitHubError::Forbidden { .. }, Usage::Step) => {
                "Add `actions: write` to the job's `permissions:`. A pull request from a fork can't have it."
                    .to_owned()
            }
            (GitHubError::Forbidden { .. }, Usage::CommandLine) => {
                format!("Set github-token to a token that may write the actions of {repository}.")
            }
            (GitHubError::Refused { status: 404, .. }, Usage::Step) => format!(
                "Check that {workflow} is in .github/workflows on the default branch of {repository}, and that the \
                 job has `actions: write`. The job's own token reaches only the job's repository."
            ),
            (GitHubError::Refused { status: 404, .. }, Usage::CommandLine) => format!(
                "Check that {workflow} is in .github/workflows on the default branch of {repository}, and that \
                 github-token may write the actions of this repository."
            ),
            (GitHubError::Unreadable(_), _) if self.is_unconfirmed() => format!(
                "Look at the runs of {workflow} on the page Actions of {repository}: it may have been started. A proxy \
                 between this machine and GitHub may have changed the answer."
            ),
            (GitHubError::Unreadable(_), _) => {
                format!("Set dispatch-ref to a branch or tag of {repository}.")
            }
            (GitHubError::Refused { status: 300..=399, .. }, _) => {
                "The repository was renamed or transferred: set repository to its current name.".to_owned()
            }
            (GitHubError::Refused { status: 422, message }, _) => self.correction(message),
            (GitHubError::RateLimited(_) | GitHubError::Unreachable(_) | GitHubError::Failing(_), _) => {
                "Check https://www.githubstatus.com, and that this machine can reach GitHub's API. If more time would \
                 help, increase timeout-seconds."
                    .to_owned()
            }
            (cause, _) => github_hint(cause).to_owned(),
        }
    }

    /// Says what to change in the workflow to start, from GitHub's own message.
    fn correction(&self, message: &str) -> String {
        let Self { workflow, repository, .. } = self;
        let git_ref = self.git_ref.as_deref().unwrap_or("the default branch");
        let message = message.to_ascii_lowercase();
        if message.contains("unexpected inputs") {
            format!(
                "Declare the input issue-number below `on: workflow_dispatch: inputs:` in {workflow} on {git_ref}."
            )
        } else if message.contains("required input") {
            format!(
                "Only issue-number is sent. Make the other inputs of {workflow} optional, with a default."
            )
        } else if message.contains("no ref found") {
            format!("Set dispatch-ref to a branch or tag of {repository}, or omit it for the default branch.")
        } else if message.contains("disabled") {
            format!("Enable {workflow} on the page Actions of {repository}.")
        } else {
            format!(
                "Check that {workflow} exists on {git_ref}, is valid YAML, and has `on: workflow_dispatch:` with the \
                 input issue-number."
            )
        }
    }
}

impl fmt::Display for DispatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workflow, repository, cause, .. } = self;
        let on = self.git_ref.as_ref().map(|git_ref| format!(" on {git_ref}")).unwrap_or_default();
        match self.is_unconfirmed() {
            true => {
                write!(f, "GitHub did not confirm that {workflow} of {repository} was started{on}: {cause}")?
            }
            false => write!(f, "{workflow} of {repository} was not started{on}: {cause}")?,
        }
        match self.stored_conditionally {
            Some(_) => f.write_str("\nThe document is stored."),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DispatchError {}
