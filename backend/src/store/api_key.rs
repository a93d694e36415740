//! `api_key`: used by the server through the functions of the migrations, one round trip each, and written
//! by the operator's command line.

mod operator;

use phase_data_wire::Repository;
use phase_data_wire::admin::Key;
use sqlx::postgres::types::PgInterval;
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) use operator::{create_as_operator, list_as_operator, revoke_as_operator};

use super::db::Access;
use super::phase_data::named;
use super::{Db, Statement, StoreError};
use crate::auth::{AccountId, ApiKey, KeyId, KeyLookup, KeyRecord, LastUse, Reach, Scope};
use crate::domain::KeyRules;

impl KeyLookup for Db {
    type Error = StoreError;

    async fn find(&self, id: &KeyId, seen_lately: bool) -> Result<Option<KeyRecord>, StoreError> {
        let find = Statement::new(
            "select forge_account_id, scope, repositories, secret_sha256, expires_at, revoked_at,
                    server_time() as looked_up_at
               from find_api_key(p_id => $1)",
        )
        .bind(id.as_str());
        let lane = if seen_lately { self.known() } else { self.unproven(Access::Read) };
        let found: Option<RecordRow> = lane.fetch_optional(find).await?;
        Ok(found.map(KeyRecord::try_from).transpose()?)
    }
}

/// Keeps a new key; of its secret, the digest.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn create(
    db: &Db,
    account: AccountId,
    key: &ApiKey,
    rules: &KeyRules,
) -> Result<Key, StoreError> {
    let created: KeyRow = db.write(account).fetch_one(create_statement(account, key, rules)).await?;
    Ok(Key::try_from(created)?)
}

/// An account's keys, oldest first.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn list(db: &Db, account: AccountId) -> Result<Vec<Key>, StoreError> {
    let rows: Vec<KeyRow> = db.read(account).fetch_all(list_statement(account)).await?;
    Ok(rows.into_iter().map(Key::try_from).collect::<Result<_, _>>()?)
}

/// Revokes a key of this account for good; revoking twice changes nothing. `None` if the account has none
/// of this id.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn revoke(db: &Db, account: AccountId, id: &KeyId) -> Result<Option<Key>, StoreError> {
    let revoke = Statement::new(
        "select id, name, scope, repositories, created_at, expires_at, revoked_at, last_used_at
           from revoke_api_key(p_account => $1, p_id => $2)",
    )
    .bind(account.get())
    .bind(id.as_str());
    let revoked: Option<KeyRow> = db.write(account).fetch_optional(revoke).await?;
    Ok(revoked.map(Key::try_from).transpose()?)
}

/// Puts a new key in the place of an old one, which lives on for some hours. The new one and the old one,
/// or `None` if the account has none of this id.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn rotate(
    db: &Db,
    account: AccountId,
    old: &KeyId,
    new: &ApiKey,
    old_lives_on_hours: u16,
) -> Result<Option<(Key, Key)>, StoreError> {
    let rotate = Statement::new(
        "select id, name, scope, repositories, created_at, expires_at, revoked_at, last_used_at
           from rotate_api_key(p_account => $1, p_id => $2, p_new_id => $3, p_new_secret_sha256 => $4,
                               p_old_lives_on => make_interval(hours => $5), p_not_after => $6)",
    )
    .bind(account.get())
    .bind(old.as_str())
    .bind(new.id().as_str())
    .bind(&new.sha256()[..])
    .bind(i32::from(old_lives_on_hours))
    .bind_latest_start();
    let rotated: Vec<KeyRow> = db.write(account).fetch_all(rotate).await?;
    let keys = rotated.into_iter().map(Key::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(<[Key; 2]>::try_from(keys).ok().map(|[new, old]| (new, old)))
}

/// Stores when keys were last used, all in one statement.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn touch(db: &Db, used: &[LastUse]) -> Result<(), StoreError> {
    let touch = Statement::new("select touch_api_keys(p_accounts => $1, p_ids => $2, p_times => $3)")
        .bind(used.iter().map(|used| used.account.get()).collect::<Vec<Uuid>>())
        .bind(used.iter().map(|used| used.key.as_str()).collect::<Vec<&str>>())
        .bind(used.iter().map(|used| used.at).collect::<Vec<OffsetDateTime>>());
    db.job().execute(touch).await
}

