//! The report of a sweep.

use std::fmt;

use phase_data_wire::{IssueNumber, Repository};

use crate::store::sweep::Affected;

/// The report about one repository, or about all repositories of an owner.
#[derive(Debug)]
pub(crate) struct SweepReport {
    pub(crate) subject: ReportSubject,
    pub(crate) actions: Vec<Action>,
    /// The reasons why data was left alone.
    pub(crate) left_alone: Vec<String>,
}

/// The data that a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReportSubject {
    Repository(Repository),
    /// All repositories of the owner with this id.
    Owner(i64),
}

/// A change that the sweep made.
#[derive(Debug)]
pub(crate) struct Action {
    /// The issue; without it, all issues.
    pub(crate) issue: Option<IssueNumber>,
    pub(crate) reason: String,
    pub(crate) kind: ActionKind,
}

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActionKind {
    CleanedUp,
    Restored,
    /// The data is found under the issue's or the repository's new name.
    Moved,
}

impl SweepReport {
    pub(super) fn new(subject: ReportSubject) -> Self {
        Self { subject, actions: Vec::new(), left_alone: Vec::new() }
    }

    /// Adds an action on an issue, or on all of them, if it changed anything.
    pub(super) fn add(&mut self, issue: Option<IssueNumber>, reason: impl Into<String>, affected: Affected) {
        let kind = match affected {
            Affected { renamed: true, .. } | Affected { moved: 1.., .. } => ActionKind::Moved,
            Affected { restored: 1.., .. } => ActionKind::Restored,
            Affected { closed: 1.., .. } => ActionKind::CleanedUp,
            _ => return,
        };
        self.actions.push(Action { issue, reason: reason.into(), kind });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.left_alone.is_empty()
    }

    /// Logs the report.
    pub(crate) fn log(&self) {
        let Self { subject, actions, left_alone } = self;
        let (repository, owner_id) = match subject {
            ReportSubject::Repository(repository) => (Some(repository.as_str()), None),
            ReportSubject::Owner(owner_id) => (None, Some(*owner_id)),
        };
        if !actions.is_empty() {
            let count = |kind| actions.iter().filter(|action| action.kind == kind).count();
            let (cleaned_up, restored) = (count(ActionKind::CleanedUp), count(ActionKind::Restored));
            let moved = count(ActionKind::Moved);
            tracing::info!(
                repository,
                owner_id,
                cleaned_up,
                restored,
                moved,
                "the sweep made changes that no event had made"
            );
        }
        if !left_alone.is_empty() {
            let skipped = left_alone.join("; ");
            tracing::warn!(repository, owner_id, skipped, "the sweep skipped issues");
        }
    }
}

impl fmt::Display for ReportSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(repository) => f.write_str(repository.as_str()),
            Self::Owner(owner_id) => write!(f, "all of the owner {owner_id}"),
        }
    }
}
