//! `sweep`: every issue of the repository that has data and is closed on GitHub, or was cleaned up and is open again,
//! for what no event told.

use std::collections::BTreeMap;

use phase_data_forge::{Forge, ForgeError, IssueState, Repo};
use phase_data_wire::issues::IssuePhases;
use phase_data_wire::{IssueNumber, Repository};
use time::{Duration, OffsetDateTime};

use super::list::{all, array, issues};
use super::{Report, Storage, warn_of_fallback};
use crate::client::Client;
use crate::error::Error;
use crate::interface::{COUNT, REOPENED, SWEPT};
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

/// Why the rest of what GitHub said is left for the next sweep.
const NO_TIME: &str = "no time was left for what it said";

/// What a sweep came to.
#[derive(Default)]
struct Found {
    swept: Vec<IssueNumber>,
    /// What was opened again, and has its data back.
    reopened: Vec<IssueNumber>,
    /// What it left alone, and why.
    left: Vec<String>,
    /// How many it did not come to.
    open: usize,
}

/// What the backend has of an issue.
#[derive(Default)]
struct Known {
    /// When the oldest of the documents that can be seen was stored.
    first_stored: Option<OffsetDateTime>,
    /// Since when it is known to be closed, if documents that were hidden can be brought back.
    closed_at: Option<OffsetDateTime>,
}

