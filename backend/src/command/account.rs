//! `account create` and `account list`.

use std::io::Write;

use anyhow::bail;
use phase_data_wire::Login;
use sqlx::PgConnection;

use crate::auth::AccountId;
use crate::store::account::{self, Account};

/// Registers an account and prints its id.
pub(super) async fn create(
    connection: &mut PgConnection,
    out: &mut impl Write,
    forge: &str,
    owner_id: i64,
    login: &str,
) -> anyhow::Result<()> {
    match account::create(connection, forge, owner_id, login).await? {
        Some(created) => Ok(writeln!(out, "{}", created.id)?),
        None => bail!("owner {owner_id} of {forge} is already registered; see `account list`"),
    }
}

/// Prints every account.
pub(super) async fn list(connection: &mut PgConnection, out: &mut impl Write) -> anyhow::Result<()> {
    for Account { id, forge, external_id, login, created_at } in account::list(connection).await? {
        writeln!(out, "{id}  {forge}  {external_id}  {login}  since {}", created_at.date())?;
    }
    Ok(())
}

/// Finds the account that the operator names by id or login, or the only one.
pub(super) async fn find(connection: &mut PgConnection, named: Option<&str>) -> anyhow::Result<AccountId> {
    let accounts = account::list(connection).await?;
    let matching: Vec<&Account> =
        accounts.iter().filter(|account| named.is_none_or(|named| is(account, named))).collect();
    match (matching.as_slice(), named) {
        ([account], _) => Ok(AccountId::named_by_operator(account.id)),
        ([], Some(named)) => bail!("no account {named:?}; see `account list`"),
        ([], None) => bail!("no accounts yet; create one with `account create`"),
        (_, Some(named)) => bail!("several accounts have the login {named:?}; set --account to the id"),
        (_, None) => bail!("several accounts exist; choose one with --account"),
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
