//! `account create` and `account list`.

use std::io::Write;

use anyhow::bail;
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
