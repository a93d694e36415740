//! `account create` and `account list`.

use std::io::Write;

use anyhow::bail;
use phase_data_wire::RepositoryPart;
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
        None => bail!("owner {owner_id} of {forge} is registered already; see `account list`"),
    }
}

/// Prints every account.
pub(super) async fn list(connection: &mut PgConnection, out: &mut impl Write) -> anyhow::Result<()> {
    for Account { id, forge, external_id, login, created_at } in account::list(connection).await? {
        writeln!(out, "{id}  {forge}  {external_id}  {login}  since {}", created_at.date())?;
    }
    Ok(())
}

/// The account that the operator means: by id, by login, or the only one.
pub(super) async fn meant(connection: &mut PgConnection, wanted: Option<&str>) -> anyhow::Result<AccountId> {
    let accounts = account::list(connection).await?;
    let matching: Vec<&Account> =
        accounts.iter().filter(|account| wanted.is_none_or(|wanted| is(account, wanted))).collect();
    match (matching.as_slice(), wanted) {
        ([account], _) => Ok(AccountId::named_by_operator(account.id)),
        ([], Some(wanted)) => bail!("there is no account {wanted:?}; see `account list`"),
        ([], None) => bail!("there is no account yet; make one with `account create`"),
        (_, Some(wanted)) => bail!("several accounts are called {wanted:?}; give --account the id"),
        (_, None) => bail!("there are several accounts; choose one with --account"),
    }
}

fn is(account: &Account, wanted: &str) -> bool {
    account.id.to_string() == wanted || account.login.eq_ignore_ascii_case(wanted)
}

/// A forge's name: it stands before owner ids, where any other spelling would make another account.
pub(super) fn forge(text: &str) -> Result<String, String> {
    let starts_well = text.starts_with(|first: char| first.is_ascii_lowercase());
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if starts_well && text.len() <= 32 && text.bytes().all(word) {
        return Ok(text.to_owned());
    }
    Err("a forge is a short word in lower case: github for github.com, or like ghe-example for one of your own"
        .to_owned())
}

/// An owner's id, which is a number: a name can be given up and taken by somebody else.
pub(super) fn owner_id(text: &str) -> Result<i64, String> {
    text.parse().ok().filter(|id| *id > 0).ok_or_else(|| {
        "an owner's id is a positive number, like 9919; https://api.github.com/users/LOGIN shows it as `id`"
            .to_owned()
    })
}

/// An owner's name as its forge spells it.
pub(super) fn login(text: &str) -> Result<String, String> {
    match text.parse::<RepositoryPart>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("a login is the owner's part of a repository's name: octo for octo/hello".to_owned()),
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
            assert!(owner_id(bad).is_err_and(|said| said.contains("positive number")), "{bad}");
        }
        assert_eq!(login("Octo-Org"), Ok("Octo-Org".to_owned()), "spelled as it is given");
        for bad in ["", "octo/hello", "@octo", "octo org", ".."] {
            assert!(login(bad).is_err(), "{bad}");
        }
    }
}
