//! `GET /api/v1/phase_data/{repository}/{issue_number}/events` — scope `read`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Extensible, IssueNumber, OpenEnum, Phase, Repository};

/// An issue's receipts, the newest first. They outlive the data; none ever has a payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct PhaseEvents {
    /// The repository, in lower case.
    pub repository: Repository,
    /// The issue's number.
    pub issue_number: IssueNumber,
    /// The receipts of this page.
    pub events: Vec<PhaseEvent>,
    /// There are older ones: send this as `before` to get them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// One receipt: who did what, when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct PhaseEvent {
    /// Its number; later ones are larger.
    pub id: i64,
    /// What happened.
    pub kind: Extensible<PhaseEventKind>,
    /// To which phase.
    pub phase: Phase,
    /// The revision that was stored, deleted and so on.
    pub revision: i64,
    /// The entity tag of the document that was stored, quotes included, for a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The document's size in bytes, as answers spell it, for a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_bytes: Option<i64>,
    /// The document's SHA-256 in hexadecimal, for a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_sha256: Option<String>,
    /// Who did it.
    pub actor: EventActor,
    /// The request, as the backend's log names it.
    pub request_id: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// Who did something: the holder of an API key, a workflow run as its id token named it, or GitHub by a webhook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct EventActor {
    /// `api_key`, `oidc`, `webhook`, or `system` for what the backend did by itself.
    pub kind: String,
    /// The key's public part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The run's page on the forge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_url: Option<String>,
    /// The token's issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The repository's name at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The repository's numeric id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<i64>,
    /// The run's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<i64>,
    /// Which attempt of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_attempt: Option<i64>,
    /// Who started the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What started the run, or what GitHub told us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_name: Option<String>,
    /// The workflow's file and version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow_ref: Option<String>,
    /// The webhook's delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
}

/// What happened to a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhaseEventKind {
    /// It was created or replaced.
    Stored,
    /// It was hidden, and is kept for the grace period.
    Deleted,
    /// It was brought back.
    Restored,
    /// Its time was over.
    Expired,
    /// It was removed for good.
    Purged,
    /// Its issue became another one, in another repository.
    Moved,
    /// Two names turned out to be one repository: of two documents of this phase this one stayed.
    Merged,
}

/// A text that is no [`PhaseEventKind`] of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no event kind {0:?} in this version")]
pub struct UnknownEventKind(String);

impl PhaseEventKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Stored, Self::Deleted, Self::Restored, Self::Expired, Self::Purged, Self::Moved, Self::Merged];
}

impl OpenEnum for PhaseEventKind {
    const NAME: &'static str = "PhaseEventKind";
    const DESCRIPTION: &'static str = "What happened to a phase: `stored`, `deleted` (hidden for the grace period), \
        `restored`, `expired`, `purged` (removed for good), `moved` (to another repository with its issue), \
        `merged` (two names turned out to be one repository, and this document stayed). Later \
        releases may add others: treat what you don't know as something else that happened.";
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
