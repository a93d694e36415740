//! `GET /api/v1/admin/usage` — scope `admin`.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The usage of an account: stored data and recent events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct Usage {
    /// Number of stored documents, without those that were cleaned up.
    pub documents: i64,
    /// Size of the documents in bytes, as serialized in answers.
    pub bytes: i64,
    /// Number of issues with documents.
    pub issues: i64,
    /// Number of repositories with documents.
    pub repository_count: i64,
    /// The repositories with the most bytes, up to 100.
    pub repositories: Vec<RepositoryUsage>,
    /// Number of valid keys: neither revoked nor expired.
    pub active_keys: i64,
    /// Events of the last 30 days.
    pub events_last_30_days: EventCounts,
    /// Time of the count, if the account is so large that documents and events are counted in the background.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub counted_at: Option<OffsetDateTime>,
}

/// The usage of one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct RepositoryUsage {
    /// The current name. A repository whose name now belongs to another one has its old name, followed by ` (former name)`.
    pub repository: String,
    /// Number of documents.
    pub documents: i64,
    /// Their size in bytes.
    pub bytes: i64,
    /// Number of issues with documents.
    pub issues: i64,
}

/// Numbers of events by kind. Each event concerns one phase of one issue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct EventCounts {
    /// Documents created or replaced.
    pub stored: i64,
    /// Documents cleaned up.
    pub deleted: i64,
    /// Documents restored after a clean-up.
    pub restored: i64,
    /// Documents that expired.
    pub expired: i64,
    /// Documents removed permanently.
    pub purged: i64,
    /// Documents moved to another repository with their issue.
    pub moved: i64,
    /// Documents that replaced another one of the same phase, because two names turned out to be one repository.
    #[serde(default)]
    pub merged: i64,
}
