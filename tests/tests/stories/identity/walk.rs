//! A random walk: repositories are renamed and transferred, names are taken again, proofs come late and repeatedly, and
//! keys and tokens store, patch, retrieve, clean up and restore, beside a model in which a repository is its id.
//!
//! `just identities` takes 100,000 steps. `PHASE_DATA_TEST_SEED` takes the same ones again.

mod account;
mod check;
mod github;
mod log;
mod readers;
mod writers;

use phase_data_tests::{Answer, Random, random_walk};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::model::{Caller, Moment, Now, SECOND, Unspecified};
use super::{Stage, next_second};
use account::{Account, LISTED, NAMES};
use log::Log;

/// After so many steps two new accounts take the place of the old ones, whose names and times are used up.
const STEPS_OF_AN_ACCOUNT: usize = 400;
/// After so many steps everything is compared.
const STEPS_BETWEEN_CHECKS: usize = 200;
/// Repositories have ids from 1 to this.
const MOST_REPOSITORIES: usize = 7;

struct Walk {
    stage: Stage,
    database: PgConnection,
    random: Random,
    /// Two at a time, with the same names and ids.
    accounts: Vec<Account>,
    log: Log,
    step: usize,
    /// The last moment that was looked at.
    last: i64,
    taken: usize,
    deliveries: usize,
    /// The number of merges of rows that keys created into rows of repositories.
    merges: usize,
}

/// The caller of a step, and the name in its request.
#[derive(Clone)]
struct Asker {
    caller: Caller,
    name: &'static str,
    credential: String,
    /// The name is on the key's list, or there is none.
    may: bool,
    label: String,
}

impl Walk {
    async fn start(seed: u32) -> Self {
        let stage = Stage::start().await;
        let database = stage.backend.database().await;
        let (random, log) = (Random::new(seed), Log::new(seed));
        let accounts = Vec::new();
        let (step, last, taken, deliveries, merges) = (0, 0, 0, 0, 0);
        Self { stage, database, random, accounts, log, step, last, taken, deliveries, merges }
    }

    /// The database's clock is this one, too. No two moments are the same.
    fn clock(&mut self) -> i64 {
        let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1000;
        self.last = i64::try_from(now).expect("a time").max(self.last + 1);
        self.last
    }

    fn now(&mut self) -> Now {
        Now { at: Moment::exactly(self.clock()), step: self.step }
    }

    /// From then until now.
    fn since(&mut self, then: Now) -> Now {
        Now { at: then.at.until(Moment::exactly(self.clock())), step: then.step }
    }

    async fn take_step(&mut self) {
        if self.step.is_multiple_of(STEPS_OF_AN_ACCOUNT) {
            self.end_accounts().await;
            self.log.truncate(0);
            let (owner, second) = (u32::try_from(self.step).expect("a number"), self.clock() / SECOND);
            for owner in [owner + 1, owner + 2] {
                let account = self.stage.account(owner, second).await;
                self.accounts.push(account);
            }
        } else if self.step.is_multiple_of(STEPS_BETWEEN_CHECKS) {
            self.compare_all().await;
        }
        self.step += 1;
        let account = usize::from(self.random.below(5) == 0);
        let taken = match self.random.below(40) {
            0..=8 => self.store(account, false).await,
            9..=11 => self.store(account, true).await,
            12..=20 => self.retrieve(account).await,
            21..=23 => self.change(account, true).await,
            24..=25 => self.change(account, false).await,
            26..=27 => self.repeat_write(account).await,
            28..=29 => self.list(account).await,
            30..=32 => self.rename(account).await,
            33..=35 => self.tell_of_issue(account).await,
            36 => self.transfer(account).await,
            37 => self.repeat_delivery(account).await,
            38 => self.usage(account).await,
            _ if self.random.below(6) == 0 => self.let_time_pass().await,
            _ => Ok(false),
        };
        match taken {
            Ok(taken) => self.taken += usize::from(taken),
            Err(Unspecified(why)) => self.log.skip(why),
        }
    }

    async fn end_accounts(&mut self) {
        self.compare_all().await;
        for account in self.accounts.drain(..) {
            let issues = account.model.rows.iter().flat_map(|row| row.issues.values());
            self.merges += issues.map(|issue| issue.merges).sum::<usize>();
        }
    }

    /// The next second begins: what was just named can get another name.
    async fn let_time_pass(&mut self) -> Result<bool, Unspecified> {
        next_second().await;
        Ok(true)
    }

