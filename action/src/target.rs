//! The issue of a step.

use std::fmt;

use phase_data_wire::phase_data::StorePhaseData;
use phase_data_wire::{IssueNumber, Repository};

/// The issue that the step reads or changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) repository: Repository,
    pub(crate) issue_number: IssueNumber,
}

impl Target {
    /// Returns the issue of a document.
    pub(crate) fn for_document(document: &StorePhaseData) -> Self {
        Self { repository: document.repository.clone(), issue_number: document.issue_number }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.repository, self.issue_number)
    }
}
