//! The commands for accounts.

mod deletion;

use std::io::Write;

use anyhow::bail;
use clap::Subcommand;
use phase_data_wire::Login;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::auth::AccountId;
use crate::store::account::{self, Account};

pub(super) use deletion::{Consent, delete};

#[derive(Debug, Subcommand)]
pub(super) enum AccountCommand {
    /// Register an owner (organisation or user)
    Create {
        /// Name of the forge: github, or another name in the list of issuers
        #[arg(long, default_value = "github", value_parser = forge)]
        forge: String,
        /// Numeric id of the owner, as shown by https://api.github.com/users/LOGIN
        #[arg(long, value_parser = owner_id)]
        owner_id: i64,
        /// Login of the owner, for display
        #[arg(long, value_parser = login)]
        login: String,
    },
    /// List all accounts
    List,
    /// Change the login that lists show. The owner's id, by which tokens and webhooks find the account, stays
    Rename {
        /// Id or login of the account
        account: String,
        /// New login of the owner, for display
        #[arg(value_parser = login)]
        new_login: String,
    },
    /// Delete an account for good, with its documents, events, API keys and webhooks
    Delete {
        /// Id or login of the account
        account: String,
        /// Report what would be deleted, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Delete it; without this option, the command only reports, and fails
        #[arg(long, conflicts_with = "dry_run")]
        yes: bool,
    },
}

const NO_ACCOUNTS: &str = "no accounts yet; register one with `account create`";

/// The account is being deleted, by a command that runs or was interrupted.
#[derive(Debug, thiserror::Error)]
#[error("the account {0} is being deleted: complete this first, with `account delete {0} --yes`")]
struct BeingDeleted(Uuid);

/// Registers an account and prints its id.
pub(super) async fn create(
    connection: &mut PgConnection,
    out: &mut impl Write,
    forge: &str,
    owner_id: i64,
    login: &str,
) -> anyhow::Result<()> {
    if let Some(created) = account::create(connection, forge, owner_id, login).await? {
        return Ok(writeln!(out, "{}", created.id)?);
    }
    let accounts = account::list(connection).await?;
    let is_it = |account: &&Account| account.forge == forge && account.external_id == owner_id;
    if let Some(it) = accounts.iter().find(is_it).filter(|it| it.deleted_at.is_some()) {
        bail!(BeingDeleted(it.id));
    }
    bail!("owner {owner_id} of {forge} is already registered; see `account list`")
}

/// Prints every account.
pub(super) async fn list(connection: &mut PgConnection, out: &mut impl Write) -> anyhow::Result<()> {
    let accounts = account::list(connection).await?;
    for Account { id, forge, external_id, login, created_at, deleted_at } in &accounts {
        let deleted = deleted_at.map_or("", |_| "  being deleted");
        writeln!(out, "{id}  {forge}  {external_id}  {login}  since {}{deleted}", created_at.date())?;
    }
    if accounts.is_empty() {
        writeln!(out, "{NO_ACCOUNTS}")?;
    }
    Ok(())
}

/// Changes the login that lists show. The owner's id, by which the account is found, stays.
pub(super) async fn rename(
    connection: &mut PgConnection,
    out: &mut impl Write,
    named: &str,
    login: &str,
) -> anyhow::Result<()> {
    let Account { id, forge, login: old, .. } = find(connection, Some(named)).await?;
    account::rename(connection, AccountId::named_by_operator(id), login).await?;
    writeln!(out, "renamed {old} to {login}")?;
    let accounts = account::list(connection).await?;
    let namesakes = accounts.iter().filter(|it| it.id != id && it.login.eq_ignore_ascii_case(login));
    for Account { id: other, .. } in namesakes.filter(|it| it.forge == forge) {
        writeln!(out, "the account {other} has this login, too: rename it, or choose accounts by their ids")?;
    }
    Ok(())
}

/// Finds the account of new keys. See [`find`].
pub(super) async fn find_active(
    connection: &mut PgConnection,
    named: Option<&str>,
) -> anyhow::Result<AccountId> {
    let Account { id, deleted_at, .. } = find(connection, named).await?;
    if deleted_at.is_some() {
        bail!(BeingDeleted(id));
    }
    Ok(AccountId::named_by_operator(id))
}

/// Finds the account that the operator names by id or login, or the only one.
async fn find(connection: &mut PgConnection, named: Option<&str>) -> anyhow::Result<Account> {
    let accounts = account::list(connection).await?;
    let mut matching: Vec<Account> =
        accounts.into_iter().filter(|account| named.is_none_or(|named| is(account, named))).collect();
    match (matching.pop(), named) {
        (Some(account), _) if matching.is_empty() => Ok(account),
        (Some(_), Some(named)) => {
            bail!("several accounts have the login {named:?}; name one by its id, as shown by `account list`")
        }
        (Some(_), None) => bail!("several accounts exist; choose one with --account"),
        (None, Some(named)) => bail!("no account {named:?}; see `account list`"),
        (None, None) => bail!(NO_ACCOUNTS),
    }
}

fn is(account: &Account, named: &str) -> bool {
    account.id.to_string() == named || account.login.eq_ignore_ascii_case(named)
}

/// Parses a forge's name. Each name has one spelling: another one would be another account.
pub(super) fn forge(text: &str) -> Result<String, String> {
    let starts_well = text.starts_with(|first: char| first.is_ascii_lowercase());
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if starts_well && text.len() <= 32 && text.bytes().all(word) {
        return Ok(text.to_owned());
    }
    Err("a forge has a short name in lower case: github for github.com, or for example ghe-example for your own"
        .to_owned())
}

/// Parses an owner's id. It is a number: another owner can take over an abandoned name.
pub(super) fn owner_id(text: &str) -> Result<i64, String> {
    text.parse().ok().filter(|id| *id > 0).ok_or_else(|| {
        "an owner id is a positive number, like 9919; https://api.github.com/users/LOGIN shows it as `id`"
            .to_owned()
    })
}

/// Parses an owner's name, in the forge's spelling.
pub(super) fn login(text: &str) -> Result<String, String> {
    match text.parse::<Login>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("a login is the first part of a repository's name: octo for octo/hello".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{forge, login, owner_id};

    #[test]
    fn an_account_is_a_forge_an_id_and_a_login() {
        for (good, bad) in
            [("github", "GitHub"), ("ghe-example", "github.com"), ("a", ""), ("gitlab2", "2git")]
        {
            assert!(forge(good).is_ok() && forge(bad).is_err(), "{good} {bad}");
        }
        assert!(forge(&"a".repeat(33)).is_err());
        assert_eq!(owner_id("9919"), Ok(9919));
        for bad in ["0", "-1", "octo", "", "9223372036854775808"] {
            assert!(owner_id(bad).is_err_and(|error| error.contains("positive number")), "{bad}");
        }
        assert_eq!(login("Octo-Org"), Ok("Octo-Org".to_owned()), "spelled as it is given");
        for bad in ["", "octo/hello", "@octo", "octo org", ".."] {
            assert!(login(bad).is_err(), "{bad}");
        }
    }
}
