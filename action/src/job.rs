//! What the step asks for, parsed: nothing after this file checks an input again.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use phase_data_wire::{CommitSha, Document, IssueNumber, Phase, Repository};

use crate::auth::Auth;
use crate::backend_url::BackendUrl;
use crate::error::Error;
use crate::event;
use crate::inputs::Inputs;
use crate::interface as names;
use crate::pointer::Pointer;
use crate::runner::Runner;

mod condition;
mod draft;
mod words;

pub(crate) use condition::Condition;
use draft::Draft;
pub(crate) use words::IfNotFound;
use words::{Operation, seconds};

/// Everything that the step asks for.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) backend: BackendUrl,
    pub(crate) auth: Auth,
    pub(crate) timeout: Duration,
    pub(crate) target: Target,
    pub(crate) commit_sha: Option<CommitSha>,
    pub(crate) task: Task,
}

/// The issue that the step is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) repository: Repository,
    pub(crate) issue_number: IssueNumber,
}

/// The operation, with what only it needs.
#[derive(Debug)]
pub(crate) enum Task {
    Store { phase: Phase, document: Document, condition: Condition },
    Retrieve(Wanted),
    Cleanup,
}

/// What is to be retrieved.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// These, in this order; all that are there if none is named.
    pub(crate) phases: Vec<Phase>,
    /// What was stored for another commit fails the step.
    pub(crate) require_fresh: bool,
    /// The part of the document that the step hands on.
    pub(crate) query: Option<Pointer>,
    pub(crate) output_file: Option<PathBuf>,
    pub(crate) if_not_found: IfNotFound,
}

impl Job {
    /// Reads the step's inputs and the runner's variables.
    ///
    /// Wrong inputs are reported all together; the event and the document are looked at after them.
    pub(crate) fn from_inputs(inputs: Inputs<'_>, runner: &Runner) -> Result<Self, Error> {
        let operation = inputs.required(&names::OPERATION, "write store, retrieve or cleanup");
        let operation = inputs.valid("operation", operation.map(|text| text.parse::<Operation>()));
        let backend = inputs.required(&names::BACKEND_URL, "write the backend's address");
        let backend = inputs.valid("backend-url", backend.map(|text| text.parse()));
        let auth = Auth::from_inputs(&inputs, runner);
        let timeout =
            inputs.valid("timeout-seconds", inputs.text(&names::TIMEOUT_SECONDS).map(|text| seconds(&text)));
        let repository = repository(&inputs);
        let issue_number =
            inputs.valid("issue-number", inputs.text(&names::ISSUE_NUMBER).map(|text| text.parse()));
        let commit_sha = commit_sha(&inputs);
        if commit_sha.is_none() && inputs.flag(&names::REQUIRE_FRESH) == Some(true) {
            inputs.problem("require-fresh: there is no commit to compare with, so set commit-sha");
        }
        let draft = operation.and_then(|operation| Draft::from_inputs(operation, &inputs));

        let problems = inputs.into_problems();
        let (true, Some(draft), Some(backend), Some(auth), Some(timeout), Some(repository)) =
            (problems.is_empty(), draft, backend, auth, timeout, repository)
        else {
            return Err(Error::Inputs(problems));
        };
        let auth = auth?;
        let issue_number =
            issue_number.map_or_else(|| event::issue_number(runner.event_path.as_deref()), Ok)?;
        let target = Target { repository, issue_number };
        Ok(Self { backend, auth, timeout, target, commit_sha, task: draft.into_task(runner)? })
    }
}

impl Task {
    /// The operation's name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Store { .. } => "store",
            Self::Retrieve(_) => "retrieve",
            Self::Cleanup => "cleanup",
        }
    }
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

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.repository, self.issue_number)
    }
}
