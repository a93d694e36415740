//! `sweep`: every issue of the repository that has data and is closed on GitHub, for what no event cleaned up.

use phase_data_forge::{ForgeError, IssueState};
use phase_data_wire::issues::IssuePhases;
use phase_data_wire::{IssueNumber, Repository};
use time::{Duration, OffsetDateTime};

use super::list::{all, array, issues};
use super::{Report, Storage, about, warn_of_fallback};
use crate::client::Client;
use crate::error::Error;
use crate::interface::{COUNT, SWEPT};
use crate::job::{Filter, Job, Target};
use crate::log::Log;
use crate::runner::Runner;

/// One sweep of a repository.
pub(super) struct Sweep<'a> {
    pub(super) job: &'a Job,
    pub(super) client: &'a Client<'a>,
    pub(super) repository: &'a Repository,
    /// Only tells.
    pub(super) dry_run: bool,
}

/// What a sweep came to.
#[derive(Default)]
struct Found {
    swept: Vec<IssueNumber>,
    /// What it left alone, and why.
    left: Vec<String>,
}

impl Sweep<'_> {
    pub(super) async fn run(
        &self,
        runner: &Runner,
        report: &mut Report,
        log: &mut Log<'_>,
    ) -> Result<Storage, Error> {
        log.line(&format!("Looking for closed issues among those of {} that have data.", self.repository));
        let filter = Filter { pending: None, phase: None, stale: false };
        let mut found = Found::default();
        let outcome = match all(self.client, self.repository, &filter, log).await {
            Ok(with_data) => self.clean(&with_data, runner, &mut found, log).await.map(|()| Storage::Backend),
            Err(error) if self.job.falls_back_on(&error) => {
                warn_of_fallback(&error, "nothing is cleaned up; the next sweep will do it.", log);
                Ok(Storage::Local)
            }
            Err(error) => Err(error),
        };
        // What was done before a failure stays done, and is told.
        self.tell(&found, report, log);
        outcome
    }

    /// Asks GitHub, and cleans up what it knows to be closed.
    async fn clean(
        &self,
        with_data: &[IssuePhases],
        runner: &Runner,
        found: &mut Found,
        log: &mut Log<'_>,
    ) -> Result<(), Error> {
        let Some(since) = with_data.iter().map(first_stored).min() else { return Ok(()) };
        let asked_at = OffsetDateTime::now_utc();
        let github = self.job.github.as_ref().ok_or(ForgeError::UnfitToken)?;
        let forge = github.forge(self.job, &runner.trace)?;
        let name = forge.repository(self.repository).await?.name;
        let numbers = with_data.iter().map(|issue| issue.issue_number).collect();
        let survey = forge.survey(&name, &numbers, since).await;
        for issue in with_data {
            let number = issue.issue_number;
            let Some(state) = survey.states.get(&number) else { continue };
            let closed_at = match state {
                IssueState::Open => continue,
                IssueState::Closed(at) => *at,
                IssueState::Deleted => asked_at,
                IssueState::Moved(place) => match place.closed_at {
                    Some(at) => at,
                    None => {
                        let place = format!("{}#{}", place.repository, place.issue_number);
                        found.left.push(format!("#{number} is {place} now, and open there"));
                        continue;
                    }
                },
                IssueState::Unknown => {
                    found.left.push(format!("#{number}: GitHub shows no such issue to this token"));
                    continue;
                }
            };
            // What was stored after the close is a new life of the issue's, which the backend would spare, too.
            if first_stored(issue) < closed_at + Duration::SECOND
                && self.clean_one(number, closed_at, log).await?
            {
                found.swept.push(number);
            }
        }
        survey.stopped.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Whether anything of the issue went.
    async fn clean_one(
        &self,
        issue_number: IssueNumber,
        closed_at: OffsetDateTime,
        log: &mut Log<'_>,
    ) -> Result<bool, Error> {
        if self.dry_run {
            log.line(&format!("#{issue_number} is closed, and would be cleaned up."));
            return Ok(true);
        }
        let target = Target { repository: self.repository.clone(), issue_number };
        let gone = self.client.cleanup(&target, Some(closed_at), log).await?;
        about(&target, &gone.repository, gone.issue_number)?;
        if !gone.deleted.is_empty() {
            log.line(&format!(
                "#{issue_number} is closed: removed {}.",
                super::listed(gone.deleted.iter().copied())
            ));
        }
        Ok(!gone.deleted.is_empty())
    }

    fn tell(&self, found: &Found, report: &mut Report, log: &mut Log<'_>) {
        let count = found.swept.len();
        report.outputs.set(&SWEPT, array(&found.swept));
        report.outputs.set(&COUNT, count.to_string());
        let verb = if self.dry_run { "would be cleaned up" } else { "cleaned up" };
        report.summary.outcome = format!("{count} {verb}");
        log.line(&format!("{} {verb}.", issues(count)));
        if !found.left.is_empty() {
            let text = format!(
                "{}\nTheir data stays: an issue that can't be seen may be there all the same. If it is gone for \
                 good, clean up with its issue-number.",
                found.left.join("\n")
            );
            log.warning("phase-data: issues left alone", &text);
        }
    }
}

/// When the oldest of the issue's documents was stored: a close before that concerns none of them.
fn first_stored(issue: &IssuePhases) -> OffsetDateTime {
    issue.phases.iter().map(|phase| phase.updated_at).min().unwrap_or(issue.updated_at)
}
