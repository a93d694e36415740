//! `sweep`: every issue of the repository that has data and is closed on GitHub, or was cleaned up and is open again,
//! for what no event told.

use std::collections::BTreeMap;

use phase_data_forge::{Decision, Failures, ForgeError, KnownIssue, Place, Survey, decide};
use phase_data_wire::repositories::IssuePhases;
use phase_data_wire::{IssueNumber, Repository};
use time::OffsetDateTime;
use tokio::time::Instant;

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

/// The part of the time that is left in which GitHub is asked.
const SHARE_OF_ASKING: f64 = 0.7;

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
    /// It ran out of the time for asking GitHub.
    is_cut_short: bool,
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
        if !(self.client.is_out_of_time() || found.is_cut_short) || !cause.is_waiting() {
            return cause;
        }
        let done = format!("{}, {} not looked at yet", self.outcome(found), issues(found.open));
        Error::TimeIsUp { seconds: self.job.timeout.as_secs(), done, cause: cause.into() }
    }

    /// Sums the sweep up in a few words.
    fn outcome(&self, found: &Found) -> String {
        let would = if self.dry_run { "would be " } else { "" };
        let back = match found.reopened.len() {
            0 => String::new(),
            back => format!(", {back} {would}brought back"),
        };
        format!("{} {would}cleaned up{back}", found.swept.len())
    }

    /// What the backend has: of each issue what can be seen, and what was cleaned up and can be brought back.
    async fn known(&self, log: &mut Log<'_>) -> Result<BTreeMap<IssueNumber, KnownIssue>, Error> {
        let mut known: BTreeMap<_, KnownIssue> = BTreeMap::new();
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
        known: &BTreeMap<IssueNumber, KnownIssue>,
        runner: &Runner,
        found: &mut Found,
        log: &mut Log<'_>,
    ) -> Result<(), Error> {
        // A change before that is none that concerns what is stored.
        let since = |known: &KnownIssue| known.first_stored.into_iter().chain(known.closed_at).min();
        let Some(since) = known.values().filter_map(since).min() else { return Ok(()) };
        let asked_at = OffsetDateTime::now_utc();
        found.open = known.len();
        let github = self.job.github.as_ref().ok_or(ForgeError::UnfitToken)?;
        let forge = github.forge(self.job, &runner.trace, self.client.deadline())?;
        let on_github = forge.repository(self.repository).await?;
        // A part of the time is kept for acting on what was learned: else a slow GitHub would let no sweep get on.
        let asking_ends = Instant::now() + self.client.time_left().mul_f64(SHARE_OF_ASKING);
        let asking = forge.clone().until(asking_ends);
        let Survey { states, unread, stopped } = asking.survey(&on_github, known, since).await;
        found.is_cut_short = stopped.is_some() && Instant::now() >= asking_ends;
        found.left.extend(unread.iter().map(|(number, error)| format!("#{number}: {error}")));
        let mut failures = Failures::default();
        let nothing_read = states.is_empty();
        for (number, state) in states {
            let Some(issue) = known.get(&number) else { continue };
            if self.client.is_out_of_time() {
                return Err(stopped.unwrap_or(ForgeError::Unreachable(NO_TIME.to_owned())).into());
            }
            // The step knows the repository by its name alone.
            match decide(&state, *issue, Some(on_github.created_at)) {
                Decision::Keep => {}
                Decision::Close(at) => self.clean_one(number, at, found, log).await?,
                Decision::CloseDeleted => self.clean_one(number, asked_at, found, log).await?,
                Decision::Follow(place) => self.moved(number, issue, place, found, log).await?,
                Decision::LeaveAlone(why) => found.left.push(format!("#{number}: {why}")),
                Decision::RestoreIfReopenedSince(since) => {
                    match forge.reopened_at(on_github.id, number).await {
                        Ok(Some(at)) if at >= since => self.bring_back(number, at, found, log).await?,
                        Ok(_) => failures.success(),
                        Err(error) if failures.ends(&error) => return Err(error.into()),
                        Err(error) => found.left.push(format!("#{number}: {error}")),
                    }
                }
            }
            found.open -= 1;
        }
        match (stopped, unread.into_iter().next()) {
            (Some(error), _) => Err(error.into()),
            // All of them have one cause, like a missing permission.
            (None, Some((_, error))) if nothing_read => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The step can't take data along: it knows one repository. It is cleaned up if the issue is closed where it is.
    async fn moved(
        &self,
        number: IssueNumber,
        issue: &KnownIssue,
        place: Place,
        found: &mut Found,
        log: &mut Log<'_>,
    ) -> Result<(), Error> {
        match (issue.first_stored, place.closed_at) {
            (Some(_), Some(at)) => self.clean_one(number, at, found, log).await,
            (Some(_), None) => {
                let Place { repository, issue_number, .. } = place;
                found.left.push(format!("#{number} is {repository}#{issue_number} now, and open there"));
                Ok(())
            }
            // What can't be seen is cleaned up already.
            (None, _) => Ok(()),
        }
    }

    async fn bring_back(
        &self,
        issue_number: IssueNumber,
        reopened_at: OffsetDateTime,
        found: &mut Found,
        log: &mut Log<'_>,
    ) -> Result<(), Error> {
        let target = Target { repository: self.repository.clone(), issue_number };
        let (restored, told) = match self.dry_run {
            true => (self.client.would_restore(&target, reopened_at, log).await?, "would bring back"),
            false => (self.client.restore(&target, Some(reopened_at), log).await?.restored, "brought back"),
        };
        if !restored.is_empty() {
            log.line(&format!(
                "#{issue_number} was opened again: {told} {}.",
                super::listed(restored.into_iter())
            ));
            found.reopened.push(issue_number);
        }
        Ok(())
    }

    async fn clean_one(
        &self,
        issue_number: IssueNumber,
        closed_at: OffsetDateTime,
        found: &mut Found,
        log: &mut Log<'_>,
    ) -> Result<(), Error> {
        let target = Target { repository: self.repository.clone(), issue_number };
        let (deleted, told) = match self.dry_run {
            true => (self.client.would_clean_up(&target, closed_at, log).await?, "would remove"),
            false => (self.client.cleanup(&target, Some(closed_at), log).await?.deleted, "removed"),
        };
        if !deleted.is_empty() {
            log.line(&format!("#{issue_number} is closed: {told} {}.", super::listed(deleted.into_iter())));
            found.swept.push(issue_number);
        }
        Ok(())
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

/// When the oldest of the issue's documents was stored: a close before that concerns none of them.
fn first_stored(issue: &IssuePhases) -> OffsetDateTime {
    issue.phases.iter().map(|phase| phase.updated_at).min().unwrap_or(issue.updated_at)
}
