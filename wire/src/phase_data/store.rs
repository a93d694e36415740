//! `POST /api/v1/phase_data` — scope `write`.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{PhaseOutcome, PhaseStatus, Reason};
use crate::present::present;
use crate::{ClaimId, CommitSha, Document, ExpiresInSeconds, Extensible, IssueNumber, Phase, Repository};

/// A phase of an issue, to create or replace.
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
    /// The commit that the document belongs to. A retrieval with `commit_sha` returns if the document is fresh for its commit.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub commit_sha: Option<CommitSha>,
    /// Seconds until the document expires and can't be retrieved any more. Default: the account's setting, otherwise never.
    /// Each store resets the time.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub expires_in_seconds: Option<ExpiresInSeconds>,
    /// Status of the result. Default: `completed`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub status: Option<PhaseStatus>,
    /// Decision about the finding; only for the phase `validate`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub outcome: Option<PhaseOutcome>,
    /// Reason for the status or the outcome, for people. Events keep it, also after the data is removed: it must not contain
    /// secrets.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub reason: Option<Reason>,
    /// The claim under which the document is stored, which ends its attempt. Required while the claim lives.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub claim_id: Option<ClaimId>,
    /// `true` keeps the claim: its attempt goes on.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub keep_claim: Option<bool>,
    /// The document: any JSON value. The digits of numbers and the characters of strings are preserved. The order of an
    /// object's keys and the spelling of a number can change.
    pub data: Document,
}

/// The answer to a store: the stored phase, without the document.
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
    /// The effect of the store.
    pub effect: StoreEffect,
    /// The phase's revision: 1, 2, 3 …
    pub revision: i64,
    /// The entity tag of the document, including its quotes: the value of the header `ETag`.
    #[serde(default)]
    pub etag: String,
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
    /// Size of the document in bytes, as serialized in answers. The limit does not count the spaces after colons and commas.
    pub data_bytes: i64,
    /// SHA-256 of the document as serialized in answers, in hexadecimal.
    pub data_sha256: String,
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

/// The effect of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreEffect {
    /// The phase was created.
    Created,
    /// The document of the phase was replaced, with a new revision.
    Replaced,
    /// The same document for the same commit and with the same state was already stored, with or without an expiry as now.
    /// The revision is unchanged.
    Unchanged,
}

crate::schema::schema!(
    StoreEffect,
    crate::schema::words(
        "Effect of a store: the phase was `created`, its document was `replaced`, or it is `unchanged`.",
        ["created", "replaced", "unchanged"].into_iter()
    )
);
