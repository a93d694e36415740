//! `sweep`: finds the repository's issues that have data and are closed on GitHub, or were cleaned up and are open again,
//! because their event was lost.

mod report;

use std::collections::BTreeMap;

use phase_data_github::{
    Context, Decision, Effect, Fact, Failures, GitHub, GitHubError, Known, KnownIssue, Repo, Subject, decide,
};
use phase_data_wire::repositories::IssuePhases;
use phase_data_wire::{IssueNumber, Repository};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::list::all;
use super::{Report, Storage, warn_of_fallback};
use crate::client::Client;
use crate::error::Error;
use crate::job::{Filter, Job};
use crate::log::Log;
use crate::runner::Runner;
use crate::target::Target;
use report::SweepReport;

/// A sweep of one repository.
pub(super) struct Sweep<'a> {
    pub(super) job: &'a Job,
    pub(super) client: &'a Client<'a>,
    pub(super) repository: &'a Repository,
    /// Reports what would change, and changes nothing.
    pub(super) dry_run: bool,
}

/// The reason why the remaining facts are left for the next sweep.
const NO_TIME: &str = "no time was left for what it said";

/// The share of the remaining time in which GitHub is asked.
const SHARE_OF_ASKING: f64 = 0.7;

/// The answers of GitHub about one repository.
struct OnGitHub {
    github: GitHub,
    repository: Repo,
    /// The time before the first question.
    asked_at: OffsetDateTime,
    failures: Failures,
}

