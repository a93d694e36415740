//! `DELETE /api/v1/phase_data/{repository}/{issue_number}` and
//! `POST /api/v1/phase_data/{repository}/{issue_number}/restore` — scope `write`.

use serde::{Deserialize, Serialize};

use crate::{IssueNumber, Phase, Repository};

/// The answer to a clean-up. Nothing there is an answer too: `deleted` is empty then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct DeletedPhaseData {
    /// The repository, in lower case.
    pub repository: Repository,
    /// The issue's number.
    pub issue_number: IssueNumber,
    /// The phases that were there and no longer are.
    pub deleted: Vec<Phase>,
    /// Whether they are gone for good, or kept for the grace period.
    pub purged: bool,
}

/// The answer to a restoration. Nothing to bring back is an answer too: `restored` is empty then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct RestoredPhaseData {
    /// The repository, in lower case.
    pub repository: Repository,
    /// The issue's number.
    pub issue_number: IssueNumber,
    /// The phases that can be seen again, as they were.
    pub restored: Vec<Phase>,
}
