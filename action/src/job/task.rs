//! The operation of a step, with its options.

use std::time::Duration;

use phase_data_wire::issues::Pending;
use phase_data_wire::{Document, ExpiresInSeconds, Phase, Repository};
use time::OffsetDateTime;

use super::values::{IfNotFound, Operation};
use crate::condition::Condition;
use crate::files::NamedFile;
use crate::pointer::Pointer;
use crate::target::Target;

/// What the operation is about.
#[derive(Debug)]
pub(crate) enum Task {
    Issue(Target, IssueTask),
    List(Repository, Filter),
    /// Of the closed issues; or only telling which those are.
    Sweep(Repository, bool),
    Doctor(Repository),
}

/// An operation on one issue, with what only it needs.
#[derive(Debug)]
pub(crate) enum IssueTask {
    Store {
        document: Document,
        options: StoreOptions,
    },
    Retrieve(RetrieveOptions),
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
pub(crate) struct StoreOptions {
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
pub(crate) struct RetrieveOptions {
    /// These, in this order; all that are there if none is named.
    pub(crate) phases: Vec<Phase>,
    /// How long to wait for what is not there.
    pub(crate) wait: Duration,
    /// What was stored for another commit fails the step.
    pub(crate) require_fresh: bool,
    /// The part of the document that the step hands on.
    pub(crate) query: Option<Pointer>,
    pub(crate) output_file: Option<NamedFile>,
    pub(crate) if_not_found: IfNotFound,
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
            Self::Issue(_, IssueTask::Retrieve(options)) => options.wait,
            _ => Duration::ZERO,
        }
    }

    /// The operation's name.
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
