//! `account delete`.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::find;
use crate::auth::{AccountId, KEYS_ARE_REMEMBERED};
use crate::command::database::OpenDatabase;
use crate::jobs::purge::yield_to_others;
use crate::store::Db;
use crate::store::account::Account;
use crate::store::account::deletion::{self, AccountContents};

/// The number of rows that one statement removes: few enough that nobody waits for it.
const BATCH: i32 = 500;
/// Each kind of content is counted up to this number.
const MOST_COUNTED: i32 = 100_000;
/// The number of times that rows of requests in flight are looked for.
const MOST_ROUNDS: u32 = 30;
/// The pause before each of these times.
const PAUSE: Duration = Duration::from_secs(1);

/// The decision of the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::command) enum Consent {
    /// Report what would be deleted.
    DryRun,
    /// Delete it.
    Given,
    /// Report it, and fail.
    Missing,
}

/// Deletes an account and all that belongs to it, or reports that.
pub(in crate::command) async fn delete(
    database: &OpenDatabase,
    out: &mut impl Write,
    named: &str,
    consent: Consent,
) -> anyhow::Result<()> {
    let mut owner = database.migrated().await?;
    let account = database.within(find(&mut owner, Some(named))).await?;
    drop(owner);
    let id = AccountId::named_by_operator(account.id);
    // As the server does it, with no more rights.
    let db = Db::new(database.server.clone(), database.program, 1)?;
    let contents = deletion::contents(&db, id, MOST_COUNTED).await?;
    match consent {
        Consent::Given => remove(database, &db, id).await?,
        Consent::DryRun | Consent::Missing => {}
    }
    write!(out, "{}", report(&account, &contents, consent))?;
    if consent == Consent::Missing {
        bail!("nothing was deleted. A deletion can't be undone: to delete the account, add --yes");
    }
    Ok(())
}

/// Deletes the account. If this is interrupted, the next deletion completes it.
async fn remove(database: &OpenDatabase, db: &Db, account: AccountId) -> anyhow::Result<()> {
    let mut owner = database.migrated().await?;
    database.within(async { Ok(deletion::mark(&mut owner, account).await?) }).await?;
    drop(owner);
    // Until then, servers know its keys: their requests would fail in the middle.
    tokio::time::sleep(KEYS_ARE_REMEMBERED).await;
    for _ in 0..MOST_ROUNDS {
        tokio::time::sleep(PAUSE).await;
        remove_rows(db, account).await?;
        // A connection that was idle for that long may be closed.
        let mut owner = database.migrated().await?;
        let finished =
            async { deletion::finish(&mut owner, account).await.context("it could not be removed") };
        if database.within(finished).await? {
            return Ok(());
        }
    }
    bail!("requests still write data of the account: run the command again to complete the deletion")
}

async fn remove_rows(db: &Db, account: AccountId) -> anyhow::Result<()> {
    loop {
        let started = Instant::now();
        if !deletion::remove_rows(db, account, BATCH).await? {
            return Ok(());
        }
        yield_to_others(started).await;
    }
}

fn report(account: &Account, contents: &AccountContents, consent: Consent) -> String {
    let Account { id, forge, external_id, login, .. } = account;
    let verb = if consent == Consent::Given { "deleted" } else { "would delete" };
    let counts = [
        (contents.documents, "documents, hidden ones included"),
        (contents.issues, "issues with documents"),
        (contents.repositories, "repositories"),
        (contents.events, "events"),
        (contents.api_keys, "API keys"),
        (contents.webhook_secrets, "webhook secrets"),
        (contents.webhook_deliveries, "webhook deliveries"),
    ];
    let line = |(count, what): (i64, &str)| {
        let or_more = if count >= i64::from(MOST_COUNTED) { " or more" } else { "" };
        format!("  {count}{or_more} {what}\n")
    };
    let counts: String = counts.into_iter().map(line).collect();
    format!("{verb} the account {login} ({forge} {external_id}, {id}), with:\n{counts}")
}
