//! `GET /api/v1/admin/usage` — scope `admin`.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// What an account keeps here, and what happened lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct Usage {
    /// How many documents are stored. What was cleaned up does not count.
    pub documents: i64,
    /// Their size in bytes, as answers spell them.
    pub bytes: i64,
    /// How many issues have documents.
    pub issues: i64,
    /// How many repositories have documents.
    pub repository_count: i64,
    /// The repositories with the most bytes, up to 100.
    pub repositories: Vec<RepositoryUsage>,
    /// How many keys work: neither revoked nor expired.
    pub active_keys: i64,
    /// What happened in the last 30 days.
    pub events_last_30_days: EventCounts,
    /// When documents and events were counted, if there are so many that this is done in the background.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub counted_at: Option<OffsetDateTime>,
}

/// One repository's share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct RepositoryUsage {
    /// What the repository is called now. One that has lost its name to another has ` (former name)` behind the old one.
    pub repository: String,
    /// How many documents it has.
    pub documents: i64,
    /// Their size in bytes.
    pub bytes: i64,
    /// How many of its issues have documents.
    pub issues: i64,
}

/// How often each kind of event happened, each to one phase of one issue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct EventCounts {
    /// A document was created or replaced.
    pub stored: i64,
    /// A document was cleaned up.
    pub deleted: i64,
    /// A document that had been cleaned up was brought back.
    pub restored: i64,
    /// A document came to the end of its time.
    pub expired: i64,
    /// A document was removed for good.
    pub purged: i64,
    /// A document went to another repository with its issue.
    pub moved: i64,
    /// Two names turned out to be one repository, and of two documents of a phase this one stayed.
    #[serde(default)]
    pub merged: i64,
}
