//! `GET /api/v1/phase_data/{repository}/{issue_number}/phases/{phase}/attempts` — scope `read`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::EventActor;
use crate::{CommitSha, Extensible, IssueNumber, OpenEnum, Phase, Repository};

/// The attempts of a phase, newest first. A store without a claim makes none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct PhaseAttempts {
    /// The repository, in lower case.
    pub repository: Repository,
    /// The issue's number.
    pub issue_number: IssueNumber,
    /// The phase.
    pub phase: Phase,
    /// The attempts of this page.
    pub attempts: Vec<Attempt>,
    /// The value of `before` for the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i32>,
}

/// An attempt: the work on a phase under one claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct Attempt {
    /// Counts the attempts of the phase: 1, 2, 3 … Use it to name branches, so that two holders do not share one.
    pub number: i32,
    /// The state of the attempt.
    pub state: Extensible<AttemptState>,
    /// The user who started the run, or the name of the API key.
    #[serde(default)]
    pub holder: String,
    /// The holder, as in events.
    pub actor: EventActor,
    /// The commit that the work is for, if the claim named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_sha: Option<CommitSha>,
    /// Time of the claim.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// End of the lease: from then on others may take over. Until they do, the holder can still renew, store and release.
    #[serde(with = "time::serde::rfc3339")]
    pub lease_ends_at: OffsetDateTime,
    /// Time of the end of the attempt.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// Reason of the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `true` if the holder renewed, stored or released after its lease.
    #[serde(default)]
    pub late: bool,
}

/// The state of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptState {
    /// The holder works.
    Running,
    /// It stored a document.
    Completed,
    /// It failed.
    Failed,
    /// It was given up.
    Cancelled,
    /// Its lease is over: others may take over, or have.
    Lapsed,
    /// Another one replaced it before the end of its lease.
    Superseded,
}

/// An unknown [`AttemptState`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown attempt state {0:?}")]
pub struct UnknownAttemptState(String);

impl AttemptState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Running, Self::Completed, Self::Failed, Self::Cancelled, Self::Lapsed, Self::Superseded];
}

impl OpenEnum for AttemptState {
    const NAME: &'static str = "AttemptState";
    const DESCRIPTION: &'static str = "State of an attempt: `running`, `completed` or `failed` (the holder stored a result, or \
        released the claim), `cancelled` (given up), `lapsed` (the lease is over: others may take over, or have), `superseded` \
        (replaced before the end of the lease). Later releases may add others: ignore unknown states.";
    const EXAMPLE: Self = Self::Running;

    fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Lapsed => "lapsed",
            Self::Superseded => "superseded",
        }
    }
}

impl FromStr for AttemptState {
    type Err = UnknownAttemptState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or_else(|| UnknownAttemptState(text.chars().take(40).collect()))
    }
}
