//! `key create`, `key list` and `key revoke`.

use std::io::Write;

use anyhow::{Context as _, bail};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::account::meant;
use crate::auth::{AccountId, ApiKey, KeyId, Scope};
use crate::store::api_key::{self, ListedKey, NewKey};

/// What a new key should be.
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) scope: Scope,
    pub(super) expires_in_days: Option<u16>,
}

/// Makes a key for an account.
pub(super) async fn make(
    connection: &mut PgConnection,
    account: AccountId,
    wanted: &Wanted<'_>,
) -> anyhow::Result<ApiKey> {
    let key = ApiKey::generate();
    let expires_at =
        wanted.expires_in_days.map(|days| OffsetDateTime::now_utc() + Duration::days(days.into()));
    let new = NewKey {
        id: key.id(),
        secret_sha256: key.sha256(),
        name: wanted.name,
        scope: wanted.scope,
        expires_at,
    };
    api_key::create(connection, account, &new).await.context("the key could not be kept")?;
    Ok(key)
}

/// Makes a key and prints it, alone on its line so that scripts can take it.
pub(super) async fn create(
    connection: &mut PgConnection,
    out: &mut impl Write,
    account: Option<&str>,
    wanted: &Wanted<'_>,
) -> anyhow::Result<()> {
    let account = meant(connection, account).await?;
    let key = make(connection, account, wanted).await?;
    Ok(writeln!(out, "{}", key.expose())?)
}

/// Prints an account's keys.
pub(super) async fn list(
    connection: &mut PgConnection,
    out: &mut impl Write,
    account: Option<&str>,
) -> anyhow::Result<()> {
    let account = meant(connection, account).await?;
    for key in api_key::list(connection, account).await? {
        writeln!(
            out,
            "{}  {}  {}  since {}{}",
            key.id,
            key.scope.as_str(),
            key.name,
            key.created_at.date(),
            state(&key)
        )?;
    }
    Ok(())
}

fn state(key: &ListedKey) -> String {
    match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("  revoked {}", at.date()),
        (None, Some(at)) if at <= OffsetDateTime::now_utc() => format!("  expired {}", at.date()),
        (None, Some(at)) => format!("  until {}", at.date()),
        (None, None) => String::new(),
    }
}

/// Revokes a key.
pub(super) async fn revoke(
    connection: &mut PgConnection,
    out: &mut impl Write,
    id: &str,
) -> anyhow::Result<()> {
    let id: KeyId = id.parse().ok().context("a key's id has 12 letters and digits; see `key list`")?;
    if !api_key::revoke(connection, &id).await? {
        bail!("there is no key {}; see `key list`", id.as_str());
    }
    Ok(writeln!(out, "revoked {}", id.as_str())?)
}
