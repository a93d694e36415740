//! `GET /api/v1/repositories/{repository}/issues` — scope `read`.

mod cursor;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use cursor::{IssueCursor, IssueCursorError};

use crate::{CommitSha, IssueNumber, Phase, Repository};

/// The issues of a repository that have data, a page of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct IssueList {
    /// The repository, in lower case.
    pub repository: Repository,
    /// The issues of this page. With filters it may have fewer than `limit`, or none, and yet not be the last one: only
    /// so many are looked at for a page.
    pub issues: Vec<IssuePhases>,
    /// The list goes on: send this as `cursor`, with the same sort and filters, to get the next page. Only the last page
    /// has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<IssueCursor>,
}

/// One issue and the phases that it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct IssuePhases {
    /// The issue's number.
    pub issue_number: IssueNumber,
    /// When any of its phases was last changed.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// Its phases in their order, never empty.
    pub phases: Vec<PhaseFacts>,
    /// In a list of closed issues: since when it is known to be closed.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub closed_at: Option<OffsetDateTime>,
    /// In a list of closed issues: until when all of these phases can be brought back.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub kept_until: Option<OffsetDateTime>,
}

/// What is known of a stored phase without its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct PhaseFacts {
    /// The phase.
    pub phase: Phase,
    /// The phase's revision: 1, 2, 3 …
    pub revision: i64,
    /// The commit that the document was made for, if the store named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_sha: Option<CommitSha>,
    /// The document's size in bytes, as answers spell it.
    pub data_bytes: i64,
    /// When the phase was first stored.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When this revision was stored.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// When the document expires, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
}

/// The phase that an issue waits for: the one before is there, and it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pending {
    /// It was scanned, and is neither proven nor rejected.
    Validate,
    /// It was validated, and is not fixed.
    Mitigate,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssueSort {
    /// By number, the smallest first.
    #[default]
    IssueNumber,
    /// By the time of the last change, the newest first. Across pages this is exact to one minute.
    UpdatedAt,
}

impl Pending {
    /// Every phase that can be waited for.
    pub const ALL: [Self; 2] = [Self::Validate, Self::Mitigate];

    /// The phase's one spelling.
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
        "The phase that an issue waits for: the one before is there, and it is not.",
        Pending::ALL.into_iter().map(Pending::as_str)
    )
);
crate::schema::parameter!(Pending);

crate::schema::schema!(
    IssueSort,
    crate::schema::words(
        "The order: by `issue_number`, the smallest first, or by `updated_at`, the newest first.",
        ["issue_number", "updated_at"].into_iter()
    )
);
crate::schema::parameter!(IssueSort);