/// Revokes those of these keys that exist, whosever they are, all in one statement; answers for each whether
/// it does. The digest proves that it is the whole key.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn revoke_leaked(db: &Db, keys: &[ApiKey]) -> Result<Vec<bool>, StoreError> {
    let revoke = Statement::new(
        "select revoke_leaked_api_key(p_id => l.id, p_sha256 => l.sha256)
           from unnest($1::text[], $2::bytea[]) with ordinality as l (id, sha256, place) order by l.place",
    )
    .bind(keys.iter().map(|key| key.id().as_str()).collect::<Vec<&str>>())
    .bind(keys.iter().map(|key| key.sha256().to_vec()).collect::<Vec<_>>());
    let revoked: Vec<(bool,)> = db.unproven(Access::Write).fetch_all(revoke).await?;
    Ok(revoked.into_iter().map(|(revoked,)| revoked).collect())
}

#[derive(sqlx::FromRow)]
struct RecordRow {
    forge_account_id: Uuid,
    scope: Scope,
    repositories: Option<Vec<String>>,
    secret_sha256: Vec<u8>,
    expires_at: Option<OffsetDateTime>,
    revoked_at: Option<OffsetDateTime>,
    looked_up_at: OffsetDateTime,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: String,
    name: String,
    scope: Scope,
    repositories: Option<Vec<String>>,
    created_at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
    revoked_at: Option<OffsetDateTime>,
    last_used_at: Option<OffsetDateTime>,
}

impl TryFrom<RecordRow> for KeyRecord {
    type Error = sqlx::Error;

    fn try_from(row: RecordRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            forge_account_id: row.forge_account_id,
            scope: row.scope,
            reach: repositories(row.repositories)?.map_or(Reach::Account, Reach::Repositories),
            secret_sha256: row.secret_sha256,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            looked_up_at: row.looked_up_at,
        })
    }
}

impl TryFrom<KeyRow> for Key {
    type Error = sqlx::Error;

    fn try_from(row: KeyRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: named(&row.id)?,
            name: named(&row.name)?,
            scope: row.scope.into(),
            repositories: repositories(row.repositories)?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
        })
    }
}

fn create_statement(account: AccountId, key: &ApiKey, rules: &KeyRules) -> Statement {
    let repositories = rules.repositories();
    Statement::new(
        "select id, name, scope, repositories, created_at, expires_at, revoked_at, last_used_at
           from create_api_key(p_account => $1, p_id => $2, p_secret_sha256 => $3, p_name => $4, p_scope => $5,
                               p_repositories => $6, p_lifetime => $7)",
    )
    .bind(account.get())
    .bind(key.id().as_str())
    .bind(&key.sha256()[..])
    .bind(rules.name().as_str())
    .bind(Scope::from(rules.scope()))
    .bind(repositories.map(|list| list.iter().map(Repository::as_str).collect::<Vec<_>>()))
    .bind(rules.expires_in_days().map(|number| days(number.get())))
}

fn list_statement(account: AccountId) -> Statement {
    Statement::new(
        "select id, name, scope, repositories, created_at, expires_at, revoked_at, last_used_at
           from list_api_keys(p_account => $1)",
    )
    .bind(account.get())
}

fn repositories(names: Option<Vec<String>>) -> Result<Option<Vec<Repository>>, sqlx::Error> {
    names.map(|names| names.iter().map(|name| named(name)).collect()).transpose()
}

/// A number of days as PostgreSQL takes it.
fn days(days: u16) -> PgInterval {
    PgInterval { months: 0, days: days.into(), microseconds: 0 }
}
