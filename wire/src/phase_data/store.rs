//! `POST /api/v1/phase_data` — scope `write`.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::present::present;
use crate::{CommitSha, Document, ExpiresInSeconds, IssueNumber, Phase, Repository};

/// One phase of one issue, to be created or replaced.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
pub struct StorePhaseData {
    /// The repository, as `owner/name`. Letter case does not matter.
    pub repository: Repository,
    /// The issue's number.
    pub issue_number: IssueNumber,
    /// The phase that the document belongs to.
    pub phase: Phase,
    /// The commit that the document was made for. Readers who name theirs learn whether it is still fresh.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub commit_sha: Option<CommitSha>,
    /// After how many seconds the document expires: nobody sees it from then on. Without it the account's
    /// own setting holds, which is for ever unless an admin changed it. Every store counts anew.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub expires_in_seconds: Option<ExpiresInSeconds>,
    /// The document: any JSON value. Its numbers keep their digits and its strings their characters;
    /// the order of an object's keys and the spelling of a number may change.
    pub data: Document,
}

/// The answer to a store: what is there now, without the document itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct StoredPhaseData {
    /// The repository, in lower case.
    pub repository: Repository,
    /// The issue's number.
    pub issue_number: IssueNumber,
    /// The phase.
    pub phase: Phase,
    /// What the store did.
    pub outcome: StoreOutcome,
    /// The phase's revision: 1, 2, 3 …
    pub revision: i64,
    /// The document's entity tag, quotes included: the same as the header `ETag`.
    #[serde(default)]
    pub etag: String,
    /// The commit that the document was made for, if the store named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_sha: Option<CommitSha>,
    /// The document's size in bytes, as answers spell it. The limit counts less: not the blanks after colons and commas.
    pub data_bytes: i64,
    /// SHA-256 of the document as answers spell it, in hexadecimal.
    pub data_sha256: String,
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

/// What a store did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreOutcome {
    /// The phase was not there before.
    Created,
    /// The phase was there with other content; this is a new revision.
    Replaced,
    /// The same document for the same commit was there already, with or without an expiry as now; the revision is the
    /// old one.
    Unchanged,
}

crate::schema::schema!(
    StoreOutcome,
    crate::schema::words(
        "What a store did: `created` the phase, `replaced` its document, or left it `unchanged`.",
        ["created", "replaced", "unchanged"].into_iter()
    )
);
