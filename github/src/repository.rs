//! Repositories. A name can be given away and taken by another repository; the numeric id stays.

use http::StatusCode;
use phase_data_wire::{Repository, StatedTime};
use serde::Deserialize;
use time::OffsetDateTime;

use crate::{GitHub, GitHubError};

/// A repository as GitHub has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repo {
    /// Its numeric id, which never changes.
    pub id: i64,
    /// Its owner's numeric id.
    pub owner_id: i64,
    /// Its current name, which may differ from the requested one.
    pub name: Repository,
    /// It is archived, so nothing in it can be changed.
    pub archived: bool,
    /// The time of its creation. Earlier events concern another repository, which had this name then.
    pub created_at: OffsetDateTime,
}

#[derive(Deserialize)]
struct RepoRow {
    id: i64,
    full_name: String,
    has_issues: bool,
    archived: bool,
    created_at: StatedTime,
    owner: OwnerRow,
}

#[derive(Deserialize)]
struct OwnerRow {
    id: i64,
}

impl GitHub {
    /// `GET /repos/{owner}/{repo}`: the repository that has or had this name.
    ///
    /// # Errors
    /// See [`GitHubError`]; with [`GitHubError::NoRepository`] and [`GitHubError::IssuesOff`] nothing is
    /// known about its issues.
    pub async fn repository(&self, name: &Repository) -> Result<Repo, GitHubError> {
        self.repository_at(&format!("/repos/{name}"), name).await
    }

    /// `GET /repositories/{id}`: the repository of this id. The name is the last known one, for errors.
    ///
    /// # Errors
    /// Like [`Self::repository`]. A repository of another id is [`GitHubError::Unreadable`].
    pub async fn repository_by_id(&self, id: i64, name: &Repository) -> Result<Repo, GitHubError> {
        let repository = self.repository_at(&format!("/repositories/{id}"), name).await?;
        match repository.id == id {
            true => Ok(repository),
            false => Err(GitHubError::Unreadable(format!("it is not about the repository {id}"))),
        }
    }

    async fn repository_at(&self, path: &str, name: &Repository) -> Result<Repo, GitHubError> {
        let answer = self.follow(&self.at(path)).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Err(GitHubError::NoRepository(name.to_string()));
        }
        let row: RepoRow = answer.expected()?.read()?;
        if !row.has_issues {
            return Err(GitHubError::IssuesOff(name.to_string()));
        }
        let name = parse_name(&row.full_name)?;
        let RepoRow { id, archived, created_at, owner, .. } = row;
        Ok(Repo { id, owner_id: owner.id, name, archived, created_at: created_at.get() })
    }
}

pub(crate) fn parse_name(name: &str) -> Result<Repository, GitHubError> {
    name.parse().map_err(|_| GitHubError::Unreadable("a repository without a name".to_owned()))
}
