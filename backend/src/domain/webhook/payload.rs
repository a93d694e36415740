//! The members of GitHub's payloads that are read. All others are ignored, those of later versions of GitHub too.

use phase_data_wire::{AtMost, LenientTime, Repository};
use serde::Deserialize;
use serde::de::IgnoredAny;
use time::OffsetDateTime;

use super::shape::{self, missing};
use super::{Malformed, Owner, Subject};

/// The repositories that a delivery lists. No owner is known to have more.
pub(super) type Repositories = AtMost<100_000, RepositoryPart>;

/// A delivery's body, for all events.
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

impl Payload {
    /// Returns the owner that the event is about: for events of an App whoever installed it, otherwise the repository's
    /// owner.
    pub(super) fn owner(&self, event: &str) -> Option<Owner> {
        let installer = self.installation.as_ref().and_then(|installation| installation.account.as_ref());
        let of_repository = self.repository.as_ref().and_then(|repository| repository.owner.as_ref());
        let owner = match event {
            "installation" | "installation_repositories" => installer,
            "issues" | "repository" => of_repository,
            _ => of_repository.or(self.organization.as_ref()).or(installer),
        }?;
        if owner.is_enterprise() || (event.starts_with("installation") && self.is_of_enterprise()) {
            return None;
        }
        let login = owner.login.as_deref().filter(|name| shape::is_login(name)).unwrap_or_default();
        Some(Owner { id: owner.id?, login: login.to_owned() })
    }

    /// Returns the repository's name, if the event has a valid one.
    pub(super) fn repository_name(&self) -> Option<Repository> {
        self.repository.as_ref()?.full_name.as_deref()?.to_ascii_lowercase().parse().ok()
    }

    pub(super) fn issue(&self) -> Result<&IssuePart, Malformed> {
        self.issue.as_ref().ok_or_else(|| missing("/issue"))
    }

    pub(super) fn repository(&self) -> Result<&RepositoryPart, Malformed> {
        let repository = self.repository.as_ref().ok_or_else(|| missing("/repository"))?;
        let owner = repository.owner.as_ref().ok_or_else(|| missing("/repository/owner"))?;
        owner.id.ok_or_else(|| missing("/repository/owner/id"))?;
        Ok(repository)
    }

    pub(super) fn repository_subject(&self) -> Result<Subject, Malformed> {
        self.repository()?.subject("/repository")
    }

    pub(super) fn repository_time(&self) -> Result<OffsetDateTime, Malformed> {
        shape::time("/repository/updated_at", self.repository()?.updated_at)
    }

    pub(super) fn issue_subject(&self) -> Result<Subject, Malformed> {
        let issue = self.issue()?;
        let issue_number = Some(shape::issue_number("/issue/number", issue.number)?);
        let subject = self.repository_subject()?;
        let named_at = issue.updated_at.and_then(LenientTime::get).max(subject.named_at);
        Ok(Subject { issue_number, named_at, ..subject })
    }

    pub(super) fn account_subject(&self) -> Result<Subject, Malformed> {
        let installation = self.installation.as_ref().ok_or_else(|| missing("/installation"))?;
        let account = installation.account.as_ref().ok_or_else(|| missing("/installation/account"))?;
        account.id.ok_or_else(|| missing("/installation/account/id"))?;
        Ok(Subject::default())
    }

    pub(super) fn is_of_enterprise(&self) -> bool {
        let Some(installation) = &self.installation else { return false };
        match installation.target_type.as_deref() {
            Some(target_type) => !matches!(target_type, "Organization" | "User"),
            None => installation.account.as_ref().is_some_and(OwnerPart::is_enterprise),
        }
    }

    /// Returns GitHub's time of the installation. Without a readable one, the order of receipt decides.
    pub(super) fn installation_time(&self) -> Option<OffsetDateTime> {
        self.installation.as_ref()?.updated_at.and_then(LenientTime::get)
    }

    /// Checks the login of an owner that is about to be registered: it is kept.
    pub(super) fn check_login(&self) -> Result<(), Malformed> {
        let account = self.installation.as_ref().and_then(|installation| installation.account.as_ref());
        match account.and_then(|account| account.login.as_deref()) {
            Some(name) if !shape::is_login(name) => {
                Err(Malformed("/installation/account/login must be an owner's name, like octo".to_owned()))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn repositories(
        &self,
        member: &'static str,
        listed: Option<&Repositories>,
    ) -> Result<Vec<Subject>, Malformed> {
        let listed = listed.ok_or_else(|| missing(member))?.0.iter().enumerate();
        listed.map(|(index, repository)| repository.subject(&format!("{member}/{index}"))).collect()
    }
}

impl OwnerPart {
    /// Returns whether this is an enterprise, which has a slug and no login. Ids of enterprises are numbered separately
    /// from those of owners.
    pub(super) fn is_enterprise(&self) -> bool {
        match self.kind.as_deref() {
            Some(kind) => !matches!(kind, "Organization" | "User"),
            None => self.slug.is_some() && self.login.is_none(),
        }
    }
}

impl RepositoryPart {
    pub(super) fn subject(&self, pointer: &str) -> Result<Subject, Malformed> {
        let id = self.id.ok_or_else(|| missing(&format!("{pointer}/id")))?;
        let pointer = format!("{pointer}/full_name");
        let full_name = self.full_name.as_deref().ok_or_else(|| missing(&pointer))?;
        let repository = shape::repository(&pointer, full_name)?;
        let named_at = self.updated_at.and_then(LenientTime::get);
        Ok(Subject { repository_id: Some(id), repository: Some(repository), issue_number: None, named_at })
    }
}
