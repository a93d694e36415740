//! `GET /api/v1/phase_data/{repository}/{issue_number}` — scope `read`.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{PhaseOutcome, PhaseStatus};
use crate::{CommitSha, Document, Extensible, IssueNumber, Phase, Repository};

/// The stored phases of an issue, in the order of the phases.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct IssuePhaseData {
    /// The repository, in lower case.
    pub repository: Repository,
    /// The issue's number.
    pub issue_number: IssueNumber,
    /// The stored phases, never empty.
    pub phases: Vec<PhaseData>,
}

/// One stored phase.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct PhaseData {
    /// The phase.
    pub phase: Phase,
    /// The phase's revision: 1, 2, 3 …
    pub revision: i64,
    /// The entity tag of the document, including its quotes. Send it as `If-Match` to replace only this document.
    #[serde(default)]
    pub etag: String,
    /// The commit that the document belongs to, if the store set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_sha: Option<CommitSha>,
    /// Freshness of the document for the commit in `commit_sha`; absent without `commit_sha`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freshness: Option<Freshness>,
    /// Status of the result.
    #[serde(default)]
    pub status: Extensible<PhaseStatus>,
    /// Decision about the finding, if the store set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Extensible<PhaseOutcome>>,
    /// Reason for the status or the outcome, if the store set one. Treat it as untrusted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Size of `data` in bytes, as serialized here. The limit does not count the spaces after colons and commas.
    pub data_bytes: i64,
    /// SHA-256 of `data`, exactly as serialized here, in hexadecimal.
    pub data_sha256: String,
    /// Time of the first store of the phase.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Time at which this revision was stored.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// Time at which the document expires, if it does. A store of the same document changes this time without a new
    /// revision. A store that adds or removes the expiry creates a revision.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// The document.
    pub data: Document,
}

/// Freshness of a document for the commit of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Freshness {
    /// The document belongs to that commit.
    Fresh,
    /// The document belongs to another commit, or to none.
    Stale,
}

crate::schema::schema!(
    Freshness,
    crate::schema::words(
        "Freshness of a document: `fresh` if it belongs to the commit of the request, `stale` if it belongs to another or to none.",
        ["fresh", "stale"].into_iter()
    )
);
