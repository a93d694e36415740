//! The parsed inputs of a step: later code checks no input again.

use std::time::Duration;

use phase_data_wire::{CommitSha, Repository};

use crate::auth::{Auth, REQUEST_URL, TokenService};
use crate::backend_url::{BackendUrl, is_tamper_proof};
use crate::ca_roots::CaRoots;
use crate::error::{Error, shown};
use crate::github_access::GitHubAccess;
use crate::inputs::Inputs;
use crate::interface as names;
use crate::runner::Runner;
use crate::target::Target;
use crate::usage::Usage;
use crate::workflow::{Dispatch, Workflow};

mod draft;
mod foreign_inputs;
mod result_state;
mod source;
mod task;
mod values;

use draft::Draft;
pub(crate) use result_state::ResultState;
pub(crate) use task::{Filter, IssueTask, RetrieveOptions, StoreOptions, Task};
pub(crate) use values::{DataFormat, IfNotFound};
use values::{OPERATIONS, Operation, Persistence, seconds};

/// The parsed inputs of a step.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) backend: BackendUrl,
    pub(crate) auth: Auth,
    pub(crate) ca_roots: CaRoots,
    pub(crate) timeout: Duration,
    pub(crate) commit_sha: Option<CommitSha>,
    pub(crate) task: Task,
    /// The credential is sent over plain HTTP, as the workflow allows.
    pub(crate) in_clear_text: bool,
    /// GitHub's address and token, for operations that need GitHub.
    pub(crate) github: Option<GitHubAccess>,
    /// Documents may be saved on the runner while the backend is not reachable.
    pub(crate) best_effort: bool,
}

/// The parsed inputs of a step that only starts a workflow, and sends nothing to the backend.
#[derive(Debug)]
pub(crate) struct DispatchJob {
    pub(crate) target: Target,
    pub(crate) dispatch: Dispatch,
    pub(crate) github: GitHubAccess,
    pub(crate) ca_roots: CaRoots,
    pub(crate) timeout: Duration,
}

/// The plan of a step.
#[derive(Debug)]
pub(crate) enum Plan {
    Do(Box<Job>),
    Dispatch(Box<DispatchJob>),
    /// The step does nothing and succeeds.
    Off {
        operation: &'static str,
        reason: OffReason,
        /// The workflow that is not started.
        workflow: Option<Workflow>,
    },
}

/// The reason why a step does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OffReason {
    /// `persistence: off`.
    Requested,
    /// `persistence: best-effort`, and `backend-url` is empty.
    NoBackend,
}

impl Plan {
    /// Reads the step's inputs and the runner's variables.
    ///
    /// Reports all wrong inputs together; they fail a step that is off, too. Credential, event and document are read
    /// after them.
    pub(crate) fn from_inputs(inputs: Inputs<'_>, runner: &Runner) -> Result<Self, Error> {
        inputs.refuse_misspelt();
        let operation = inputs.required(&names::OPERATION, &format!("use {OPERATIONS}"));
        let operation = inputs.valid("operation", operation.map(|text| text.parse::<Operation>()));
        let persistence =
            inputs.valid("persistence", inputs.text(&names::PERSISTENCE).map(|text| text.parse()));
        let off = match persistence {
            Some(Persistence::Off) => Some(OffReason::Requested),
            Some(Persistence::BestEffort) if inputs.text(&names::BACKEND_URL).is_none() => {
                Some(OffReason::NoBackend)
            }
            _ => None,
        };
        let timeout =
            inputs.valid("timeout-seconds", inputs.text(&names::TIMEOUT_SECONDS).map(|text| seconds(&text)));
        let only_dispatches = operation == Some(Operation::Dispatch);
        let (backend, auth) = match off {
            None if !only_dispatches => (backend(&inputs), Auth::from_inputs(&inputs, runner)),
            _ => (None, None),
        };
        let service = auth.as_ref().and_then(|auth| auth.as_ref().ok()?.token_service());
        let in_clear_text = in_clear_text(&inputs, backend.as_ref(), service);
        let repository = repository(&inputs);
        let issue_number =
            inputs.valid("issue-number", inputs.text(&names::ISSUE_NUMBER).map(|text| text.parse()));
        let commit_sha = commit_sha(&inputs);
        if commit_sha.is_none() && inputs.flag(&names::REQUIRE_FRESH) == Some(true) {
            inputs.problem("require-fresh needs a commit to compare with: set commit-sha");
        }
        if commit_sha.is_none() && inputs.flag(&names::STALE) == Some(true) {
            inputs.problem("stale needs a commit to compare with: set commit-sha");
        }
        let best_effort = persistence == Some(Persistence::BestEffort);
        if best_effort && only_dispatches {
            inputs.problem(
                "persistence: best-effort concerns the backend, which dispatch does not need: omit it",
            );
        }
        if best_effort && off.is_none() {
            check_temp(&inputs, runner);
        }
        let ca_file = runner.input_file(&inputs, &names::CA_FILE);
        let draft = operation.and_then(|operation| Draft::from_inputs(operation, &inputs, runner));
        if best_effort && draft.as_ref().is_some_and(Draft::is_conditional) {
            inputs.problem(
                "if-match, create-only and merge need the stored data, so they don't work with persistence: best-effort",
            );
        }
        let github = draft.as_ref().is_some_and(Draft::asks_github) && off.is_none();
        let github = if github { GitHubAccess::from_inputs(&inputs) } else { None };

        let problems = inputs.into_problems();
        if let (true, Some(operation), Some(reason)) = (problems.is_empty(), operation, off) {
            let workflow = draft.as_ref().and_then(Draft::workflow).cloned();
            return Ok(Self::Off { operation: operation.as_str(), reason, workflow });
        }
        let (true, Some(draft), Some(timeout), Some(repository)) =
            (problems.is_empty(), draft, timeout, repository)
        else {
            return Err(Error::Inputs(problems));
        };
        let (draft, github) = match (draft, github) {
            (Draft::Dispatch(dispatch), Some(github)) => {
                let ca_roots = CaRoots::from_file(ca_file.as_ref())?;
                let target = draft::target(repository, issue_number, runner)?;
                let dispatch = dispatch.on_default_branch(runner.event_path.as_deref(), &target.repository);
                let job = DispatchJob { target, dispatch, github, ca_roots, timeout };
                return Ok(Self::Dispatch(Box::new(job)));
            }
            other => other,
        };
        let (Some(backend), Some(auth)) = (backend, auth) else { return Err(Error::Inputs(problems)) };
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
            in_clear_text,
            github,
            best_effort,
        })))
    }
}

