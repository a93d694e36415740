//! Reads the states of issues. Issues are requested by their repository's numeric id.

use http::StatusCode;
use phase_data_wire::{IssueNumber, Repository, StatedTime};
use serde::Deserialize;
use time::OffsetDateTime;

use crate::answer::Answer;
use crate::page::PER_PAGE;
use crate::repository::parse_name;
use crate::{Fact, GitHub, GitHubError};

/// The place of an issue that has another number now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueLocation {
    /// The repository's numeric id.
    pub repository_id: i64,
    /// The repository's name.
    pub repository: Repository,
    /// The issue's number there.
    pub issue_number: IssueNumber,
    /// The time at which it was closed, if it is.
    pub closed_at: Option<OffsetDateTime>,
}

/// The state of an issue, and the name that its repository had at that moment, if the answer states it.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) fact: Fact,
    pub(crate) repository: Option<Repository>,
}

/// The members of an issue that are read. Pull requests are issues, too.
#[derive(Deserialize)]
pub(crate) struct IssueRow {
    number: i64,
    state: String,
    closed_at: Option<StatedTime>,
    repository_url: String,
}

/// The members of an issue's event that are read.
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
        read_issue(&self.base, (repository_id, number), answer)
    }

    /// `GET /repos/{owner}/{repo}/issues/{issue_number}/events`, with the repository's id for its name: the time at
    /// which the issue was last reopened, if it ever was.
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

/// Reads the answer to the request for an issue. A transferred issue is redirected to its new place, which may be
/// another number of the same repository.
pub(crate) fn read_issue(
    base: &str,
    requested: (i64, IssueNumber),
    answer: Answer,
) -> Result<Reading, GitHubError> {
    match answer.status {
        StatusCode::NOT_FOUND => return Ok(Reading { fact: Fact::NotShown, repository: None }),
        // 410 also means that issues are disabled, or that a part of the API has ended.
        StatusCode::GONE if answer.message().to_ascii_lowercase().contains("issue was deleted") => {
            return Ok(Reading { fact: Fact::Deleted, repository: None });
        }
        _ => {}
    }
    let answer = answer.expected()?;
    let (repository_id, issue_number) = address(base, &answer.uri)?;
    let row: IssueRow = answer.read()?;
    if row.number() != Some(issue_number) {
        return Err(GitHubError::Unreadable("it is about another issue".to_owned()));
    }
    let reading = row.reading()?;
    if (repository_id, issue_number) == requested {
        return Ok(reading);
    }
    let closed_at = match reading.fact {
        Fact::Closed(at) => Some(at),
        _ => None,
    };
    let repository = reading.repository.ok_or_else(unreadable)?;
    let place = IssueLocation { repository_id, repository, issue_number, closed_at };
    Ok(Reading { fact: Fact::Redirected(place), repository: None })
}

/// Returns the repository's id and the issue's number in an address. GitHub's redirects contain both.
fn address(base: &str, uri: &str) -> Result<(i64, IssueNumber), GitHubError> {
    let path = uri.strip_prefix(base).unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let address = match parts.as_slice() {
        ["", "repositories", id, "issues", number] => id.parse().ok().zip(number.parse().ok()),
        _ => None,
    };
    address.ok_or_else(|| GitHubError::Unreadable("a redirect without the repository's id".to_owned()))
}

impl IssueRow {
    pub(crate) fn number(&self) -> Option<IssueNumber> {
        IssueNumber::try_from(self.number).ok()
    }

    pub(crate) fn reading(&self) -> Result<Reading, GitHubError> {
        let fact = match (self.state.as_str(), self.closed_at) {
            ("open", _) => Fact::Open,
            ("closed", Some(at)) => Fact::Closed(at.get()),
            _ => return Err(unreadable()),
        };
        let name = self.repository_url.split_once("/repos/").map_or("", |(_, name)| name);
        Ok(Reading { fact, repository: Some(parse_name(name)?) })
    }
}

fn unreadable() -> GitHubError {
    GitHubError::Unreadable("an issue without a known state".to_owned())
}
