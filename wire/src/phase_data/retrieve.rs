//! `GET /api/v1/phase_data/{repository}/{issue_number}` — scope `read`.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{CommitSha, Document, IssueNumber, Phase, Repository};

/// What is stored for one issue: one entry a phase, in the order of the phases.
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
    /// The document's entity tag, quotes included. Send it as `If-Match` to replace just this document.
    #[serde(default)]
    pub etag: String,
    /// The commit that the document was made for, if the store named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_sha: Option<CommitSha>,
    /// Whether the document was made for the commit that the caller asked about. Only there if it asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freshness: Option<Freshness>,
    /// The size of `data` in bytes, as spelled here. The limit counts less: not the blanks after colons and commas.
    pub data_bytes: i64,
    /// SHA-256 of `data` exactly as spelled here, in hexadecimal.
    pub data_sha256: String,
    /// When the phase was first stored.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When this revision was stored.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// When the document expires, if it does. A store of the same document moves this without a new
    /// revision; a store that adds an expiry or takes it away makes one.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// The document.
    pub data: Document,
}

/// Whether a document was made for the commit that the caller asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Freshness {
    /// It was made for that commit.
    Fresh,
    /// It was made for another commit, or the store named none.
    Stale,
}

crate::schema::schema!(
    Freshness,
    crate::schema::words(
        "`fresh`: made for the commit that was asked about; `stale`: for another, or for none.",
        ["fresh", "stale"].into_iter()
    )
);
