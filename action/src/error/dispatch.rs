//! A workflow that was not started.

use std::fmt;

use phase_data_github::GitHubError;

use super::hint::github_hint;

/// A workflow was not started, or GitHub did not confirm the start.
#[derive(Debug)]
pub struct DispatchError {
    workflow: String,
    repository: String,
    /// The branch or tag, if it is known.
    git_ref: Option<String>,
    cause: GitHubError,
    is_stored: bool,
    hint: String,
}

impl DispatchError {
    pub(crate) fn new(workflow: &str, repository: &str, git_ref: Option<&str>, cause: GitHubError) -> Self {
        let (workflow, repository) = (workflow.to_owned(), repository.to_owned());
        let git_ref = git_ref.map(str::to_owned);
        let mut error = Self { workflow, repository, git_ref, cause, is_stored: false, hint: String::new() };
        error.hint = error.advice();
        error
    }

    /// Adds that the step has stored its document; `is_conditional`: with a condition, which does not hold again.
    pub(crate) fn after_store(mut self: Box<Self>, is_conditional: bool) -> Box<Self> {
        self.is_stored = true;
        self.hint.push_str(match is_conditional {
            false => {
                " Then run the job again, which is harmless: it stores the document again and starts the workflow"
            }
            true => {
                " Then start the workflow with `operation: dispatch`: if the job runs again, its store is refused, \
                 because the document is stored and if-match or create-only is set"
            }
        });
        self.hint.push_str(if self.is_unconfirmed() { ", possibly for the second time." } else { "." });
        self
    }

    /// Returns whether the workflow may have been started.
    pub(crate) fn is_unconfirmed(&self) -> bool {
        let may_be_executed = matches!(self.cause, GitHubError::Unreachable(_) | GitHubError::Failing(_));
        // Before the branch is known, nothing is started.
        may_be_executed && self.git_ref.is_some()
    }

    /// Says what to change.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }

    fn advice(&self) -> String {
        let Self { workflow, repository, .. } = self;
        match &self.cause {
            GitHubError::Forbidden { .. } => "Add `actions: write` to the job's `permissions:`. A pull request from a \
                                              fork can't have it."
                .to_owned(),
            GitHubError::Refused { status: 404, .. } => format!(
                "Check that {workflow} is in .github/workflows on the default branch of {repository}, and that the \
                 job has `actions: write`. The job's own token reaches only the job's repository."
            ),
            GitHubError::Refused { status: 300..=399, .. } => {
                "The repository was renamed or transferred: set repository to its current name.".to_owned()
            }
            GitHubError::Refused { status: 422, message } => self.correction(message),
            GitHubError::RateLimited(_) | GitHubError::Unreachable(_) | GitHubError::Failing(_) => {
                "Check https://www.githubstatus.com, and that this runner can reach GitHub's API. If more time would \
                 help, increase timeout-seconds."
                    .to_owned()
            }
            cause => github_hint(cause).to_owned(),
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
        match self.is_stored {
            true => f.write_str("\nThe document is stored."),
            false => Ok(()),
        }
    }
}

impl std::error::Error for DispatchError {}
