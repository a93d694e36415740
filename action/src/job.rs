//! What the step asks for, parsed: nothing after this file checks an input again.

use std::fmt;
use std::time::Duration;

use phase_data_wire::phase_data::StorePhaseData;
use phase_data_wire::repositories::Pending;
use phase_data_wire::{CommitSha, Document, ExpiresInSeconds, IssueNumber, Phase, Repository};
use time::OffsetDateTime;

use crate::auth::Auth;
use crate::authorities::Authorities;
use crate::backend_url::BackendUrl;
use crate::error::Error;
use crate::files::Place;
use crate::github::GitHub;
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
use words::{OPERATIONS, Operation, Persistence, seconds};

/// Everything that the step asks for.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) backend: BackendUrl,
    pub(crate) auth: Auth,
    pub(crate) authorities: Authorities,
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
        why: WhyOff,
    },
}

/// Why the step does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhyOff {
    /// `persistence: off`.
    Asked,
    /// `persistence: best-effort`, and no backend is named yet.
    NoBackend,
}

/// The issue that the step is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) repository: Repository,
    pub(crate) issue_number: IssueNumber,
}

/// What the operation is about.
#[derive(Debug)]
pub(crate) enum Task {
    Issue(Target, OnIssue),
    List(Repository, Filter),
    /// Of the closed issues; or only telling which those are.
    Sweep(Repository, bool),
    Doctor(Repository),
}

/// An operation on one issue, with what only it needs.
#[derive(Debug)]
pub(crate) enum OnIssue {
    Store {
        document: Document,
        how: How,
    },
    Retrieve(Wanted),
    /// With the time of the closing, if that is the event.
    Cleanup(Option<OffsetDateTime>),
    /// With the time of the reopening, if that is the event.
    Restore(Option<OffsetDateTime>),
}

/// Which issues are to be listed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filter {
    /// Those that were cleaned up and can be restored, instead of those that have data.
    pub(crate) closed: bool,
    pub(crate) pending: Option<Pending>,
    pub(crate) phase: Option<Phase>,
    /// Only those with a phase that was stored for another commit than the job's.
    pub(crate) stale: bool,
}

/// How a document is to be stored.
#[derive(Debug, Clone)]
pub(crate) struct How {
    pub(crate) phase: Phase,
    pub(crate) condition: Condition,
    /// The document is a patch for what is stored.
    pub(crate) merge: bool,
    pub(crate) expires_in: Option<ExpiresInSeconds>,
    /// Whether the issue gets a comment that shows its phases.
    pub(crate) comment: bool,
}

/// What is to be retrieved.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// These, in this order; all that are there if none is named.
    pub(crate) phases: Vec<Phase>,
    /// How long to wait for what is not there.
    pub(crate) wait: Duration,
    /// What was stored for another commit fails the step.
    pub(crate) require_fresh: bool,
    /// The part of the document that the step hands on.
    pub(crate) query: Option<Pointer>,
    pub(crate) output_file: Option<Place>,
    pub(crate) if_not_found: IfNotFound,
}

impl Target {
    /// The issue that a document is stored for.
    pub(crate) fn of(document: &StorePhaseData) -> Self {
        Self { repository: document.repository.clone(), issue_number: document.issue_number }
    }
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
            Some(Persistence::Off) => Some(WhyOff::Asked),
            Some(Persistence::BestEffort) if inputs.text(&names::BACKEND_URL).is_none() => {
                Some(WhyOff::NoBackend)
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
        let ca_file = inputs.place(&names::CA_FILE, runner);
        let draft = operation.and_then(|operation| Draft::from_inputs(operation, &inputs, runner));
        if best_effort && draft.as_ref().is_some_and(Draft::is_conditional) {
            inputs.problem(
                "if-match, create-only and merge need what the backend has, so they can't be best-effort",
            );
        }
        let github = draft.as_ref().is_some_and(Draft::asks_github) && off.is_none();
        let github = if github { GitHub::from_inputs(&inputs) } else { None };

        let problems = inputs.into_problems();
        if let (true, Some(operation), Some(why)) = (problems.is_empty(), operation, off) {
            return Ok(Self::Off { operation: operation.as_str(), why });
        }
        let (true, Some(draft), Some(backend), Some(auth), Some(timeout), Some(repository)) =
            (problems.is_empty(), draft, backend, auth, timeout, repository)
        else {
            return Err(Error::Inputs(problems));
        };
        let auth = auth?;
        let authorities = Authorities::from_file(ca_file.as_ref())?;
        let task = draft.into_task(repository, issue_number, runner)?;
        Ok(Self::Do(Box::new(Job {
            backend,
            auth,
            authorities,
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
        self.best_effort && error.is_passing()
    }
}

impl Task {
    /// What it is about, as people name it.
    pub(crate) fn subject(&self) -> String {
        match self {
            Self::Issue(target, _) => target.to_string(),
            Self::List(repository, _) | Self::Sweep(repository, _) | Self::Doctor(repository) => {
                repository.to_string()
            }
        }
    }

    /// How long it waits for what is not there yet.
    pub(crate) fn wait(&self) -> Duration {
        match self {
            Self::Issue(_, OnIssue::Retrieve(wanted)) => wanted.wait,
            _ => Duration::ZERO,
        }
    }

    /// The operation's name.
    pub(crate) fn name(&self) -> &'static str {
        let operation = match self {
            Self::Issue(_, OnIssue::Store { .. }) => Operation::Store,
            Self::Issue(_, OnIssue::Retrieve(_)) => Operation::Retrieve,
            Self::Issue(_, OnIssue::Cleanup(_)) => Operation::Cleanup,
            Self::Issue(_, OnIssue::Restore(_)) => Operation::Restore,
            Self::List(..) => Operation::List,
            Self::Sweep(..) => Operation::Sweep,
            Self::Doctor(_) => Operation::Doctor,
        };
        operation.as_str()
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

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.repository, self.issue_number)
    }
}