    /// Somebody who asks: a token, mostly of a repository with its own name, or a key.
    fn asker(&mut self, account: usize) -> Asker {
        let name = self.random.one_of(&NAMES).expect("a name");
        match self.random.below(20) {
            0..=5 => self.key(account, name, false),
            6..=7 => self.key(account, name, true),
            _ => {
                let id = self.id();
                let model = &self.accounts[account].model;
                let own = model.by_id(id).and_then(|row| model.rows[row].name);
                let name = own.filter(|_| self.random.below(2) == 0).unwrap_or(name);
                let second = self.second(account, id, name);
                self.token(account, id, name, second)
            }
        }
    }

    fn key(&self, account: usize, name: &'static str, is_listed: bool) -> Asker {
        let account = &self.accounts[account];
        let credential = if is_listed { &account.listed } else { &account.key };
        Asker {
            caller: Caller::Key,
            name,
            credential: credential.clone(),
            may: !is_listed || LISTED.contains(&name),
            label: format!("a {}key for {name}", if is_listed { "limited " } else { "" }),
        }
    }

    fn token(&self, account: usize, id: i64, name: &'static str, second: i64) -> Asker {
        let owner = self.accounts[account].owner;
        Asker {
            caller: Caller::Token(id, second),
            name,
            credential: self.stage.token(owner, id, name, second),
            may: true,
            label: format!("a token of #{id} as {name} at {second}"),
        }
    }

    fn id(&mut self) -> i64 {
        i64::try_from(1 + self.random.below(MOST_REPOSITORIES)).expect("a number")
    }

    /// Mostly one of few, sometimes one to which an issue was transferred.
    fn issue(&mut self, account: usize) -> i32 {
        let mut issues: Vec<i32> = Vec::new();
        for row in &self.accounts[account].model.rows {
            issues.extend(row.issues.keys().filter(|number| **number > 3));
        }
        match self.random.below(6) {
            0 => self.random.one_of(&issues).unwrap_or(1),
            _ => i32::try_from(1 + self.random.below(3)).expect("a number"),
        }
    }

    /// A time that a forge states: now, lately, hours ago one after the other, or around a time that is known.
    fn second(&mut self, account: usize, id: i64, name: &str) -> i64 {
        let now = self.clock() / SECOND;
        let model = &self.accounts[account].model;
        let known = |row: Option<usize>| {
            let known = row.map(|row| model.rows[row].named_at.earliest / SECOND);
            known.filter(|second| *second > 0)
        };
        let (own, holder) = (known(model.by_id(id)), known(model.named(name)));
        let near = i64::try_from(self.random.below(3)).expect("a number") - 1;
        let second = match self.random.below(12) {
            0..=2 => now,
            3 => now - i64::try_from(self.random.below(3)).expect("a number"),
            4..=5 => own.unwrap_or(now) + near,
            6..=7 => holder.unwrap_or(now) + near,
            8 => now - i64::try_from(self.random.below(4 * 60 * 60)).expect("a number"),
            _ => {
                let past = &mut self.accounts[account].past;
                *past += i64::try_from(self.random.below(4)).expect("a number");
                *past
            }
        };
        second.min(now)
    }

    /// Notes a step and its answer, and whose request it was.
    fn note(&mut self, account: usize, label: &str, answer: &Answer) {
        let request = answer.header("x-request-id").to_owned();
        self.accounts[account].requests.entry(self.step).or_insert(request);
        let code = if answer.status >= 400 { answer.code() } else { String::new() };
        self.log.add(self.step, account, &format!("{label}: {} {code}", answer.status));
    }

    fn check(&self, account: usize, holds: bool, what: &str) {
        if !holds {
            self.log.fail(self.step, account, &self.accounts[account].model, what);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_repositories_are_called_each_keeps_its_data_and_sees_no_others() {
    let (steps, seed) = random_walk(1500);
    println!("seed {seed}, {steps} steps");
    let (mut walk, started) = (Walk::start(seed).await, std::time::Instant::now());
    for _ in 0..steps {
        walk.take_step().await;
    }
    walk.end_accounts().await;
    let (took, taken, deliveries, merges) = (started.elapsed(), walk.taken, walk.deliveries, walk.merges);
    println!("{taken} steps taken, {deliveries} deliveries, {merges} merges, {took:?}");
    println!("not taken: {:#?}", walk.log.skipped());
    assert!(taken > steps as usize / 2 && deliveries > 0 && merges > 0, "that proves little");
}
