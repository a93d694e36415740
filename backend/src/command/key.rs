//! `key create`, `key list` and `key revoke`.

use std::io::Write;

use anyhow::{Context as _, bail};
use phase_data_wire::Repository;
use phase_data_wire::admin::{CreateKey, ExpiresInDays, Key};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::account;
use crate::auth::{AccountId, ApiKey, KeyId, Scope};
use crate::domain::KeyRules;
use crate::store::api_key;

/// Creates a key for an account.
pub(super) async fn generate(
    connection: &mut PgConnection,
    account: AccountId,
    request: CreateKey,
) -> anyhow::Result<ApiKey> {
    let rules = KeyRules::new(request)?;
    let key = ApiKey::generate();
    let created = api_key::create_as_operator(connection, account, &key, &rules).await;
    created.context("the key could not be stored")?;
    Ok(key)
}

/// Creates a key and prints it on a line of its own, for scripts.
pub(super) async fn create(
    connection: &mut PgConnection,
    out: &mut impl Write,
    account: Option<&str>,
    request: CreateKey,
) -> anyhow::Result<()> {
    let account = account::find_active(connection, account).await?;
    let key = generate(connection, account, request).await?;
    Ok(writeln!(out, "{}", key.expose())?)
}

/// Prints an account's keys.
pub(super) async fn list(
    connection: &mut PgConnection,
    out: &mut impl Write,
    account: Option<&str>,
) -> anyhow::Result<()> {
    let account = account::find_active(connection, account).await?;
    let keys = api_key::list_as_operator(connection, account).await?;
    if keys.is_empty() {
        writeln!(out, "no keys yet; create one with `key create`")?;
    }
    for key in keys {
        let Key { id, name, scope, created_at, .. } = &key;
        let (scope, since) = (Scope::from(*scope).as_str(), created_at.date());
        writeln!(
            out,
            "{id}  {scope}  {name}  since {since}{}{}{}",
            reach(&key),
            state(&key),
            last_used(&key)
        )?;
    }
    Ok(())
}

fn reach(key: &Key) -> String {
    let Some(list) = &key.repositories else { return String::new() };
    format!("  only {}", list.iter().map(Repository::as_str).collect::<Vec<_>>().join(", "))
}

fn state(key: &Key) -> String {
    match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("  revoked {}", at.date()),
        (None, Some(at)) if at <= OffsetDateTime::now_utc() => format!("  expired {}", at.date()),
        (None, Some(at)) => format!("  until {}", at.date()),
        (None, None) => String::new(),
    }
}

fn last_used(key: &Key) -> String {
    key.last_used_at.map_or("  never used".to_owned(), |at| format!("  last used {}", at.date()))
}

/// Revokes a key.
pub(super) async fn revoke(
    connection: &mut PgConnection,
    out: &mut impl Write,
    id: &str,
) -> anyhow::Result<()> {
    let id: KeyId = id.parse().ok().context("a key id has 12 letters and digits; see `key list`")?;
    if !api_key::revoke_as_operator(connection, &id).await? {
        bail!("no key {}; see `key list`", id.as_str());
    }
    Ok(writeln!(out, "revoked {}", id.as_str())?)
}

/// Parses a number of days.
pub(super) fn days(text: &str) -> Result<ExpiresInDays, String> {
    let number: i64 = text.parse().map_err(|_| "use a whole number of days".to_owned())?;
    ExpiresInDays::try_from(number).map_err(|error| error.to_string())
}
