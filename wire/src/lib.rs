//! What crosses HTTP between the phase-data action and its backend.
//!
//! In reading order:
//! - [`Repository`], [`IssueNumber`], [`Phase`] name one document; [`CommitSha`] says for which
//!   commit it was written, [`ExpiresInSeconds`] for how long, [`Revision`] counts what was stored there. Each has private
//!   fields and one spelling: whoever holds one need not check it again.
//! - [`Document`] is the stored JSON, carried as text; [`JsonString`] a string of it, to compare keys.
//! - [`phase_data`] has a file for each call: its method, its path, its request and its answer.
//! - [`repositories`] lists what a repository's issues have.
//! - [`admin`] is the same for what an admin of an account does with keys, and [`secret_scanning`] for what
//!   GitHub says about leaked ones; [`webhooks`] is about what else it tells us.
//! - [`OidcDiscovery`] is what a workflow asks for before it sends an id token.
//! - [`StatedTime`] is a time that somebody else states, [`LenientTime`] one where something else may stand, [`AtMost`] a
//!   list that somebody else sends; [`Waits`] is how long to wait before the same is asked again.
//! - [`Problem`] is every error, [`ProblemCode`] the closed list of what can go wrong.
//!
//! The feature `openapi` adds the poem-openapi schemas for the backend. Without it this crate needs
//! serde alone.

// What crosses HTTP is not to be believed: no number of it may overflow.
#![warn(clippy::arithmetic_side_effects)]

pub mod admin;
mod at_most;
mod auth;
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
mod wait_seconds;
mod waits;
pub mod webhooks;

pub use at_most::AtMost;
pub use auth::OidcDiscovery;
pub use commit_sha::{CommitSha, CommitShaError};
pub use document::Document;
pub use expires_in::{ExpiresInError, ExpiresInSeconds};
pub use extensible::{Extensible, OpenEnum};
pub use issue_number::{IssueNumber, IssueNumberError};
pub use json_string::JsonString;
pub use lenient_time::LenientTime;
pub use phase::{Phase, PhaseError};
pub use problem::Problem;
pub use problem_code::ProblemCode;
pub use repository::{Repository, RepositoryError, RepositoryPart};
pub use revision::{Revision, RevisionError};
pub use stated_time::StatedTime;
pub use wait_seconds::{WaitSeconds, WaitSecondsError};
pub use waits::{LONGEST_WAIT, SHORTEST_WAIT, Waits, bounded, retry_after};

/// The media type of every error answer (RFC 9457, section 3).
pub const PROBLEM_MEDIA_TYPE: &str = "application/problem+json";

/// Gives a validated name serde through its `FromStr` and `Display`, so that JSON, paths, queries
/// and command lines accept exactly the same spellings.
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
