//! Asks GitHub, as an App, which issues with data are closed, moved, gone or open again, and does for each what its
//! event would have done: events get lost. What GitHub does not tell for certain changes nothing.

mod found;
mod verdict;

use std::collections::BTreeSet;
use std::time::Duration;

use phase_data_forge::{Forge, ForgeError, Repo};
use time::OffsetDateTime;

use crate::auth::{AccountId, AccountLookup};
use crate::domain::{Subject, Work};
use crate::github_app::GithubApp;
use crate::store::Db;
use crate::store::sweep::{self, IssueWithData, WithData};
use crate::telemetry::chain;
pub(crate) use found::{Deed, Done, Swept};
use verdict::{Asking, Verdict};

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

/// An owner who has installed the App.
struct Owner {
    account: AccountId,
    owner_id: i64,
    forge: Forge,
    /// Before anything was asked: what happens from then on is told by its own event, whose word is newer.
    asked_at: OffsetDateTime,
}

/// Sweeps again and again, for as long as it is polled.
pub(crate) async fn run(sweep: Sweep, every: Duration) {
    loop {
        match sweep.round().await {
            Ok(swept) => swept.iter().for_each(Swept::tell),
            Err(error) => {
                tracing::warn!(cause = format!("{error:#}"), "the sweep failed and is tried again later");
            }
        }
        tokio::time::sleep(every).await;
    }
}

impl Sweep {
    /// Asks once about everything that has data.
    ///
    /// # Errors
    /// If GitHub does not tell who has installed the App, or the database fails.
    pub(crate) async fn round(&self) -> anyhow::Result<Vec<Swept>> {
        let mut swept = Vec::new();
        // By the clock that webhooks are dated by, and not by this machine's, which may be ahead.
        let asked_at = sweep::now(&self.db).await?;
        for installation in self.app.itself()?.installations().await? {
            let (Some(owner), None) = (installation.account, installation.suspended_at) else { continue };
            let Some(account) = self.db.find_account(FORGE, owner.id).await? else { continue };
            let mut found = Swept::new(format!("all of the owner {}", owner.id));
            let asked = self.app.itself()?.installation_token(installation.id).await;
            match asked.and_then(|token| self.app.with_token(&token)) {
                Ok(forge) => {
                    let account = AccountId::of_installation(account.id);
                    let owner = Owner { account, owner_id: owner.id, forge, asked_at };
                    self.bring_back_account(&owner, &mut found).await?;
                    self.sweep_owner(&owner, &mut swept).await?;
                }
                Err(error) => found.left.push(chain(&error)),
            }
            swept.push(found);
        }
        swept.retain(|found| !found.is_empty());
        Ok(swept)
    }

    /// Who has the App installed has not left, whatever was heard last.
    async fn bring_back_account(&self, owner: &Owner, found: &mut Swept) -> anyhow::Result<()> {
        if sweep::account_went(&self.db, owner.account).await? {
            self.carry_out(owner, vec![Work::Reopen { subject: Subject::default(), at: None }]).await?;
            found.done.push(Done::of_all("has the App installed", Deed::BroughtBack));
        }
        Ok(())
    }

