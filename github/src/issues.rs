//! Finds out which issues are closed, moved or gone. Issues are asked for by their repository's numeric id.

use http::StatusCode;
use phase_data_wire::{IssueNumber, Repository, StatedTime};
use serde::Deserialize;
use time::OffsetDateTime;

use crate::page::PER_PAGE;
use crate::repository::parse_name;
use crate::request::Answer;
use crate::{GitHub, GitHubError};

/// What GitHub says of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueState {
    /// It is open.
    Open,
    /// It is closed, since then.
    Closed(OffsetDateTime),
    /// It has another number now, mostly in another repository.
    Moved(Place),
    /// It was deleted.
    Deleted,
    /// GitHub shows nothing there: it never was, it went where the token does not reach, or the token has lost a
    /// permission. GitHub does not tell which, so nothing follows from it.
    Unknown,
}

/// Where an issue is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The repository's numeric id.
    pub repository_id: i64,
    /// The repository's name.
    pub repository: Repository,
    /// Its number there.
    pub issue_number: IssueNumber,
    /// Since when it is closed, if it is.
    pub closed_at: Option<OffsetDateTime>,
}

/// An issue's state, and the name that its repository had at that moment, if the answer says so.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) state: IssueState,
    pub(crate) repository: Option<Repository>,
}

/// The part of an issue that is looked at. A pull request comes as one, too.
#[derive(Deserialize)]
pub(crate) struct IssueRow {
    number: i64,
    state: String,
    closed_at: Option<StatedTime>,
    repository_url: String,
}

/// What happened to an issue, as far as it is looked at.
#[derive(Deserialize)]
struct EventRow {
    #[serde(default)]
    event: String,
    created_at: Option<StatedTime>,
}

impl GitHub {
    /// `GET /repos/{owner}/{repo}/issues/{issue_number}`, with the repository's id for its name.
    pub(crate) async fn issue(
        &self,
        repository_id: i64,
        number: IssueNumber,
    ) -> Result<Reading, GitHubError> {
        let path = format!("/repositories/{repository_id}/issues/{number}");
        let answer = self.follow(&self.at(&path)).await?;
        let state = match answer.status {
            StatusCode::NOT_FOUND => IssueState::Unknown,
            // 410 also means that issues are switched off, or that a part of the API has ended.
            StatusCode::GONE if answer.message().to_ascii_lowercase().contains("issue was deleted") => {
                IssueState::Deleted
            }
            _ => return self.moved_or_not(repository_id, number, answer),
        };
        Ok(Reading { state, repository: None })
    }

    /// A transferred issue is redirected to where it is now, which may be another number of the same repository.
    fn moved_or_not(
        &self,
        asked_id: i64,
        asked_number: IssueNumber,
        answer: Answer,
    ) -> Result<Reading, GitHubError> {
        let answer = answer.expected()?;
        let (repository_id, issue_number) = self.address(&answer.uri)?;
        let row: IssueRow = answer.read()?;
        if row.number() != Some(issue_number) {
            return Err(GitHubError::Unreadable("it is about another issue".to_owned()));
        }
        let Reading { state, repository } = row.reading()?;
        if (repository_id, issue_number) == (asked_id, asked_number) {
            return Ok(Reading { state, repository });
        }
        let closed_at = match state {
            IssueState::Closed(at) => Some(at),
            _ => None,
        };
        let repository = repository.ok_or_else(unreadable)?;
        let place = Place { repository_id, repository, issue_number, closed_at };
        Ok(Reading { state: IssueState::Moved(place), repository: None })
    }

    /// The repository's id and the issue's number in an address. GitHub's redirects have both.
    fn address(&self, uri: &str) -> Result<(i64, IssueNumber), GitHubError> {
        let path = uri.strip_prefix(self.base.as_str()).unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        let address = match parts.as_slice() {
            ["", "repositories", id, "issues", number] => id.parse().ok().zip(number.parse().ok()),
            _ => None,
        };
        address.ok_or_else(|| GitHubError::Unreadable("a redirect without the repository's id".to_owned()))
    }

    /// `GET /repos/{owner}/{repo}/issues/{issue_number}/events`, with the repository's id for its name: when the issue
    /// was last opened again, if it ever was.
    ///
    /// # Errors
    /// See [`GitHubError`].
    pub async fn reopened_at(
        &self,
        repository_id: i64,
        number: IssueNumber,
    ) -> Result<Option<OffsetDateTime>, GitHubError> {
        let path = format!("/repositories/{repository_id}/issues/{number}/events?per_page={PER_PAGE}");
        let mut newest = None;
        self.pages(&self.at(&path), |page: Vec<EventRow>| {
            let reopened = page.iter().filter(|row| row.event == "reopened");
            newest = reopened.filter_map(|row| row.created_at.map(StatedTime::get)).max().max(newest);
            true
        })
        .await?;
        Ok(newest)
    }
}

impl IssueRow {
    pub(crate) fn number(&self) -> Option<IssueNumber> {
        IssueNumber::try_from(self.number).ok()
    }

    pub(crate) fn reading(&self) -> Result<Reading, GitHubError> {
        let state = match (self.state.as_str(), self.closed_at) {
            ("open", _) => IssueState::Open,
            ("closed", Some(at)) => IssueState::Closed(at.get()),
            _ => return Err(unreadable()),
        };
        let name = self.repository_url.split_once("/repos/").map_or("", |(_, name)| name);
        Ok(Reading { state, repository: Some(parse_name(name)?) })
    }
}

fn unreadable() -> GitHubError {
    GitHubError::Unreadable("an issue without a known state".to_owned())
}
