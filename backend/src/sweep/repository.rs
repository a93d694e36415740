//! The sweep of one repository. It is looked up once, by its id if that is known, and requested by its id from then on: a
//! name can be given to another repository at any moment.

use std::collections::BTreeMap;

use phase_data_github::{
    Context, Decision, Fact, Failures, GitHubError, IssueLocation, Known, Repo, Subject, decide,
};
use time::OffsetDateTime;

use super::{Owner, Sweep, SweepReport};
use crate::domain::Scope;
use crate::store::sweep::{self, StoredIssue, StoredRepository};

/// The result of requests to GitHub, within an error of this backend.
type Asked<T> = anyhow::Result<Result<T, GitHubError>>;

/// A repository as the database has it, and as GitHub has it.
struct Pair<'a> {
    stored: &'a StoredRepository,
    on_github: Repo,
}

impl Pair<'_> {
    fn subject(&self) -> Subject {
        Subject { repository_id: Some(self.on_github.id), ..self.stored.subject() }
    }

    fn issue(&self, issue: &StoredIssue) -> Subject {
        Subject { issue_number: Some(issue.number), ..self.subject() }
    }

    /// Returns the time before which data belongs to another repository of this name, unless the id is known.
    fn not_before(&self) -> Option<OffsetDateTime> {
        self.stored.external_id.is_none().then_some(self.on_github.created_at)
    }

    fn context(&self) -> Context {
        let StoredRepository { has_visible, closed_at, .. } = self.stored;
        Context::AppSweep(Known::repository(*has_visible, *closed_at, self.not_before()))
    }
}

impl StoredRepository {
    fn subject(&self) -> Subject {
        let (repository_id, repository) = (self.external_id, Some(self.name.clone()));
        Subject { repository_id, repository, ..Subject::default() }
    }
}

impl Sweep {
    /// Returns the error that ended the sweep of this repository early, if any.
    pub(super) async fn sweep_repository(
        &self,
        owner: &mut Owner,
        stored: &StoredRepository,
        report: &mut SweepReport,
    ) -> Asked<()> {
        let on_github = match look_up(owner, stored).await {
            Ok(on_github) => on_github,
            Err(error) => {
                let known = Known::repository(stored.has_visible, stored.closed_at, None);
                let fact = Fact::NoAnswer(error.clone());
                let decision = decide(&stored.subject(), &fact, &Context::AppSweep(known));
                return Ok(if decision == Decision::Skip { Ok(()) } else { Err(error) });
            }
        };
        let pair = Pair { stored, on_github };
        if pair.on_github.owner_id != owner.owner_id {
            if let Decision::LeaveAlone(reason) =
                decide(&pair.subject(), &Fact::TransferredAway, &pair.context())
            {
                report.left_alone.push(reason);
            }
            return Ok(Ok(()));
        }
        let mut restored = owner.restored.clone();
        if stored.closed_at.is_some() {
            let fact = match self.installation_fact(&pair).await? {
                Ok(fact) => fact,
                Err(error) => return Ok(Err(error)),
            };
            match decide(&pair.subject(), &fact, &pair.context()) {
                Decision::Skip => return Ok(Ok(())),
                Decision::Apply(effects) => {
                    let affected = self.apply(owner, effects).await?;
                    report.add(None, "is there again", affected);
                    restored.extend((affected.restored > 0).then_some(Scope::Repository));
                }
                _ => {}
            }
        }
        self.rename(owner, &pair, report).await?;
        self.sweep_issues(owner, &pair, &restored, report).await
    }

    /// Returns whether the App reaches the repository, or that it is archived.
    async fn installation_fact(&self, pair: &Pair<'_>) -> Asked<Fact> {
        Ok(self.app.itself()?.is_installed_on(pair.on_github.id).await.map(|is_installed| {
            match (is_installed, pair.on_github.archived) {
                (false, _) => Fact::AppRemoved { as_of: None },
                (true, true) => Fact::Archived(None),
                (true, false) => Fact::AppInstalled { as_of: None },
            }
        }))
    }

    /// Follows a rename. GitHub redirects from the old name as long as no other repository has it.
    async fn rename(&self, owner: &Owner, pair: &Pair<'_>, report: &mut SweepReport) -> anyhow::Result<()> {
        let Pair { stored, on_github } = pair;
        if on_github.name != stored.name && !owner.named.contains(&on_github.id) {
            let subject = Subject { repository: Some(on_github.name.clone()), ..pair.subject() };
            let fact = Fact::Renamed { old_name: stored.name.clone(), at: owner.asked_at };
            if let Decision::Apply(effects) = decide(&subject, &fact, &pair.context()) {
                let affected = self.apply(owner, effects).await?;
                report.add(None, format!("is {} now", on_github.name), affected);
            }
        }
        Ok(())
    }

