//! Asks GitHub, as an App, which issues with data are closed, moved or gone, and does for each what its event would
//! have done: events get lost. What GitHub does not tell for certain changes nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use phase_data_forge::{Forge, ForgeError, IssueState, Place};
use phase_data_wire::IssueNumber;
use time::OffsetDateTime;

use crate::auth::{AccountId, AccountLookup};
use crate::domain::{Subject, Work};
use crate::github_app::GithubApp;
use crate::store::Db;
use crate::store::sweep::{self, WithData};
use crate::telemetry::chain;

/// The forge that the App belongs to.
const FORGE: &str = "github";

/// What a sweep works with.
#[derive(Debug, Clone)]
pub(crate) struct Sweep {
    pub(crate) app: GithubApp,
    pub(crate) db: Db,
    /// For how long what is closed can be brought back, unless its account says otherwise.
    pub(crate) grace: Duration,
    /// Only tells.
    pub(crate) dry_run: bool,
}

/// What was found about one repository.
#[derive(Debug)]
pub(crate) struct Swept {
    pub(crate) repository: String,
    /// What was done about which issue.
    pub(crate) done: Vec<(IssueNumber, String)>,
    /// What was left alone, and why.
    pub(crate) left: Vec<String>,
}

/// An owner who has installed the App.
struct Owner {
    account: AccountId,
    owner_id: i64,
    forge: Forge,
    asked_at: OffsetDateTime,
}

/// Sweeps again and again, for as long as it is polled.
pub(crate) async fn run(sweep: Sweep, every: Duration) {
    loop {
        match sweep.round().await {
            Ok(swept) => swept.iter().for_each(tell),
            Err(error) => {
                tracing::warn!(cause = format!("{error:#}"), "the sweep failed and is tried again later")
            }
        }
        tokio::time::sleep(every).await;
    }
}

fn tell(Swept { repository, done, left }: &Swept) {
    if !done.is_empty() {
        tracing::info!(repository, issues = done.len(), "swept issues that no event cleaned up");
    }
    if !left.is_empty() {
        tracing::warn!(repository, left = left.join("; "), "the sweep left issues alone");
    }
}

impl Sweep {
    /// Asks once about everything that has data.
    ///
    /// # Errors
    /// If GitHub does not tell who has installed the App, or the database fails.
    pub(crate) async fn round(&self) -> anyhow::Result<Vec<Swept>> {
        let mut swept = Vec::new();
        for installation in self.app.itself()?.installations().await? {
            let (Some(owner), None) = (installation.account, installation.suspended_at) else { continue };
            let Some(account) = self.db.find_account(FORGE, owner.id).await? else { continue };
            let asked = self.app.itself()?.installation_token(installation.id).await;
            match asked.and_then(|token| self.app.with_token(&token)) {
                Ok(forge) => {
                    let account = AccountId::of_installation(account.id);
                    let asked_at = OffsetDateTime::now_utc();
                    let owner = Owner { account, owner_id: owner.id, forge, asked_at };
                    self.sweep_owner(&owner, &mut swept).await?;
                }
                Err(error) => {
                    let repository = format!("all of the owner {}", owner.id);
                    swept.push(Swept { repository, done: Vec::new(), left: vec![chain(&error)] });
                }
            }
        }
        Ok(swept)
    }

    /// The repositories of one owner, whose rate limit they share: what it ends is taken up first the next time.
    async fn sweep_owner(&self, owner: &Owner, swept: &mut Vec<Swept>) -> anyhow::Result<()> {
        for with_data in sweep::repositories(&self.db, owner.account).await? {
            let mut found =
                Swept { repository: with_data.name.to_string(), done: Vec::new(), left: Vec::new() };
            let stopped = self.sweep_repository(owner, &with_data, &mut found).await?;
            let passes = stopped.as_ref().is_some_and(ForgeError::is_passing);
            found.left.extend(stopped.map(|error| error.to_string()));
            if !found.done.is_empty() || !found.left.is_empty() {
                swept.push(found);
            }
            if passes {
                return Ok(());
            }
            if !self.dry_run {
                sweep::record(&self.db, owner.account, &with_data).await?;
            }
        }
        Ok(())
    }

    /// Answers why it ended before all was learned.
    async fn sweep_repository(
        &self,
        owner: &Owner,
        with_data: &WithData,
        found: &mut Swept,
    ) -> anyhow::Result<Option<ForgeError>> {
        let issues = sweep::issues(&self.db, owner.account, with_data).await?;
        let Some(since) = issues.iter().map(|(_, first_stored)| *first_stored).min() else { return Ok(None) };
        let repository = match owner.forge.repository(&with_data.name).await {
            Ok(repository) => repository,
            Err(error) => return Ok(Some(error)),
        };
        // Another repository may have got the name, and its issues have the same numbers.
        if repository.owner_id != owner.owner_id
            || with_data.external_id.is_some_and(|id| id != repository.id)
        {
            found.left.push(format!("{} is another repository now", with_data.name));
            return Ok(None);
        }
        let numbers: BTreeSet<_> = issues.iter().map(|(number, _)| *number).collect();
        let survey = owner.forge.survey(&repository.name, &numbers, since).await;
        for (number, first_stored) in issues {
            let Some(state) = survey.states.get(&number) else { continue };
            let subject = Subject {
                repository_id: with_data.external_id,
                repository: Some(with_data.name.clone()),
                issue_number: Some(number),
            };
            match verdict(owner, subject, state, first_stored).await {
                Ok(None) => {}
                Ok(Some((what, work))) => {
                    if !self.dry_run {
                        sweep::carry_out_for(&self.db, owner.account, owner.asked_at, self.grace, work)
                            .await?;
                    }
                    found.done.push((number, what));
                }
                Err(why) => found.left.push(format!("#{number}: {why}")),
            }
        }
        Ok(survey.stopped)
    }
}

/// What is to be done about an issue, and how people call that; or why nothing can be.
async fn verdict(
    owner: &Owner,
    subject: Subject,
    state: &IssueState,
    first_stored: OffsetDateTime,
) -> Result<Option<(String, Vec<Work>)>, String> {
    match state {
        IssueState::Open => Ok(None),
        // What was stored after the close is a new life of the issue's; a close is told in whole seconds.
        IssueState::Closed(at) if first_stored >= *at + time::Duration::SECOND => Ok(None),
        IssueState::Closed(at) => {
            Ok(Some(("closed".to_owned(), vec![Work::Close { subject, at: Some(*at) }])))
        }
        IssueState::Deleted => Ok(Some(("deleted".to_owned(), vec![Work::Close { subject, at: None }]))),
        IssueState::Unknown => Err("GitHub shows no such issue to the App".to_owned()),
        IssueState::Moved(place) => {
            let there = owner.forge.repository(&place.repository).await.map_err(|error| error.to_string())?;
            let what = format!("moved to {}#{}", place.repository, place.issue_number);
            Ok(Some((what, moved(subject, place, there.id, there.owner_id == owner.owner_id))))
        }
    }
}

/// The data goes along within the account, and is closed else.
fn moved(subject: Subject, place: &Place, repository_id: i64, within: bool) -> Vec<Work> {
    if !within {
        return vec![Work::Close { subject, at: None }];
    }
    let to = Subject {
        repository_id: Some(repository_id),
        repository: Some(place.repository.clone()),
        issue_number: Some(place.issue_number),
    };
    let mut work = vec![Work::Move { subject, to: to.clone() }];
    work.extend(place.closed_at.map(|at| Work::Close { subject: to, at: Some(at) }));
    work
}
