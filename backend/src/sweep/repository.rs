//! One repository: it is looked up once, by its id where that is known, and asked about by its id from then on. A name can
//! belong to another repository at any moment.

use std::collections::BTreeMap;

use phase_data_github::{Decision, Failures, GitHubError, Place, Repo, decide};
use time::OffsetDateTime;

use super::{Owner, Sweep, Swept};
use crate::domain::{Scope, Subject, Work};
use crate::store::sweep::{self, IssueWithData, WithData};

/// The result of asking GitHub, within one of our own errors.
type Asked<T> = anyhow::Result<Result<T, GitHubError>>;

/// A repository that has data, and what GitHub has.
struct Pair<'a> {
    with_data: &'a WithData,
    repository: Repo,
}

impl Pair<'_> {
    fn subject(&self) -> Subject {
        Subject {
            repository_id: Some(self.repository.id),
            repository: Some(self.with_data.name.clone()),
            ..Subject::default()
        }
    }

    fn issue(&self, issue: &IssueWithData) -> Subject {
        Subject { issue_number: Some(issue.number), ..self.subject() }
    }

    /// Data from before this time, if it is given, is another repository's of the same name.
    fn not_before(&self) -> Option<OffsetDateTime> {
        self.with_data.external_id.is_none().then_some(self.repository.created_at)
    }
}

impl Sweep {
    /// Answers why it ended before all was learned, if it did.
    pub(super) async fn sweep_repository(
        &self,
        owner: &mut Owner,
        with_data: &WithData,
        found: &mut Swept,
    ) -> Asked<()> {
        let repository = match look_up(owner, with_data).await {
            Ok(repository) => repository,
            // What can't be seen is hidden already, and nothing tells that it should not be.
            Err(GitHubError::NoRepository(_) | GitHubError::IssuesOff(_)) if !with_data.has_live => {
                return Ok(Ok(()));
            }
            Err(error) => return Ok(Err(error)),
        };
        if repository.owner_id != owner.owner_id {
            return Ok(Err(GitHubError::OtherOwner(with_data.name.to_string())));
        }
        let pair = Pair { with_data, repository };
        let mut back = owner.back.clone();
        if let Some(went_at) = with_data.went_at {
            match self.app.itself()?.is_installed_on(pair.repository.id).await {
                // Taken from the App.
                Ok(false) if !with_data.has_live => return Ok(Ok(())),
                Ok(false) => {}
                Ok(true) if self.bring_back(owner, &pair, went_at, found).await? => {
                    back.push(Scope::Repository)
                }
                Ok(true) => {}
                Err(error) => return Ok(Err(error)),
            }
        }
        self.rename(owner, &pair, found).await?;
        self.sweep_issues(owner, &pair, &back, found).await
    }

    /// Answers whether anything came back that had been hidden with the repository.
    async fn bring_back(
        &self,
        owner: &Owner,
        pair: &Pair<'_>,
        went_at: OffsetDateTime,
        found: &mut Swept,
    ) -> anyhow::Result<bool> {
        // One that was made since has only the name.
        let same = pair.not_before().is_none_or(|created_at| created_at <= went_at);
        if !same || pair.repository.archived {
            return Ok(false);
        }
        let work = vec![Work::Reopen { subject: pair.subject(), at: None, as_of: None }];
        let effects = self.carry_out(owner, work).await?;
        found.note(None, "is there again", effects);
        Ok(effects.restored > 0)
    }

    /// GitHub leads from the old name to the new one as long as no other repository has it.
    async fn rename(&self, owner: &Owner, pair: &Pair<'_>, found: &mut Swept) -> anyhow::Result<()> {
        let Pair { with_data, repository } = pair;
        if repository.name != with_data.name {
            let subject = Subject { repository: Some(repository.name.clone()), ..pair.subject() };
            let old_name = with_data.name.clone();
            let work = vec![Work::Rename { subject, old_name, at: owner.asked_at }];
            let effects = self.carry_out(owner, work).await?;
            found.note(None, format!("is {} now", repository.name), effects);
        }
        Ok(())
    }

