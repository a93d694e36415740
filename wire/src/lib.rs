//! The types of the HTTP API: requests, answers, problems and validated names.
//!
//! In reading order:
//! - [`Repository`], [`IssueNumber`] and [`Phase`] identify one document; [`CommitSha`] is its commit,
//!   [`ExpiresInSeconds`] its lifetime, and [`Revision`] counts its versions. Each has private fields and one spelling,
//!   so that a value need not be checked again.
//! - [`ClaimId`] and [`TtlSeconds`] are the id and the lease of a claim.
//! - [`Document`] is the stored JSON, as text; [`JsonString`] is a string of it, to compare keys.
//! - [`phase_data`] has a file for each call: its method, its path, its request and its answer.
//! - [`repositories`] is the list of a repository's issues.
//! - [`admin`] has the calls of an account's admin, [`secret_scanning`] GitHub's reports of leaked keys, and
//!   [`webhooks`] its other events.
//! - [`api_key_id`] checks the form of an API key.
//! - [`OidcDiscovery`] has the parameters of id tokens.
//! - [`StatedTime`] is a time from outside, [`LenientTime`] one that can be something else, and [`AtMost`] a list from
//!   outside; [`Waits`] are the pauses between attempts.
//! - [`Problem`] is an error answer, and [`ProblemCode`] the closed list of problem codes.
//!
//! The feature `openapi` adds the poem-openapi schemas for the backend. The action compiles this crate without it.

// Input from HTTP is not trusted: no calculation with its numbers may overflow.
#![warn(clippy::arithmetic_side_effects)]

pub mod admin;
mod api_key;
mod at_most;
mod auth;
mod claim_id;
mod commit_sha;
mod document;
mod expires_in;
mod extensible;
mod issue_number;
mod json_string;
mod lenient_time;
#[cfg(feature = "openapi")]
mod openapi;
mod phase;
pub mod phase_data;
mod present;
mod problem;
mod problem_code;
pub mod repositories;
mod repository;
mod revision;
mod schema;
pub mod secret_scanning;
mod stated_time;
mod ttl_seconds;
mod wait_seconds;
mod waits;
pub mod webhooks;

pub use api_key::{
    API_KEY_ID_CHARS, API_KEY_PREFIX, API_KEY_SECRET_CHARS, ApiKeyFormError, api_key_id, whole_api_key,
};
pub use at_most::AtMost;
pub use auth::OidcDiscovery;
pub use claim_id::{ClaimId, ClaimIdError};
pub use commit_sha::{CommitSha, CommitShaError};
pub use document::Document;
pub use expires_in::{ExpiresInError, ExpiresInSeconds};
pub use extensible::{Extensible, OpenEnum};
pub use issue_number::{IssueNumber, IssueNumberError};
pub use json_string::{JsonString, without_lone_surrogates};
pub use lenient_time::LenientTime;
pub use phase::{Phase, PhaseError};
pub use problem::Problem;
pub use problem_code::ProblemCode;
pub use repository::{Login, Repository, RepositoryError};
pub use revision::{Revision, RevisionError};
pub use stated_time::StatedTime;
pub use ttl_seconds::{TtlSeconds, TtlSecondsError};
pub use wait_seconds::{WaitSeconds, WaitSecondsError};
pub use waits::{LONGEST_WAIT, SHORTEST_WAIT, Waits, bounded, retry_after};

/// The media type of every error answer (RFC 9457, section 3).
pub const PROBLEM_MEDIA_TYPE: &str = "application/problem+json";

/// Implements serde for a validated name by its `FromStr` and `Display`, so that JSON, paths, queries and command lines
/// accept exactly the same spellings.
macro_rules! serde_as_string {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
use serde_as_string;
