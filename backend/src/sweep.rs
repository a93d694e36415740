//! Asks GitHub, as an App, which issues with data are closed, moved, gone or open again, and does for each what its
//! event would have done: events get lost. What GitHub does not tell for certain changes nothing.

mod report;
mod repository;

use std::collections::BTreeSet;
use std::time::Duration;

use phase_data_github::{Failures, GitHub, GitHubError, Installation};
use phase_data_wire::IssueNumber;
use time::OffsetDateTime;

use crate::auth::{AccountId, AccountLookup};
use crate::domain::{Scope, Subject, Work};
use crate::github_app::GithubApp;
use crate::store::Db;
use crate::store::sweep::{self, Effects, SweepOrder};
use crate::telemetry::chain;
pub(crate) use report::{Deed, Done, Swept};

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
    github: GitHub,
    /// Before anything was asked: what happens from then on is told by its own event, whose word is newer.
    asked_at: OffsetDateTime,
    /// The scopes that the account's return brings back. In a dry run they stay hidden.
    back: Vec<Scope>,
    /// The issues whose data came from elsewhere in this round. The next one asks about them there.
    arrived: BTreeSet<(i64, IssueNumber)>,
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
            let Some(owner_id) = installation.owner_id().filter(|_| !installation.is_suspended()) else {
                continue;
            };
            let Some(account) = self.db.find_account(FORGE, owner_id).await? else { continue };
            let mut found = Swept::new(format!("all of the owner {owner_id}"));
            match self.app.installed(installation.id).await {
                Ok(github) => {
                    let account = AccountId::of_installation(account.id);
                    let mut owner = Owner {
                        account,
                        owner_id,
                        github,
                        asked_at,
                        back: Vec::new(),
                        arrived: BTreeSet::new(),
                    };
                    self.bring_back_account(&mut owner, &installation, &mut found).await?;
                    self.sweep_owner(&mut owner, &mut swept).await?;
                }
                Err(error) => found.left.push(chain(&error)),
            }
            swept.push(found);
        }
        swept.retain(|found| !found.is_empty());
        Ok(swept)
    }

    /// Who has the App installed has not left, whatever was heard last.
    async fn bring_back_account(
        &self,
        owner: &mut Owner,
        installation: &Installation,
        found: &mut Swept,
    ) -> anyhow::Result<()> {
        if sweep::account_went(&self.db, owner.account).await? {
            let as_of = installation.updated_at();
            let work = vec![Work::Reopen { subject: Subject::default(), at: None, as_of }];
            let effects = self.carry_out(owner, work).await?;
            found.note(None, "has the App installed", effects);
            owner.back.extend((effects.restored > 0).then_some(Scope::Account));
        }
        Ok(())
    }

    /// The repositories of one owner, whose rate limit they share: the one that it cuts short comes first the next time.
    /// One that fails by itself, or uses up the whole limit, comes last: the others are not to wait for it for ever.
    async fn sweep_owner(&self, owner: &mut Owner, swept: &mut Vec<Swept>) -> anyhow::Result<()> {
        let repositories = sweep::repositories(&self.db, owner.account, &owner.back).await?;
        let mut failures = Failures::default();
        for (position, with_data) in repositories.iter().enumerate() {
            let mut found = Swept::new(with_data.name.as_str());
            let asked = self.sweep_repository(owner, with_data, &mut found).await?;
            let cut_short = matches!(&asked, Err(GitHubError::RateLimited(_))) && position > 0;
            if !self.dry_run && !cut_short {
                let complete = asked.is_ok() && found.left.is_empty();
                sweep::record(&self.db, owner.account, with_data, complete).await?;
            }
            let error = asked.err();
            found.left.extend(error.as_ref().map(ToString::to_string));
            swept.push(found);
            match error {
                None => failures.success(),
                Some(error) if failures.ends(&error) => return Ok(()),
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Does it, or looks what it would change.
    async fn carry_out(&self, owner: &Owner, work: Vec<Work>) -> anyhow::Result<Effects> {
        let Owner { account, asked_at, .. } = *owner;
        let order = SweepOrder { account, asked_at, grace: self.grace, dry_run: self.dry_run };
        Ok(sweep::carry_out_for(&self.db, order, work).await?)
    }
}