    async fn sweep_issues(
        &self,
        owner: &mut Owner,
        pair: &Pair<'_>,
        back: &[Scope],
        found: &mut Swept,
    ) -> Asked<()> {
        let mut issues = sweep::issues(&self.db, owner.account, pair.with_data, back).await?;
        issues.retain(|issue| !owner.arrived.contains(&(pair.repository.id, issue.number)));
        // A change before that is none that concerns what we have.
        let since =
            |issue: &IssueWithData| issue.known.first_stored.into_iter().chain(issue.known.closed_at).min();
        let Some(since) = issues.iter().filter_map(since).min() else { return Ok(Ok(())) };
        self.learn(owner, pair, since).await?;
        let known: BTreeMap<_, _> = issues.iter().map(|issue| (issue.number, issue.known)).collect();
        let survey = owner.github.survey(&pair.repository, &known, since).await;
        found.left.extend(survey.unread.iter().map(|(number, error)| format!("#{number}: {error}")));
        let mut failures = Failures::default();
        for issue in &issues {
            let Some(state) = survey.states.get(&issue.number) else { continue };
            let decision = decide(state, issue.known, pair.not_before());
            match self.follow_up(owner, pair, issue, decision, found).await? {
                Ok(()) => failures.success(),
                Err(error) if failures.ends(&error) => return Ok(Err(error)),
                Err(error) => found.left.push(format!("#{}: {error}", issue.number)),
            }
        }
        Ok(survey.stopped.map_or(Ok(()), Err))
    }

    /// From now on the id tells which repository it is, unless some of the data may be of an earlier one of this name.
    async fn learn(&self, owner: &Owner, pair: &Pair<'_>, since: OffsetDateTime) -> anyhow::Result<()> {
        let repository = &pair.repository;
        if !self.dry_run && pair.not_before().is_some_and(|created_at| created_at <= since) {
            let (account, asked_at) = (owner.account, owner.asked_at);
            sweep::learn_repository(&self.db, account, &repository.name, repository.id, asked_at).await?;
        }
        Ok(())
    }

    async fn follow_up(
        &self,
        owner: &mut Owner,
        pair: &Pair<'_>,
        issue: &IssueWithData,
        decision: Decision,
        found: &mut Swept,
    ) -> Asked<()> {
        let subject = pair.issue(issue);
        let (why, work) = match decision {
            Decision::Keep => return Ok(Ok(())),
            Decision::LeaveAlone(why) => {
                found.left.push(format!("#{}: {why}", issue.number));
                return Ok(Ok(()));
            }
            Decision::Close(at) => ("closed".to_owned(), vec![close(subject, Some(at))]),
            Decision::CloseDeleted => ("deleted".to_owned(), vec![close(subject, None)]),
            Decision::RestoreIfReopenedSince(since) => {
                match owner.github.reopened_at(pair.repository.id, issue.number).await {
                    Ok(Some(at)) if at >= since => {
                        let work = Work::Reopen { subject, at: Some(at), as_of: None };
                        ("opened again".to_owned(), vec![work])
                    }
                    Ok(_) => return Ok(Ok(())),
                    Err(error) => return Ok(Err(error)),
                }
            }
            Decision::Follow(place) => match moved(owner, pair, issue, &place).await {
                Ok(work) => {
                    owner.arrived.insert((place.repository_id, place.issue_number));
                    (format!("moved to {}#{}", place.repository, place.issue_number), work)
                }
                Err(error) => return Ok(Err(error)),
            },
        };
        let effects = self.carry_out(owner, work).await?;
        found.note(Some(issue.number), why, effects);
        Ok(Ok(()))
    }
}

async fn look_up(owner: &Owner, with_data: &WithData) -> Result<Repo, GitHubError> {
    match with_data.external_id {
        Some(id) => owner.github.repository_by_id(id, &with_data.name).await,
        None => owner.github.repository(&with_data.name).await,
    }
}

fn close(subject: Subject, at: Option<OffsetDateTime>) -> Work {
    Work::Close { subject, at, as_of: None }
}

/// The data goes along within the account, what is hidden, too, and is closed else.
async fn moved(
    owner: &Owner,
    pair: &Pair<'_>,
    issue: &IssueWithData,
    place: &Place,
) -> Result<Vec<Work>, GitHubError> {
    let subject = pair.issue(issue);
    let there = owner.github.repository_by_id(place.repository_id, &place.repository).await?;
    if there.owner_id != owner.owner_id {
        return Ok(issue.known.first_stored.map(|_| close(subject, None)).into_iter().collect());
    }
    let to = Subject {
        repository_id: Some(there.id),
        repository: Some(there.name),
        issue_number: Some(place.issue_number),
        named_at: Some(owner.asked_at),
    };
    let mut work = vec![Work::Move { subject, to: to.clone(), confirmed: true }];
    work.extend(place.closed_at.map(|at| close(to, Some(at))));
    Ok(work)
}
