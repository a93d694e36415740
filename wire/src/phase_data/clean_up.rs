//! `DELETE /api/v1/phase_data/{repository}/{issue_number}` and
//! `POST /api/v1/phase_data/{repository}/{issue_number}/restore` — scope `write`.

use serde::{Deserialize, Serialize};

use crate::{IssueNumber, Phase, Repository};

/// The answer to a clean-up. If nothing was stored, `deleted` is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct DeletedPhaseData {
    /// The repository, in lower case.
    pub repository: Repository,
    /// The issue's number.
    pub issue_number: IssueNumber,
    /// The phases that were removed.
    pub deleted: Vec<Phase>,
    /// `true` if they were removed permanently, `false` if they are kept for the grace period.
    pub purged: bool,
}

/// The answer to a restoration. If nothing was restored, `restored` is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct RestoredPhaseData {
    /// The repository, in lower case.
    pub repository: Repository,
    /// The issue's number.
    pub issue_number: IssueNumber,
    /// The phases that were restored, unchanged.
    pub restored: Vec<Phase>,
}
