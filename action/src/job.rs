//! What the step asks for, parsed: nothing after this file checks an input again.

use std::time::Duration;

use phase_data_wire::{CommitSha, Repository};

use crate::auth::Auth;
use crate::backend_url::BackendUrl;
use crate::ca_roots::CaRoots;
use crate::error::Error;
use crate::github::GitHub;
use crate::inputs::Inputs;
use crate::interface as names;
use crate::runner::Runner;

mod draft;
mod task;
mod values;

use draft::Draft;
pub(crate) use task::{Filter, IssueTask, RetrieveOptions, StoreOptions, Task};
pub(crate) use values::IfNotFound;
use values::{OPERATIONS, Operation, Persistence, seconds};

/// Everything that the step asks for.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) backend: BackendUrl,
    pub(crate) auth: Auth,
    pub(crate) ca_roots: CaRoots,
    pub(crate) timeout: Duration,
    pub(crate) commit_sha: Option<CommitSha>,
    pub(crate) task: Task,
    /// What GitHub is asked with, where it is.
    pub(crate) github: Option<GitHub>,
    /// Whether the job's own disk serves while the backend is not reachable.
    pub(crate) best_effort: bool,
}

/// What the step is to do.
#[derive(Debug)]
pub(crate) enum Plan {
    Do(Box<Job>),
    /// Nothing, and the step is green.
    Off {
        operation: &'static str,
        reason: OffReason,
    },
}

/// Why the step does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OffReason {
    /// `persistence: off`.
    Invocation,
    /// `persistence: best-effort`, and no backend is named yet.
    NoBackend,
}

impl Plan {
    /// Reads the step's inputs and the runner's variables.
    ///
    /// Wrong inputs are reported all together, and fail a step that is off, too; credential, event and
    /// document are looked at after them.
    pub(crate) fn from_inputs(inputs: Inputs<'_>, runner: &Runner) -> Result<Self, Error> {
        inputs.refuse_unknown();
        let operation = inputs.required(&names::OPERATION, &format!("write {OPERATIONS}"));
        let operation = inputs.valid("operation", operation.map(|text| text.parse::<Operation>()));
        let persistence =
            inputs.valid("persistence", inputs.text(&names::PERSISTENCE).map(|text| text.parse()));
        let off = match persistence {
            Some(Persistence::Off) => Some(OffReason::Invocation),
            Some(Persistence::BestEffort) if inputs.text(&names::BACKEND_URL).is_none() => {
                Some(OffReason::NoBackend)
            }
            _ => None,
        };
        let timeout =
            inputs.valid("timeout-seconds", inputs.text(&names::TIMEOUT_SECONDS).map(|text| seconds(&text)));
        let (backend, auth) = match off {
            Some(_) => (None, None),
            None => (backend(&inputs), Auth::from_inputs(&inputs, runner)),
        };
        let repository = repository(&inputs);
        let issue_number =
            inputs.valid("issue-number", inputs.text(&names::ISSUE_NUMBER).map(|text| text.parse()));
        let commit_sha = commit_sha(&inputs);
        if commit_sha.is_none() && inputs.flag(&names::REQUIRE_FRESH) == Some(true) {
            inputs.problem("require-fresh: there is no commit to compare with, so set commit-sha");
        }
        if commit_sha.is_none() && inputs.flag(&names::STALE) == Some(true) {
            inputs.problem("stale: there is no commit to compare with, so set commit-sha");
        }
        let best_effort = persistence == Some(Persistence::BestEffort);
        if best_effort && off.is_none() && inputs.variable("RUNNER_TEMP").is_none() {
            inputs.problem(
                "persistence: best-effort keeps documents in RUNNER_TEMP, which is not set: name a directory that is \
                 yours alone",
            );
        }
        let ca_file = runner.input_file(&inputs, &names::CA_FILE);
        let draft = operation.and_then(|operation| Draft::from_inputs(operation, &inputs, runner));
        if best_effort && draft.as_ref().is_some_and(Draft::is_conditional) {
            inputs.problem(
                "if-match, create-only and merge need what the backend has, so they can't be best-effort",
            );
        }
        let github = draft.as_ref().is_some_and(Draft::asks_github) && off.is_none();
        let github = if github { GitHub::from_inputs(&inputs) } else { None };

        let problems = inputs.into_problems();
        if let (true, Some(operation), Some(reason)) = (problems.is_empty(), operation, off) {
            return Ok(Self::Off { operation: operation.as_str(), reason });
        }
        let (true, Some(draft), Some(backend), Some(auth), Some(timeout), Some(repository)) =
            (problems.is_empty(), draft, backend, auth, timeout, repository)
        else {
            return Err(Error::Inputs(problems));
        };
        let auth = auth?;
        let ca_roots = CaRoots::from_file(ca_file.as_ref())?;
        let task = draft.into_task(repository, issue_number, runner)?;
        Ok(Self::Do(Box::new(Job {
            backend,
            auth,
            ca_roots,
            timeout,
            commit_sha,
            task,
            github,
            best_effort,
        })))
    }
}

impl Job {
    /// Whether the job's own disk is to serve for a call that failed like this. A refusal is none: what
    /// the backend refused must not look stored.
    pub(crate) fn falls_back_on(&self, error: &Error) -> bool {
        self.best_effort && error.is_transient()
    }
}

fn backend(inputs: &Inputs<'_>) -> Option<BackendUrl> {
    let text = inputs.required(&names::BACKEND_URL, "write the backend's address");
    inputs.valid("backend-url", text.map(|text| text.parse()))
}

fn repository(inputs: &Inputs<'_>) -> Option<Repository> {
    let (name, text) = match inputs.text(&names::REPOSITORY) {
        Some(text) => ("repository", Some(text)),
        None => ("GITHUB_REPOSITORY", inputs.variable("GITHUB_REPOSITORY")),
    };
    if text.is_none() {
        inputs.problem("repository is empty, and GITHUB_REPOSITORY is not set: write owner/name");
    }
    inputs.valid(name, text.map(|text| text.parse()))
}

fn commit_sha(inputs: &Inputs<'_>) -> Option<CommitSha> {
    match inputs.text(&names::COMMIT_SHA) {
        Some(text) => inputs.valid("commit-sha", Some(text.parse())),
        None => inputs.valid("GITHUB_SHA", inputs.variable("GITHUB_SHA").map(|text| text.parse())),
    }
}
