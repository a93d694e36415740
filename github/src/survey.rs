//! The states of many issues of one repository.

use std::collections::{BTreeMap, BTreeSet};

use phase_data_wire::IssueNumber;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::issues::{IssueRow, Reading};
use crate::page::PER_PAGE;
use crate::{Fact, Failures, GitHub, GitHubError, KnownIssue, Repo};

/// The states of issues, as far as GitHub was asked.
#[derive(Debug, Default)]
pub struct Survey {
    /// One fact for each issue; [`Fact::NoAnswer`] where GitHub gave no usable answer.
    pub facts: BTreeMap<IssueNumber, Fact>,
    /// The error that ended the survey early. A later survey can ask about the missing issues.
    pub stopped: Option<GitHubError>,
}

/// A survey in progress.
struct Surveyor<'a> {
    github: &'a GitHub,
    repository: &'a Repo,
    known: &'a BTreeMap<IssueNumber, KnownIssue>,
    survey: Survey,
    /// The issues whose answer lacked the name that the repository had when it was looked up. The repository may belong
    /// to another owner since.
    uncertain: BTreeSet<IssueNumber>,
}

impl GitHub {
    /// Requests the states of these issues. None of them has data from before `since`, so no earlier close concerns
    /// them. A repository that is renamed meanwhile stays the same one; after a transfer to another owner nothing more is
    /// learned about it.
    ///
    /// It takes one request for a hundred issues that were closed, and one for each issue that is in no list.
    pub async fn survey(
        &self,
        repository: &Repo,
        known: &BTreeMap<IssueNumber, KnownIssue>,
        since: OffsetDateTime,
    ) -> Survey {
        let (survey, uncertain) = (Survey::default(), BTreeSet::new());
        let mut surveyor = Surveyor { github: self, repository, known, survey, uncertain };
        surveyor.survey.stopped = surveyor.learn(since).await.err();
        if let Err(error) = surveyor.check_owner().await {
            let Surveyor { survey, uncertain, .. } = &mut surveyor;
            survey.facts.retain(|number, _| !uncertain.contains(number));
            survey.stopped.get_or_insert(error);
        }
        surveyor.survey
    }
}

impl Surveyor<'_> {
    async fn learn(&mut self, since: OffsetDateTime) -> Result<(), GitHubError> {
        let since = since.replace_nanosecond(0).unwrap_or(since).format(&Rfc3339);
        let since = since.map_err(|error| GitHubError::Unreadable(error.to_string()))?.replace('+', "%2B");
        let lists = [
            format!("state=closed&sort=updated&direction=asc&since={since}"),
            "state=open&sort=created&direction=asc".to_owned(),
        ];
        for list in lists {
            // For a few issues, a request for each costs less than a list of all.
            if self.missing().count() <= 5 {
                break;
            }
            match self.read_list(&list).await {
                // Each issue can still be requested by itself.
                Err(GitHubError::Unreadable(_) | GitHubError::Failing(_)) => {}
                other => other?,
            }
        }
        self.ask_for_each().await
    }

    /// Returns the issues without an answer, those with visible data first: if the time runs out, the others have
    /// nothing to lose.
    fn missing(&self) -> impl Iterator<Item = IssueNumber> {
        let of =
            |in_use: bool| self.known.iter().filter(move |(_, known)| known.first_stored.is_some() == in_use);
        of(true)
            .chain(of(false))
            .map(|(number, _)| *number)
            .filter(|number| !self.survey.facts.contains_key(number))
    }

    async fn read_list(&mut self, list: &str) -> Result<(), GitHubError> {
        let id = self.repository.id;
        let first = self.github.at(&format!("/repositories/{id}/issues?{list}&per_page={PER_PAGE}"));
        let github = self.github;
        github
            .pages(&first, |page: Vec<Box<RawValue>>| {
                for row in page {
                    // An unreadable row must not keep the others from being read.
                    let Ok(row) = serde_json::from_str::<IssueRow>(row.get()) else { continue };
                    if let (Some(number), Ok(reading)) = (row.number(), row.reading()) {
                        self.note(number, reading);
                    }
                }
                self.missing().next().is_some()
            })
            .await
    }

    async fn ask_for_each(&mut self) -> Result<(), GitHubError> {
        let mut failures = Failures::default();
        for number in self.missing().collect::<Vec<_>>() {
            match self.github.issue(self.repository.id, number).await {
                Ok(reading) => {
                    self.note(number, reading);
                    failures.success();
                }
                // The time is over: the remaining issues are not requested, and nothing is reported about them.
                Err(error) if self.github.is_out_of_time() || failures.ends(&error) => return Err(error),
                Err(error) => {
                    self.survey.facts.insert(number, Fact::NoAnswer(error));
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, number: IssueNumber, reading: Reading) {
        if !self.known.contains_key(&number) {
            return;
        }
        if reading.repository.as_ref() == Some(&self.repository.name) {
            self.uncertain.remove(&number);
        } else if reading.fact != Fact::NotShown {
            self.uncertain.insert(number);
        }
        self.survey.facts.insert(number, reading.fact);
    }

    async fn check_owner(&self) -> Result<(), GitHubError> {
        if self.uncertain.is_empty() {
            return Ok(());
        }
        let Repo { id, owner_id, name, .. } = self.repository;
        match self.github.repository_by_id(*id, name).await?.owner_id == *owner_id {
            true => Ok(()),
            false => Err(GitHubError::OtherOwner(name.to_string())),
        }
    }
}