    async fn sweep_issues(
        &self,
        owner: &mut Owner,
        pair: &Pair<'_>,
        restored: &[Scope],
        report: &mut SweepReport,
    ) -> Asked<()> {
        let mut issues = sweep::issues(&self.db, owner.account, pair.stored, restored).await?;
        issues.retain(|issue| !owner.arrived.contains(&(pair.on_github.id, issue.number)));
        // No earlier change concerns the stored data.
        let since =
            |issue: &StoredIssue| issue.known.first_stored.into_iter().chain(issue.known.closed_at).min();
        let Some(since) = issues.iter().filter_map(since).min() else { return Ok(Ok(())) };
        self.learn(owner, pair, since).await?;
        let known: BTreeMap<_, _> = issues.iter().map(|issue| (issue.number, issue.known)).collect();
        let mut survey = owner.github.survey(&pair.on_github, &known, since).await;
        let mut failures = Failures::default();
        for issue in &issues {
            let Some(fact) = survey.facts.remove(&issue.number) else { continue };
            if owner.arrived.contains(&(pair.on_github.id, issue.number)) {
                continue;
            }
            match self.follow_up(owner, pair, issue, fact, report).await? {
                Ok(()) => failures.success(),
                Err(error) if failures.ends(&error) => return Ok(Err(error)),
                Err(error) => report.left_alone.push(format!("#{}: {error}", issue.number)),
            }
        }
        Ok(survey.stopped.map_or(Ok(()), Err))
    }

    /// Stores the repository's id, unless some of the data may belong to an earlier repository of this name.
    async fn learn(&self, owner: &Owner, pair: &Pair<'_>, since: OffsetDateTime) -> anyhow::Result<()> {
        let on_github = &pair.on_github;
        if !self.dry_run && pair.not_before().is_some_and(|created_at| created_at <= since) {
            let (account, asked_at) = (owner.account, owner.asked_at);
            sweep::learn_repository(&self.db, account, &on_github.name, on_github.id, asked_at).await?;
        }
        Ok(())
    }

    /// Decides about an issue, asks GitHub what the decision depends on, and applies it.
    async fn follow_up(
        &self,
        owner: &mut Owner,
        pair: &Pair<'_>,
        issue: &StoredIssue,
        mut fact: Fact,
        report: &mut SweepReport,
    ) -> Asked<()> {
        let subject = pair.issue(issue);
        let context = Context::AppSweep(Known::issue(issue.known, pair.not_before()));
        let mut why = if fact == Fact::Deleted { "deleted" } else { "closed" }.to_owned();
        loop {
            let answer = match decide(&subject, &fact, &context) {
                Decision::Keep | Decision::Skip => return Ok(Ok(())),
                Decision::LeaveAlone(reason) => {
                    report.left_alone.push(format!("#{}: {reason}", issue.number));
                    return Ok(Ok(()));
                }
                Decision::Apply(effects) => {
                    let affected = self.apply(owner, effects).await?;
                    report.add(Some(issue.number), why, affected);
                    return Ok(Ok(()));
                }
                Decision::AskWhenReopened => {
                    why = "opened again".to_owned();
                    match owner.github.reopened_at(pair.on_github.id, issue.number).await {
                        Ok(None) => return Ok(Ok(())),
                        Ok(Some(at)) => Ok(Fact::Reopened(at)),
                        Err(error) => Err(error),
                    }
                }
                // Data of two issues that moved there one after the other: the next round decides about the second.
                Decision::AskForOwner(place)
                    if owner.arrived.contains(&(place.repository_id, place.issue_number)) =>
                {
                    return Ok(Ok(()));
                }
                Decision::AskForOwner(place) => {
                    why = format!("moved to {}#{}", place.repository, place.issue_number);
                    transferred(owner, place).await
                }
            };
            fact = match answer {
                Ok(fact) => fact,
                Err(error) => return Ok(Err(error)),
            };
        }
    }
}

async fn look_up(owner: &Owner, stored: &StoredRepository) -> Result<Repo, GitHubError> {
    match stored.external_id {
        Some(id) => owner.github.repository_by_id(id, &stored.name).await,
        None => owner.github.repository(&stored.name).await,
    }
}

/// Looks up the owner of the place where an issue went.
async fn transferred(owner: &mut Owner, place: IssueLocation) -> Result<Fact, GitHubError> {
    let there = owner.github.repository_by_id(place.repository_id, &place.repository).await?;
    owner.arrived.insert((place.repository_id, place.issue_number));
    owner.named.insert(place.repository_id);
    if there.owner_id != owner.owner_id {
        return Ok(Fact::TransferredAway);
    }
    let to = Subject {
        repository_id: Some(there.id),
        repository: Some(there.name),
        issue_number: Some(place.issue_number),
        named_at: Some(owner.asked_at),
    };
    Ok(Fact::Transferred { to, closed_at: place.closed_at })
}
