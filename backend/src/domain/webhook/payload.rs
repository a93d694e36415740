//! The members of GitHub's payloads that are read. Whatever else stands there is passed over, and so is what
//! a later version of GitHub adds.

use phase_data_wire::{AtMost, LenientTime};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The repositories that a delivery names. No owner is known to have more.
pub(super) type Repositories = AtMost<100_000, RepositoryPart>;

/// A delivery's body, of whichever event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Payload {
    pub(super) action: Option<String>,
    pub(super) issue: Option<IssuePart>,
    pub(super) repository: Option<RepositoryPart>,
    pub(super) organization: Option<OwnerPart>,
    pub(super) installation: Option<InstallationPart>,
    pub(super) changes: Option<ChangesPart>,
    pub(super) repositories_added: Option<Repositories>,
    pub(super) repositories_removed: Option<Repositories>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IssuePart {
    pub(super) number: Option<i64>,
    pub(super) closed_at: Option<LenientTime>,
    pub(super) updated_at: Option<LenientTime>,
    pub(super) pull_request: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RepositoryPart {
    pub(super) id: Option<i64>,
    pub(super) full_name: Option<String>,
    pub(super) owner: Option<OwnerPart>,
    pub(super) updated_at: Option<LenientTime>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OwnerPart {
    pub(super) id: Option<i64>,
    pub(super) login: Option<String>,
    pub(super) slug: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct InstallationPart {
    pub(super) account: Option<OwnerPart>,
    pub(super) target_type: Option<String>,
    pub(super) updated_at: Option<LenientTime>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ChangesPart {
    pub(super) new_issue: Option<IssuePart>,
    pub(super) new_repository: Option<RepositoryPart>,
    pub(super) repository: Option<RenamePart>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RenamePart {
    pub(super) name: Option<ChangedPart>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ChangedPart {
    pub(super) from: Option<String>,
}
