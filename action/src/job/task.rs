//! The operation of a step, with its options.

use std::time::Duration;

use phase_data_wire::phase_data::{PhaseOutcome, PhaseStatus};
use phase_data_wire::repositories::{OlderThanSeconds, Pending};
use phase_data_wire::{Document, ExpiresInSeconds, Phase, Repository};
use time::OffsetDateTime;

use super::result_state::ResultState;
use super::values::{IfNotFound, Operation};
use crate::condition::Condition;
use crate::files::NamedFile;
use crate::pointer::Pointer;
use crate::target::Target;
use crate::workflow::Dispatch;

/// The operation with its subject.
#[derive(Debug)]
pub(crate) enum Task {
    Issue(Target, IssueTask),
    List(Repository, Filter),
    /// `true`: a dry run.
    Sweep(Repository, bool),
    Doctor(Repository),
}

/// An operation on one issue, with its own options.
#[derive(Debug)]
pub(crate) enum IssueTask {
    Store {
        document: Document,
        options: StoreOptions,
    },
    Retrieve(RetrieveOptions),
    /// The time of the close, if that is the event.
    Cleanup(Option<OffsetDateTime>),
    /// The time of the reopening, if that is the event.
    Restore(Option<OffsetDateTime>),
}

/// Selects the issues of a list.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filter {
    /// Selects cleaned-up issues that can be restored, instead of issues with data.
    pub(crate) closed: bool,
    pub(crate) pending: Option<Pending>,
    pub(crate) phase: Option<Phase>,
    /// Selects issues with a phase that was stored for another commit than the job's.
    pub(crate) stale: bool,
    pub(crate) status: Option<PhaseStatus>,
    pub(crate) outcome: Option<PhaseOutcome>,
    pub(crate) older_than: Option<OlderThanSeconds>,
}

/// The options of a store.
#[derive(Debug, Clone)]
pub(crate) struct StoreOptions {
    pub(crate) phase: Phase,
    pub(crate) condition: Condition,
    /// The document is a merge patch.
    pub(crate) merge: bool,
    pub(crate) expires_in: Option<ExpiresInSeconds>,
    pub(crate) state: ResultState,
    /// Update the comment on the issue that shows its phases.
    pub(crate) comment: bool,
    /// The workflow to start after the store.
    pub(crate) dispatch: Option<Dispatch>,
}

impl StoreOptions {
    /// Checks if the store depends on what is stored.
    pub(crate) fn has_condition(&self) -> bool {
        self.condition != Condition::None
    }
}

/// The options of a retrieve.
#[derive(Debug)]
pub(crate) struct RetrieveOptions {
    /// The requested phases in their order. Empty: all stored ones.
    pub(crate) phases: Vec<Phase>,
    /// The time to wait for missing phases.
    pub(crate) wait: Duration,
    /// Fail the step if a phase was stored for another commit.
    pub(crate) require_fresh: bool,
    /// The part of the document that the outputs get.
    pub(crate) query: Option<Pointer>,
    pub(crate) output_file: Option<NamedFile>,
    pub(crate) if_not_found: IfNotFound,
}

impl Task {
    /// Returns the issue or the repository, for people.
    pub(crate) fn subject(&self) -> String {
        match self {
            Self::Issue(target, _) => target.to_string(),
            Self::List(repository, _) | Self::Sweep(repository, _) | Self::Doctor(repository) => {
                repository.to_string()
            }
        }
    }

    /// Returns how long the task waits for missing phases.
    pub(crate) fn wait(&self) -> Duration {
        match self {
            Self::Issue(_, IssueTask::Retrieve(options)) => options.wait,
            _ => Duration::ZERO,
        }
    }

    /// Returns the name of the operation.
    pub(crate) fn name(&self) -> &'static str {
        let operation = match self {
            Self::Issue(_, IssueTask::Store { .. }) => Operation::Store,
            Self::Issue(_, IssueTask::Retrieve(_)) => Operation::Retrieve,
            Self::Issue(_, IssueTask::Cleanup(_)) => Operation::Cleanup,
            Self::Issue(_, IssueTask::Restore(_)) => Operation::Restore,
            Self::List(..) => Operation::List,
            Self::Sweep(..) => Operation::Sweep,
            Self::Doctor(_) => Operation::Doctor,
        };
        operation.as_str()
    }
}
