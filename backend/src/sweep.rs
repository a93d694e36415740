//! The App's sweep: asks GitHub, as an App, which issues with data are closed, moved, gone or reopened, and applies the
//! effects that their events would have had, because events get lost. An uncertain answer changes nothing.

mod report;
mod repository;

use std::collections::BTreeSet;
use std::time::Duration;

use phase_data_github::{
    Context, Decision, Effect, Fact, Failures, GitHub, GitHubError, Installation, Known, Subject, decide,
};
use phase_data_wire::IssueNumber;
use time::OffsetDateTime;

use crate::auth::{AccountId, AccountLookup};
use crate::domain::Scope;
use crate::github_app::GithubApp;
use crate::store::Db;
use crate::store::sweep::{self, Affected, SweepContext};
use crate::telemetry::chain;
use report::ReportSubject;
pub(crate) use report::{Action, ActionKind, SweepReport};

/// The forge that the App belongs to.
const FORGE: &str = "github";

/// A sweep of all accounts that have the App installed.
#[derive(Debug, Clone)]
pub(crate) struct Sweep {
    pub(crate) app: GithubApp,
    pub(crate) db: Db,
    /// The grace period, unless the account has one of its own.
    pub(crate) grace: Duration,
    /// Reports what would change, and changes nothing.
    pub(crate) dry_run: bool,
}

/// An owner that has installed the App.
struct Owner {
    account: AccountId,
    owner_id: i64,
    github: GitHub,
    /// The time before the first request. Whatever happens later has an event of its own, which is newer.
    asked_at: OffsetDateTime,
    /// The scopes that the account's return restores. In a dry run they stay hidden.
    restored: Vec<Scope>,
    /// The issues whose data was moved there in this round, and the repositories that were named by that. The next round
    /// asks about them. In a dry run the data is not there yet, so that this one could not say what happens to it.
    arrived: BTreeSet<(i64, IssueNumber)>,
    named: BTreeSet<i64>,
}

impl Sweep {
    /// Asks once about everything that has data.
    ///
    /// # Errors
    /// If the list of installations can't be read, or the database fails.
    pub(crate) async fn round(&self) -> anyhow::Result<Vec<SweepReport>> {
        let mut reports = Vec::new();
        // The database's clock dates webhooks, too. This machine's may be ahead of it.
        let asked_at = sweep::now(&self.db).await?;
        for installation in self.app.itself()?.installations().await? {
            let Some(owner_id) = installation.owner_id().filter(|_| !installation.is_suspended()) else {
                continue;
            };
            let Some(account) = self.db.find_account(FORGE, owner_id).await? else { continue };
            let mut report = SweepReport::new(ReportSubject::Owner(owner_id));
            match self.app.installed(installation.id).await {
                Ok(github) => {
                    let account = AccountId::of_installation(account.id);
                    let mut owner = Owner {
                        account,
                        owner_id,
                        github,
                        asked_at,
                        restored: Vec::new(),
                        arrived: BTreeSet::new(),
                        named: BTreeSet::new(),
                    };
                    self.restore_account(&mut owner, &installation, &mut report).await?;
                    self.sweep_owner(&mut owner, &mut reports).await?;
                }
                Err(error) => report.left_alone.push(chain(&error)),
            }
            reports.push(report);
        }
        reports.retain(|report| !report.is_empty());
        Ok(reports)
    }

    /// Restores what was hidden with the whole account: an account that has the App installed has not left, whatever event
    /// came last.
    async fn restore_account(
        &self,
        owner: &mut Owner,
        installation: &Installation,
        report: &mut SweepReport,
    ) -> anyhow::Result<()> {
        if !sweep::is_account_closed(&self.db, owner.account).await? {
            return Ok(());
        }
        let fact = Fact::AppInstalled { as_of: installation.updated_at() };
        let context = Context::AppSweep(Known::default());
        if let Decision::Apply(effects) = decide(&Subject::default(), &fact, &context) {
            let affected = self.apply(owner, effects).await?;
            report.add(None, "has the App installed", affected);
            owner.restored.extend((affected.restored > 0).then_some(Scope::Account));
        }
        Ok(())
    }

    /// Sweeps the repositories of one owner, which share its rate limit. The one that the limit cuts short comes first the
    /// next time. One that fails by itself, or uses up the whole limit, comes last: the others must not wait for it for
    /// ever.
    async fn sweep_owner(&self, owner: &mut Owner, reports: &mut Vec<SweepReport>) -> anyhow::Result<()> {
        let repositories = sweep::repositories(&self.db, owner.account, &owner.restored).await?;
        let mut failures = Failures::default();
        for (position, stored) in repositories.iter().enumerate() {
            let mut report = SweepReport::new(ReportSubject::Repository(stored.name.clone()));
            let swept = self.sweep_repository(owner, stored, &mut report).await?;
            let cut_short = matches!(&swept, Err(GitHubError::RateLimited(_))) && position > 0;
            if !self.dry_run && !cut_short {
                let complete = swept.is_ok() && report.left_alone.is_empty();
                sweep::record(&self.db, owner.account, stored, complete).await?;
            }
            let error = swept.err();
            report.left_alone.extend(error.as_ref().map(ToString::to_string));
            reports.push(report);
            match error {
                None => failures.success(),
                Some(error) if failures.ends(&error) => return Ok(()),
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Applies effects, or returns what they would change.
    async fn apply(&self, owner: &Owner, effects: Vec<Effect>) -> anyhow::Result<Affected> {
        let Owner { account, asked_at, .. } = *owner;
        let context = SweepContext { account, asked_at, grace: self.grace, dry_run: self.dry_run };
        Ok(sweep::apply(&self.db, context, effects).await?)
    }
}
