//! Which issues are closed, moved or gone.

use std::collections::{BTreeMap, BTreeSet};

use http::StatusCode;
use phase_data_wire::{IssueNumber, Repository, StatedTime};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::page::PER_PAGE;
use crate::request::Answer;
use crate::{Forge, ForgeError};

/// What GitHub says of an issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueState {
    /// It is open.
    Open,
    /// It is closed, since then.
    Closed(OffsetDateTime),
    /// It has become another one, in another repository.
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
    /// The repository.
    pub repository: Repository,
    /// Its number there.
    pub issue_number: IssueNumber,
    /// Since when it is closed, if it is.
    pub closed_at: Option<OffsetDateTime>,
}

/// A repository as GitHub has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repo {
    /// Its numeric id, which it keeps for ever.
    pub id: i64,
    /// Its owner's numeric id.
    pub owner_id: i64,
    /// Its name, which may be another than the one that was asked for.
    pub name: Repository,
    /// Nothing in it can be changed.
    pub archived: bool,
    /// What happened before concerns another repository, which had this name then.
    pub created_at: OffsetDateTime,
}

/// What was learned, and why not more.
#[derive(Debug)]
pub struct Survey {
    /// The issues whose state is known.
    pub states: BTreeMap<IssueNumber, IssueState>,
    /// What ended the survey before all was known. It can be taken up again with those that are missing.
    pub stopped: Option<ForgeError>,
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

/// The part of an issue that is looked at. A pull request comes as one, too.
#[derive(Deserialize)]
struct IssueRow {
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

impl Forge {
    /// `GET /repos/{owner}/{repo}`: the repository of this name, or of the name that it has now.
    ///
    /// # Errors
    /// See [`ForgeError`]; [`ForgeError::NoRepository`] and [`ForgeError::IssuesOff`] say that nothing can be
    /// known about its issues.
    pub async fn repository(&self, name: &Repository) -> Result<Repo, ForgeError> {
        let answer = self.follow(&self.at(&format!("/repos/{name}"))).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Err(ForgeError::NoRepository(name.to_string()));
        }
        let row: RepoRow = answer.expected()?.read()?;
        if !row.has_issues {
            return Err(ForgeError::IssuesOff(name.to_string()));
        }
        let name = repository(&row.full_name)?;
        let RepoRow { id, archived, created_at, owner, .. } = row;
        Ok(Repo { id, owner_id: owner.id, name, archived, created_at: created_at.get() })
    }

    /// Asks for the states of these issues, none of which has data from before `since`: what was closed before
    /// that has none to lose.
    ///
    /// It takes one request for a hundred issues that were closed, and one for each that is in no list.
    pub async fn survey(
        &self,
        repository: &Repository,
        wanted: &BTreeSet<IssueNumber>,
        since: OffsetDateTime,
    ) -> Survey {
        let mut states = BTreeMap::new();
        let stopped = self.learn(repository, wanted, since, &mut states).await.err();
        Survey { states, stopped }
    }

    async fn learn(
        &self,
        repository: &Repository,
        wanted: &BTreeSet<IssueNumber>,
        since: OffsetDateTime,
        states: &mut BTreeMap<IssueNumber, IssueState>,
    ) -> Result<(), ForgeError> {
        let since = since.replace_nanosecond(0).unwrap_or(since).format(&Rfc3339);
        let since = since.map_err(|error| ForgeError::Unreadable(error.to_string()))?.replace('+', "%2B");
        let lists = [
            format!("state=closed&sort=updated&direction=asc&since={since}"),
            "state=open&sort=created&direction=asc".to_owned(),
        ];
        for list in lists {
            // For a few, asking for each is less than reading a list of all.
            if wanted.len().saturating_sub(states.len()) <= 5 {
                break;
            }
            let first = self.at(&format!("/repos/{repository}/issues?{list}&per_page={PER_PAGE}"));
            self.pages(&first, |page: Vec<IssueRow>| {
                let known = page.iter().filter_map(|row| Some((row.number()?, row.state()?)));
                states.extend(known.filter(|(number, _)| wanted.contains(number)));
                states.len() < wanted.len()
            })
            .await?;
        }
        for number in wanted {
            if !states.contains_key(number) {
                states.insert(*number, self.issue_state(repository, *number).await?);
            }
        }
        Ok(())
    }

    /// `GET /repos/{owner}/{repo}/issues/{issue_number}`
    ///
    /// # Errors
    /// See [`ForgeError`].
    pub async fn issue_state(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<IssueState, ForgeError> {
        let answer = self.follow(&self.at(&format!("/repos/{repository}/issues/{number}"))).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(IssueState::Unknown),
            StatusCode::GONE => Ok(IssueState::Deleted),
            _ => moved_or_not(repository, answer),
        }
    }

    /// `GET /repos/{owner}/{repo}/issues/{issue_number}/events`: when the issue was last opened again, if it ever was.
    ///
    /// # Errors
    /// See [`ForgeError`].
    pub async fn reopened_at(
        &self,
        repository: &Repository,
        number: IssueNumber,
    ) -> Result<Option<OffsetDateTime>, ForgeError> {
        let first = self.at(&format!("/repos/{repository}/issues/{number}/events?per_page={PER_PAGE}"));
        let mut newest = None;
        self.pages(&first, |page: Vec<EventRow>| {
            let reopened = page.iter().filter(|row| row.event == "reopened");
            newest = reopened.filter_map(|row| row.created_at.map(StatedTime::get)).max().max(newest);
            true
        })
        .await?;
        Ok(newest)
    }
}

/// A transferred issue is redirected to where it is now.
fn moved_or_not(asked: &Repository, answer: Answer) -> Result<IssueState, ForgeError> {
    let row: IssueRow = answer.expected()?.read()?;
    let unreadable = || ForgeError::Unreadable("an issue without a known state".to_owned());
    let state = row.state().ok_or_else(unreadable)?;
    let is_in = row.repository_url.split_once("/repos/").map_or("", |(_, name)| name);
    let is_in = repository(is_in)?;
    if is_in == *asked {
        return Ok(state);
    }
    let closed_at = match state {
        IssueState::Closed(at) => Some(at),
        _ => None,
    };
    Ok(IssueState::Moved(Place {
        repository: is_in,
        issue_number: row.number().ok_or_else(unreadable)?,
        closed_at,
    }))
}

impl IssueRow {
    fn number(&self) -> Option<IssueNumber> {
        IssueNumber::try_from(self.number).ok()
    }

    fn state(&self) -> Option<IssueState> {
        match (self.state.as_str(), self.closed_at) {
            ("open", _) => Some(IssueState::Open),
            ("closed", Some(at)) => Some(IssueState::Closed(at.get())),
            _ => None,
        }
    }
}

fn repository(name: &str) -> Result<Repository, ForgeError> {
    name.parse().map_err(|_| ForgeError::Unreadable("a repository without a name".to_owned()))
}
