//! `PUT /api/v1/phase_data/{repository}/{issue_number}/phases/{phase}/claims/{claim_id}`,
//! `POST …/claims/{claim_id}/renew` and `DELETE …/claims/{claim_id}` — scope `write`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Attempt;
use crate::present::present;
use crate::{CommitSha, IssueNumber, Phase, Repository, TtlSeconds};

/// A claim: this run works on this phase of this issue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
pub struct ClaimPhase {
    /// Seconds until others may take over. Default: 900.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub ttl_seconds: Option<TtlSeconds>,
    /// The commit that the work is for.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub commit_sha: Option<CommitSha>,
    /// `true` ends the claim of another holder, also before the end of its lease. Requires the scope `admin`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub force: Option<bool>,
}

/// A longer or shorter lease.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(deny_unknown_fields, example, skip_serializing_if_is_none))]
pub struct RenewClaim {
    /// Seconds from now until others may take over. Default: 900.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub ttl_seconds: Option<TtlSeconds>,
}

/// The answer to a call on a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct ClaimedPhase {
    /// The repository, in lower case.
    pub repository: Repository,
    /// The issue's number.
    pub issue_number: IssueNumber,
    /// The phase.
    pub phase: Phase,
    /// The attempt that the claim began.
    pub attempt: Attempt,
}

/// The holder of the claim that is in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct ClaimHolder {
    /// The user who started the run, or the name of the API key.
    pub name: String,
    /// The URL of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_url: Option<String>,
    /// The number of the attempt.
    pub attempt: i32,
    /// Time of the claim.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// End of the lease. The holder can extend it.
    #[serde(with = "time::serde::rfc3339")]
    pub until: OffsetDateTime,
}

/// The end of an attempt without a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReleaseState {
    /// The work failed.
    Failed,
    /// The work was given up.
    #[default]
    Cancelled,
}

/// An invalid [`ReleaseState`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a claim is released as failed or cancelled (got {0:?})")]
pub struct ReleaseStateError(String);

impl ReleaseState {
    /// Every state.
    pub const ALL: [Self; 2] = [Self::Failed, Self::Cancelled];

    /// Returns the state as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl FromStr for ReleaseState {
    type Err = ReleaseStateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|state| state.as_str() == text);
        known.ok_or_else(|| ReleaseStateError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for ReleaseState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

crate::serde_as_string!(ReleaseState);

crate::schema::schema!(
    ReleaseState,
    crate::schema::words(
        "End of an attempt without a document: `failed`, or `cancelled` if the work was given up.",
        ReleaseState::ALL.into_iter().map(ReleaseState::as_str)
    )
);
crate::schema::parameter!(ReleaseState);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_released_as_failed_or_cancelled() {
        for state in ReleaseState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        for bad in ["", "completed", "Failed", "canceled"] {
            assert!(bad.parse::<ReleaseState>().is_err(), "{bad}");
        }
    }
}