impl Sweep<'_> {
    pub(super) async fn run(
        &self,
        runner: &Runner,
        report: &mut Report,
        log: &mut Log<'_>,
    ) -> Result<Storage, Error> {
        log.line(&format!("Asking GitHub about the issues of {} that have data.", self.repository));
        let mut found = Found::default();
        let outcome = match self.known(log).await {
            Ok(known) => match self.compare(&known, runner, &mut found, log).await {
                Ok(()) => Ok(Storage::Backend),
                Err(error) => Err(self.out_of_time(error, &found)),
            },
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

    /// The error with what was done by then, if it came of the step's time.
    fn out_of_time(&self, cause: Error, found: &Found) -> Error {
        if !self.client.is_out_of_time() || !cause.is_waiting() {
            return cause;
        }
        let done = format!("{}, {} not looked at yet", self.outcome(found), issues(found.open));
        Error::TimeIsUp { seconds: self.job.timeout.as_secs(), done, cause: cause.into() }
    }

    /// What the sweep came to, in a few words.
    fn outcome(&self, found: &Found) -> String {
        let would = if self.dry_run { "would be " } else { "" };
        let back = match found.reopened.len() {
            0 => String::new(),
            back => format!(", {back} {would}brought back"),
        };
        format!("{} {would}cleaned up{back}", found.swept.len())
    }

    /// What the backend has: of each issue what can be seen, and what was cleaned up and can be brought back.
    async fn known(&self, log: &mut Log<'_>) -> Result<BTreeMap<IssueNumber, Known>, Error> {
        let mut known: BTreeMap<_, Known> = BTreeMap::new();
        let (with_data, deadline) = (Filter::default(), self.client.deadline());
        let stored = |issue: IssuePhases| (issue.issue_number, first_stored(&issue));
        for (number, at) in all(self.client, self.repository, &with_data, deadline, log, stored).await? {
            known.entry(number).or_default().first_stored = Some(at);
        }
        let closed = Filter { closed: true, ..Filter::default() };
        let hidden = |issue: IssuePhases| (issue.issue_number, issue.closed_at);
        for (number, at) in all(self.client, self.repository, &closed, deadline, log, hidden).await? {
            if at.is_some() {
                known.entry(number).or_default().closed_at = at;
            }
        }
        Ok(known)
    }

    /// Asks GitHub, cleans up what it knows to be closed, and brings back what it knows to be open again.
    async fn compare(
        &self,
        known: &BTreeMap<IssueNumber, Known>,
        runner: &Runner,
        found: &mut Found,
        log: &mut Log<'_>,
    ) -> Result<(), Error> {
        // A change before that is none that concerns what is stored.
        let since = |known: &Known| known.first_stored.into_iter().chain(known.closed_at).min();
        let Some(since) = known.values().filter_map(since).min() else { return Ok(()) };
        let asked_at = OffsetDateTime::now_utc();
        found.open = known.len();
        let github = self.job.github.as_ref().ok_or(ForgeError::UnfitToken)?;
        let forge = github.forge(self.job, &runner.trace, self.client.deadline())?;
        let on_github = forge.repository(self.repository).await?;
        let survey = forge.survey(&on_github.name, &known.keys().copied().collect(), since).await;
        for (number, state) in survey.states {
            let Some(issue) = known.get(&number) else { continue };
            if self.client.is_out_of_time() {
                return Err(survey.stopped.unwrap_or(ForgeError::Unreachable(NO_TIME.to_owned())).into());
            }
            match (closed_at(&state, asked_at), issue.first_stored) {
                // What was stored after the close is a new life of the issue's, which the backend would spare, too.
                (Ok(Some(at)), Some(stored)) if stored < at + Duration::SECOND => {
                    if self.clean_one(number, at, log).await? {
                        found.swept.push(number);
                    }
                }
                (Ok(None), _) => {
                    if self.bring_back(&forge, &on_github, number, issue.closed_at, log).await? {
                        found.reopened.push(number);
                    }
                }
                // What can't be seen is cleaned up already.
                (Ok(Some(_)), _) | (Err(_), None) => {}
                (Err(why), Some(_)) => found.left.push(format!("#{number}{why}")),
            }
            found.open -= 1;
        }
        survey.stopped.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Whether anything of the issue came back. An issue that is open although its data was cleaned up was opened
    /// again, or somebody did it by hand: only what GitHub says to have happened since tells which. A repository that
    /// was made since has only the name.
    async fn bring_back(
        &self,
        forge: &Forge,
        on_github: &Repo,
        issue_number: IssueNumber,
        closed_at: Option<OffsetDateTime>,
        log: &mut Log<'_>,
    ) -> Result<bool, Error> {
        let closed_at = closed_at.filter(|at| on_github.created_at <= *at);
        let Some(closed_at) = closed_at else { return Ok(false) };
        let reopened_at = forge.reopened_at(&on_github.name, issue_number).await?;
        let Some(reopened_at) = reopened_at.filter(|at| *at >= closed_at) else { return Ok(false) };
        if self.dry_run {
            log.line(&format!("#{issue_number} was opened again, and its data would be brought back."));
            return Ok(true);
        }
        let target = Target { repository: self.repository.clone(), issue_number };
        let back = self.client.restore(&target, Some(reopened_at), log).await?;
        if !back.restored.is_empty() {
            let names = super::listed(back.restored.iter().copied());
            log.line(&format!("#{issue_number} was opened again: brought back {names}."));
        }
        Ok(!back.restored.is_empty())
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
        report.outputs.set(&REOPENED, array(&found.reopened));
        report.summary.outcome = self.outcome(found);
        let rest = report.summary.outcome.trim_start_matches(|first: char| first.is_ascii_digit());
        log.line(&format!("{}{rest}.", issues(count)));
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

/// Since when GitHub has the issue closed, if it is; or why that can't be said.
fn closed_at(state: &IssueState, asked_at: OffsetDateTime) -> Result<Option<OffsetDateTime>, String> {
    match state {
        IssueState::Open => Ok(None),
        IssueState::Closed(at) => Ok(Some(*at)),
        IssueState::Deleted => Ok(Some(asked_at)),
        IssueState::Moved(place) => match place.closed_at {
            Some(at) => Ok(Some(at)),
            None => Err(format!(" is {}#{} now, and open there", place.repository, place.issue_number)),
        },
        IssueState::Unknown => Err(": GitHub shows no such issue to this token".to_owned()),
    }
}

/// When the oldest of the issue's documents was stored: a close before that concerns none of them.
fn first_stored(issue: &IssuePhases) -> OffsetDateTime {
    issue.phases.iter().map(|phase| phase.updated_at).min().unwrap_or(issue.updated_at)
}