impl Sweep<'_> {
    pub(super) async fn run(
        &self,
        runner: &Runner,
        report: &mut Report,
        log: &mut Log<'_>,
    ) -> Result<Storage, Error> {
        log.line(&format!("Asking GitHub about the issues of {} that have data.", self.repository));
        let mut sweep = SweepReport::default();
        let outcome = match self.known(log).await {
            Ok(known) => match self.compare(&known, runner, &mut sweep, log).await {
                Ok(()) => Ok(Storage::Backend),
                Err(error) => Err(self.out_of_time(error, &sweep)),
            },
            Err(error) if self.job.falls_back_on(&error) => {
                warn_of_fallback(&error, "nothing is cleaned up; the next sweep will do it.", log);
                Ok(Storage::Local)
            }
            Err(error) => Err(error),
        };
        // A failure does not undo what was done before, so that is reported, too.
        self.publish(&sweep, report, log);
        outcome
    }

    /// Returns the known times of each issue: of its visible data, and of hidden data that can be restored.
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

    /// Asks GitHub about each issue, and applies the effects.
    async fn compare(
        &self,
        known: &BTreeMap<IssueNumber, KnownIssue>,
        runner: &Runner,
        sweep: &mut SweepReport,
        log: &mut Log<'_>,
    ) -> Result<(), Error> {
        // No earlier change concerns the stored data.
        let since = |known: &KnownIssue| known.first_stored.into_iter().chain(known.closed_at).min();
        let Some(since) = known.values().filter_map(since).min() else { return Ok(()) };
        let asked_at = OffsetDateTime::now_utc();
        sweep.remaining = known.len();
        let access = self.job.github.as_ref().ok_or(GitHubError::UnfitToken)?;
        let github = access.client(&self.job.ca_roots, self.job.timeout, runner, self.client.deadline())?;
        let repository = github.repository(self.repository).await?;
        // A part of the time is kept for the effects: otherwise no sweep would get on with a slow GitHub.
        let asking_ends = Instant::now() + self.client.time_left().mul_f64(SHARE_OF_ASKING);
        let survey = github.clone().until(asking_ends).survey(&repository, known, since).await;
        sweep.is_cut_short = survey.stopped.is_some() && Instant::now() >= asking_ends;
        let unusable = |fact: &Fact| match fact {
            Fact::NoAnswer(error) => Some(error.clone()),
            _ => None,
        };
        let first_error = survey.facts.values().find_map(unusable);
        let nothing_read = survey.facts.values().all(|fact| unusable(fact).is_some());
        let mut on_github = OnGitHub { github, repository, asked_at, failures: Failures::default() };
        for (number, fact) in survey.facts {
            let Some(issue) = known.get(&number) else { continue };
            if self.client.is_out_of_time() {
                let no_time = || GitHubError::Unreachable(NO_TIME.to_owned());
                return Err(survey.stopped.unwrap_or_else(no_time).into());
            }
            match self.follow_up(number, *issue, fact, &mut on_github, sweep, log).await? {
                Ok(()) => {}
                Err(error) if on_github.failures.ends(&error) => return Err(error.into()),
                Err(error) => sweep.left_alone.push(format!("#{number}: {error}")),
            }
            sweep.remaining -= 1;
        }
        match (survey.stopped, first_error) {
            (Some(error), _) => Err(error.into()),
            // All of them have one cause, like a missing permission.
            (None, Some(error)) if nothing_read => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Decides about an issue, asks GitHub what the decision depends on, and applies it.
    async fn follow_up(
        &self,
        number: IssueNumber,
        issue: KnownIssue,
        fact: Fact,
        on_github: &mut OnGitHub,
        sweep: &mut SweepReport,
        log: &mut Log<'_>,
    ) -> Result<Result<(), GitHubError>, Error> {
        let OnGitHub { github, repository, asked_at, failures } = on_github;
        // The step knows the repository by its name only.
        let context = Context::ActionSweep(Known::issue(issue, Some(repository.created_at)));
        let repository_name = Some(self.repository.clone());
        let subject =
            Subject { repository: repository_name, issue_number: Some(number), ..Subject::default() };
        let mut decision = decide(&subject, &fact, &context);
        if decision == Decision::AskWhenReopened {
            let reopened_at = match github.reopened_at(repository.id, number).await {
                Ok(reopened_at) => reopened_at,
                Err(error) => return Ok(Err(error)),
            };
            failures.success();
            let reopened = reopened_at.map(Fact::Reopened);
            decision = reopened.map_or(Decision::Keep, |fact| decide(&subject, &fact, &context));
        }
        match decision {
            Decision::Apply(effects) => {
                for effect in effects {
                    self.apply(number, &effect, *asked_at, sweep, log).await?;
                }
            }
            Decision::LeaveAlone(reason) => sweep.left_alone.push(format!("#{number}: {reason}")),
            Decision::Keep | Decision::Skip | Decision::AskWhenReopened | Decision::AskForOwner(_) => {}
        }
        Ok(Ok(()))
    }

    async fn apply(
        &self,
        number: IssueNumber,
        effect: &Effect,
        asked_at: OffsetDateTime,
        sweep: &mut SweepReport,
        log: &mut Log<'_>,
    ) -> Result<(), Error> {
        match effect {
            Effect::Close { at, .. } => self.clean_up(number, at.unwrap_or(asked_at), sweep, log).await,
            Effect::Reopen { at, .. } => self.restore(number, at.unwrap_or(asked_at), sweep, log).await,
            // A step reaches one repository, and the policy knows that.
            Effect::Move { .. } | Effect::Rename { .. } => Ok(()),
        }
    }

    async fn restore(
        &self,
        issue_number: IssueNumber,
        reopened_at: OffsetDateTime,
        sweep: &mut SweepReport,
        log: &mut Log<'_>,
    ) -> Result<(), Error> {
        let target = Target { repository: self.repository.clone(), issue_number };
        let (restored, verb) = match self.dry_run {
            true => (self.client.would_restore(&target, reopened_at, log).await?, "would bring back"),
            false => (self.client.restore(&target, Some(reopened_at), log).await?.restored, "restored"),
        };
        if !restored.is_empty() {
            log.line(&format!(
                "#{issue_number} was opened again: {verb} {}.",
                super::listed(restored.into_iter())
            ));
            sweep.restored.push(issue_number);
        }
        Ok(())
    }

    async fn clean_up(
        &self,
        issue_number: IssueNumber,
        closed_at: OffsetDateTime,
        sweep: &mut SweepReport,
        log: &mut Log<'_>,
    ) -> Result<(), Error> {
        let target = Target { repository: self.repository.clone(), issue_number };
        let (deleted, verb) = match self.dry_run {
            true => (self.client.would_clean_up(&target, closed_at, log).await?, "would remove"),
            false => (self.client.cleanup(&target, Some(closed_at), log).await?.deleted, "removed"),
        };
        if !deleted.is_empty() {
            log.line(&format!("#{issue_number} is closed: {verb} {}.", super::listed(deleted.into_iter())));
            sweep.cleaned_up.push(issue_number);
        }
        Ok(())
    }
}

/// Returns the time of the issue's oldest store: an earlier close concerns none of its documents.
fn first_stored(issue: &IssuePhases) -> OffsetDateTime {
    issue.phases.iter().map(|phase| phase.updated_at).min().unwrap_or(issue.updated_at)
}