    /// The repositories of one owner, whose rate limit they share: what it ends is taken up first the next time.
    async fn sweep_owner(&self, owner: &Owner, swept: &mut Vec<Swept>) -> anyhow::Result<()> {
        for with_data in sweep::repositories(&self.db, owner.account).await? {
            let mut found = Swept::new(with_data.name.as_str());
            let stopped = self.sweep_repository(owner, &with_data, &mut found).await?;
            let passes = stopped.as_ref().is_some_and(ForgeError::is_passing);
            found.left.extend(stopped.map(|error| error.to_string()));
            swept.push(found);
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
        let mut is_back = false;
        if with_data.went_at.is_some() {
            is_back = match self.app.itself()?.is_installed_on(&with_data.name).await {
                // Still deleted, or taken from the App.
                Ok(false) if !with_data.has_live => return Ok(None),
                Ok(installed) => installed,
                Err(error) => return Ok(Some(error)),
            };
        }
        let repository = match owner.forge.repository(&with_data.name).await {
            Ok(repository) => repository,
            // What can't be seen is hidden already, and nothing tells that it should not be.
            Err(ForgeError::NoRepository(_) | ForgeError::IssuesOff(_)) if !with_data.has_live => {
                return Ok(None);
            }
            Err(error) => return Ok(Some(error)),
        };
        // Another repository may have got the name, and its issues have the same numbers.
        if repository.owner_id != owner.owner_id
            || with_data.external_id.is_some_and(|id| id != repository.id)
        {
            found.left.push(format!("{} is another repository now", with_data.name));
            return Ok(None);
        }
        // One that was made since has only the name.
        let same = with_data.went_at.is_some_and(|at| repository.created_at <= at);
        if is_back && same && !repository.archived {
            self.carry_out(owner, vec![Work::Reopen { subject: of_repository(with_data), at: None }]).await?;
            found.done.push(Done::of_all("is there again", Deed::BroughtBack));
        }
        if repository.name != with_data.name {
            self.carry_out(owner, vec![renamed(with_data, &repository, owner.asked_at)]).await?;
            found.done.push(Done::of_all(format!("is {} now", repository.name), Deed::TakenAlong));
        }
        self.sweep_issues(owner, with_data, &repository, found).await
    }

    async fn sweep_issues(
        &self,
        owner: &Owner,
        with_data: &WithData,
        repository: &Repo,
        found: &mut Swept,
    ) -> anyhow::Result<Option<ForgeError>> {
        let issues = sweep::issues(&self.db, owner.account, with_data).await?;
        // A change before that is none that concerns what we have.
        let since = |issue: &IssueWithData| issue.first_stored.into_iter().chain(issue.closed_at).min();
        let Some(since) = issues.iter().filter_map(since).min() else { return Ok(None) };
        let numbers: BTreeSet<_> = issues.iter().map(|issue| issue.number).collect();
        let survey = owner.forge.survey(&repository.name, &numbers, since).await;
        for issue in &issues {
            let Some(state) = survey.states.get(&issue.number) else { continue };
            let subject = Subject { issue_number: Some(issue.number), ..of_repository(with_data) };
            let asking = Asking { forge: &owner.forge, owner_id: owner.owner_id, repository, subject, issue };
            match asking.verdict(state).await {
                Ok(Verdict::Fine) => {}
                Ok(Verdict::Do(done, work)) => {
                    self.carry_out(owner, work).await?;
                    found.done.push(done);
                }
                Ok(Verdict::Leave(why)) => found.left.push(format!("#{}: {why}", issue.number)),
                Err(error) if error.is_passing() => return Ok(Some(error)),
                Err(error) => found.left.push(format!("#{}: {error}", issue.number)),
            }
        }
        Ok(survey.stopped)
    }

    async fn carry_out(&self, owner: &Owner, work: Vec<Work>) -> anyhow::Result<()> {
        if !self.dry_run {
            sweep::carry_out_for(&self.db, owner.account, owner.asked_at, self.grace, work).await?;
        }
        Ok(())
    }
}

/// GitHub leads from the old name to the new one as long as no other repository has it.
fn renamed(with_data: &WithData, now: &Repo, at: OffsetDateTime) -> Work {
    let (repository_id, repository) = (Some(now.id), Some(now.name.clone()));
    let subject = Subject { repository_id, repository, issue_number: None };
    // GitHub tells times in whole seconds: a rename that it tells of this second may come after this look.
    let at = at.replace_nanosecond(0).unwrap_or(at);
    Work::Rename { subject, old_name: with_data.name.clone(), at }
}

fn of_repository(with_data: &WithData) -> Subject {
    Subject {
        repository_id: with_data.external_id,
        repository: Some(with_data.name.clone()),
        issue_number: None,
    }
}
