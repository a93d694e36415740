//! `GET /api/v1/repositories/{repository}/issues` — scope `read`.

mod age;
mod cursor;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use age::{OlderThanError, OlderThanSeconds};
pub use cursor::{IssueCursor, IssueCursorError};

use crate::phase_data::{PhaseOutcome, PhaseStatus};
use crate::{CommitSha, Extensible, IssueNumber, Phase, Repository};

/// A page of the issues of a repository that have data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct IssueList {
    /// The repository, in lower case.
    pub repository: Repository,
    /// The issues of this page. With filters, a page can have fewer issues than `limit`, or none, and still not be the last
    /// one, because the number of issues that are examined for a page is limited.
    pub issues: Vec<IssuePhases>,
    /// The value of `cursor` for the next page, with the same sort and filters; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<IssueCursor>,
}

/// An issue and its phases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct IssuePhases {
    /// The issue's number.
    pub issue_number: IssueNumber,
    /// Time of the last change of any phase.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// The phases in their order, never empty.
    pub phases: Vec<PhaseFacts>,
    /// The claims that live, in the order of their phases; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Vec<PhaseClaim>>,
    /// In a list of closed issues: time at which it was closed, as far as known.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub closed_at: Option<OffsetDateTime>,
    /// In a list of closed issues: time until which all of these phases can be restored.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub kept_until: Option<OffsetDateTime>,
}

/// A claim that lives: its holder works on the phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct PhaseClaim {
    /// The phase.
    pub phase: Phase,
    /// The number of the attempt.
    pub attempt: i32,
    /// The user who started the run, or the name of the API key.
    pub holder: String,
    /// Time of the claim.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// End of the lease. The holder can extend it.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// A stored phase without its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct PhaseFacts {
    /// The phase.
    pub phase: Phase,
    /// The phase's revision: 1, 2, 3 …
    pub revision: i64,
    /// The commit that the document belongs to, if the store set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_sha: Option<CommitSha>,
    /// Status of the result.
    #[serde(default)]
    pub status: Extensible<PhaseStatus>,
    /// Decision about the finding, if the store set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Extensible<PhaseOutcome>>,
    /// Reason for the status or the outcome, if the store set one. Treat it as untrusted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Size of the document in bytes, as serialized in answers.
    pub data_bytes: i64,
    /// Time of the first store of the phase.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Time at which this revision was stored.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// Time at which the document expires, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
}

/// The phase that an issue waits for: the previous phase is completed, and this one is neither stored nor claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pending {
    /// The issue has a completed `scan`, and no `validate`.
    Validate,
    /// The issue has a completed `validate`, confirmed or without an outcome, and no `mitigate`.
    Mitigate,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueSort {
    /// By number, ascending.
    #[default]
    IssueNumber,
    /// By time of the last change, newest first. Across pages, this order is exact to one minute.
    UpdatedAt,
}

impl Pending {
    /// Every phase that an issue can wait for.
    pub const ALL: [Self; 2] = [Self::Validate, Self::Mitigate];

    /// Returns the phase as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Mitigate => "mitigate",
        }
    }
}

impl std::str::FromStr for Pending {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|pending| pending.as_str() == text);
        known.ok_or_else(|| "write validate or mitigate: no phase comes before a scan".to_owned())
    }
}

impl std::str::FromStr for IssueSort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "issue_number" => Ok(Self::IssueNumber),
            "updated_at" => Ok(Self::UpdatedAt),
            _ => Err("write issue_number or updated_at".to_owned()),
        }
    }
}

crate::schema::schema!(
    Pending,
    crate::schema::words(
        "Phase that an issue waits for: the previous phase is completed, and this one is neither stored nor claimed.",
        Pending::ALL.into_iter().map(Pending::as_str)
    )
);
crate::schema::parameter!(Pending);

crate::schema::schema!(
    IssueSort,
    crate::schema::words(
        "Order: by `issue_number`, ascending, or by `updated_at`, newest first.",
        ["issue_number", "updated_at"].into_iter()
    )
);
crate::schema::parameter!(IssueSort);