impl Job {
    /// Checks if the step continues on the runner's disk after this error. Not after a refusal: refused data must not look
    /// stored.
    pub(crate) fn falls_back_on(&self, error: &Error) -> bool {
        self.best_effort && error.is_transient()
    }
}

fn backend(inputs: &Inputs<'_>) -> Option<BackendUrl> {
    let text = inputs.required(&names::BACKEND_URL, "set it to the backend's address");
    inputs.valid("backend-url", text.map(|text| text.parse()))
}

/// Checks if a credential would be sent in clear text to another host, and refuses that unless the workflow allows it.
fn in_clear_text(inputs: &Inputs<'_>, backend: Option<&BackendUrl>, service: Option<&TokenService>) -> bool {
    let allowed = inputs.flag(&names::ALLOW_INSECURE_HTTP) != Some(false);
    let urls = [("backend-url", backend.map(BackendUrl::url)), (REQUEST_URL, service.map(TokenService::url))];
    let mut any = false;
    for (name, _) in urls.iter().filter(|(_, url)| url.is_some_and(|url| !is_tamper_proof(url))) {
        any = true;
        if !allowed {
            inputs.problem(format!(
                "{name}: http:// would send the credential in clear text, so nothing was sent. Use https://. If the \
                 network is trusted (a service container), set allow-insecure-http to true"
            ));
        }
    }
    any
}

/// Checks that `persistence: best-effort` can keep its promise.
fn check_temp(inputs: &Inputs<'_>, runner: &Runner) {
    if inputs.variable("RUNNER_TEMP").is_none() {
        inputs.problem(
            "persistence: best-effort saves documents in RUNNER_TEMP, which is not set: set it to a private directory",
        );
    } else if !runner.has_temp() {
        inputs.problem(format!(
            "persistence: best-effort saves documents in RUNNER_TEMP, and {} does not exist where the action runs{}",
            shown(&runner.temp),
            match inputs.usage() {
                Usage::Step => ": the runner does not mount it",
                Usage::CommandLine => "",
            }
        ));
    }
}

fn repository(inputs: &Inputs<'_>) -> Option<Repository> {
    let (name, text) = match inputs.text(&names::REPOSITORY) {
        Some(text) => ("repository", Some(text)),
        None => ("GITHUB_REPOSITORY", inputs.variable("GITHUB_REPOSITORY")),
    };
    if text.is_none() {
        inputs.problem("repository is empty, and GITHUB_REPOSITORY is not set: set repository to owner/name");
    }
    inputs.valid(name, text.map(|text| text.parse()))
}

fn commit_sha(inputs: &Inputs<'_>) -> Option<CommitSha> {
    match inputs.text(&names::COMMIT_SHA) {
        Some(text) => inputs.valid("commit-sha", Some(text.parse())),
        None => inputs.valid("GITHUB_SHA", inputs.variable("GITHUB_SHA").map(|text| text.parse())),
    }
}
