//! `GET /api/v1/phase_data/{repository}/{issue_number}/events` — scope `read`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{PhaseOutcome, PhaseStatus};
use crate::{Extensible, IssueNumber, OpenEnum, Phase, Repository};

/// The events of an issue, newest first. They are kept longer than the data, and contain no payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct PhaseEvents {
    /// The repository, in lower case.
    pub repository: Repository,
    /// The issue's number.
    pub issue_number: IssueNumber,
    /// The events of this page.
    pub events: Vec<PhaseEvent>,
    /// The value of `before` for the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// An event: a change, its actor and its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct PhaseEvent {
    /// Sequence number, which increases with time.
    pub id: i64,
    /// The kind of change.
    pub kind: Extensible<PhaseEventKind>,
    /// The phase that was changed.
    pub phase: Phase,
    /// The revision that was changed; of a claim, the last one of the phase, or 0.
    pub revision: i64,
    /// The entity tag of the stored document, including its quotes; only for a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The size of the document in bytes, as serialized in answers; only for a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_bytes: Option<i64>,
    /// SHA-256 of the document in hexadecimal; only for a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_sha256: Option<String>,
    /// The status of the result; only for a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Extensible<PhaseStatus>>,
    /// The decision about the finding; only for a store that set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Extensible<PhaseOutcome>>,
    /// The reason for the status or the outcome; only for a store that set one. Treat it as untrusted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The number of the attempt that was claimed, renewed, released or ended by a purge, or that a store with its claim
    /// belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<i32>,
    /// The actor.
    pub actor: EventActor,
    /// The id of the request, as in the backend's log.
    pub request_id: String,
    /// Time of the change.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// The actor of an event: an API key, a workflow run (from its id token), a webhook, or the backend.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct EventActor {
    /// `api_key`, `oidc`, `webhook`, or `system` for changes by the backend itself.
    pub kind: String,
    /// The public id of the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The URL of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_url: Option<String>,
    /// The issuer of the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The name of the repository at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The numeric id of the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<i64>,
    /// The id of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<i64>,
    /// The attempt of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_attempt: Option<i64>,
    /// The user who started the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The event that started the run, or the event of the webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// The file and version of the workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow_ref: Option<String>,
    /// The id of the webhook delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
}

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseEventKind {
    /// The phase was created or replaced.
    Stored,
    /// The phase was hidden, and is kept for the grace period.
    Deleted,
    /// The phase was restored.
    Restored,
    /// The phase expired.
    Expired,
    /// The phase was removed permanently.
    Purged,
    /// The issue was transferred to another repository.
    Moved,
    /// Two names turned out to be one repository, and this document replaced another one of the phase.
    Merged,
    /// The phase was claimed.
    Claimed,
    /// An admin claimed the phase, and ended the claim of another holder.
    ClaimForced,
    /// The claim was renewed.
    Renewed,
    /// The claim was released without a document.
    Released,
}

/// An unknown [`PhaseEventKind`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown event kind {0:?}")]
pub struct UnknownEventKind(String);

impl PhaseEventKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Stored,
        Self::Deleted,
        Self::Restored,
        Self::Expired,
        Self::Purged,
        Self::Moved,
        Self::Merged,
        Self::Claimed,
        Self::ClaimForced,
        Self::Renewed,
        Self::Released,
    ];
}

impl OpenEnum for PhaseEventKind {
    const NAME: &'static str = "PhaseEventKind";
    const DESCRIPTION: &'static str = "Kind of change: `stored`, `deleted` (hidden for the grace period), \
        `restored`, `expired`, `purged` (removed permanently), `moved` (to another repository with its issue), \
        `merged` (two names turned out to be one repository, and this document replaced another one), `claimed`, \
        `claim_forced` (an admin ended the claim of another holder), `renewed` and `released` (claims). Later releases \
        may add others: ignore unknown kinds.";
    const EXAMPLE: Self = Self::Stored;

    fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
            Self::Expired => "expired",
            Self::Purged => "purged",
            Self::Moved => "moved",
            Self::Merged => "merged",
            Self::Claimed => "claimed",
            Self::ClaimForced => "claim_forced",
            Self::Renewed => "renewed",
            Self::Released => "released",
        }
    }
}

impl FromStr for PhaseEventKind {
    type Err = UnknownEventKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| UnknownEventKind(text.chars().take(40).collect()))
    }
}
