//! `forge_account`: written by the operator's command line, over the owner's connection, and looked up by
//! the server.

pub(crate) mod deletion;

use phase_data_wire::ExpiresInSeconds;
use phase_data_wire::admin::{EventDays, GraceDays, Retention};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Db, Statement, StoreError};
use crate::auth::oidc::EventPolicy;
use crate::auth::{AccountId, AccountLookup, AccountRecord};

const DAY: f64 = 86_400.0;

/// A forge's owner (organisation or user) whose repositories may keep data here.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Account {
    /// Our name for it.
    pub(crate) id: Uuid,
    /// The forge, `github` for github.com.
    pub(crate) forge: String,
    /// The forge's numeric id of the owner: its identity, whatever it is called.
    pub(crate) external_id: i64,
    /// The owner's name when it was registered, for display.
    pub(crate) login: String,
    /// When it was registered.
    pub(crate) created_at: OffsetDateTime,
    /// Since when it is being deleted, if it is.
    pub(crate) deleted_at: Option<OffsetDateTime>,
}

#[derive(sqlx::FromRow)]
struct FoundAccount {
    id: Uuid,
    policy: Json<EventPolicy>,
    looked_up_at: OffsetDateTime,
}

impl AccountLookup for Db {
    async fn find_account(&self, forge: &str, owner_id: i64) -> Result<Option<AccountRecord>, StoreError> {
        let find =
            Statement::new("select id, policy, server_time() as looked_up_at from find_account(p_forge => $1, p_external_id => $2)")
                .bind(forge)
                .bind(owner_id);
        let found: Option<FoundAccount> = self.known().fetch_optional(find).await?;
        Ok(found.map(|FoundAccount { id, policy, looked_up_at }| AccountRecord {
            id,
            policy: policy.0,
            looked_up_at,
        }))
    }
}

/// The policy of an account.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn policy(db: &Db, account: AccountId) -> Result<EventPolicy, StoreError> {
    let look =
        Statement::new("select account_policy(p_account => $1, p_policy => null, p_not_after => null)")
            .bind(account.get());
    let (Json(policy),) = db.read(account).fetch_one(look).await?;
    Ok(policy)
}

/// Replaces the policy of an account.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn set_policy(db: &Db, account: AccountId, policy: &EventPolicy) -> Result<(), StoreError> {
    let set = Statement::new("select account_policy(p_account => $1, p_policy => $2, p_not_after => $3)")
        .bind(account.get())
        .bind(Json(policy))
        .bind_latest_start();
    db.write(account).execute(set).await
}

#[derive(sqlx::FromRow)]
struct Times {
    grace_seconds: Option<f64>,
    lives_seconds: Option<f64>,
    events_seconds: Option<f64>,
}

/// Returns the account's own retention.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn retention(db: &Db, account: AccountId) -> Result<Retention, StoreError> {
    let look = Statement::new(
        "select extract(epoch from grace)::float8 as grace_seconds,
                extract(epoch from time_to_live)::float8 as lives_seconds,
                extract(epoch from events_kept_for)::float8 as events_seconds
           from account_retention(p_account => $1, p_set => false, p_grace => null, p_time_to_live => null,
                                 p_events_kept_for => null, p_not_after => null)",
    )
    .bind(account.get());
    let Times { grace_seconds, lives_seconds, events_seconds } = db.read(account).fetch_one(look).await?;
    Ok(Retention {
        grace_days: grace_seconds.and_then(|seconds| GraceDays::try_from((seconds / DAY) as i64).ok()),
        expires_in_seconds: lives_seconds.and_then(|seconds| ExpiresInSeconds::try_from(seconds as i64).ok()),
        event_days: events_seconds.and_then(|seconds| EventDays::try_from((seconds / DAY) as i64).ok()),
    })
}

/// Sets how long the account wants its data kept.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn set_retention(
    db: &Db,
    account: AccountId,
    retention: &Retention,
) -> Result<(), StoreError> {
    let set = Statement::new(
        "select account_retention(
                    p_account => $1, p_set => true, p_grace => make_interval(secs => $2),
                    p_time_to_live => make_interval(secs => $3), p_events_kept_for => make_interval(secs => $4),
                    p_not_after => $5)",
    )
    .bind(account.get())
    .bind(retention.grace_days.map(|days| f64::from(days.get()) * DAY))
    .bind(retention.expires_in_seconds.map(|seconds| f64::from(seconds.get())))
    .bind(retention.event_days.map(|days| f64::from(days.get()) * DAY))
    .bind_latest_start();
    db.write(account).execute(set).await
}

/// Registers an account. `None` if this owner of this forge is registered already.
///
/// # Errors
/// Any database error.
pub(crate) async fn create(
    connection: &mut PgConnection,
    forge: &str,
    external_id: i64,
    login: &str,
) -> Result<Option<Account>, sqlx::Error> {
    sqlx::query_as(
        "insert into forge_account (id, forge, external_id, login) values ($1, $2, $3, $4)
         on conflict on constraint forge_account_identity do nothing returning *",
    )
    .bind(Uuid::now_v7())
    .bind(forge)
    .bind(external_id)
    .bind(login)
    .fetch_optional(connection)
    .await
}

/// Every account, oldest first.
///
/// # Errors
/// Any database error.
pub(crate) async fn list(connection: &mut PgConnection) -> Result<Vec<Account>, sqlx::Error> {
    sqlx::query_as("select * from forge_account order by created_at, id").fetch_all(connection).await
}

/// Changes the login that lists show.
///
/// # Errors
/// Any database error.
pub(crate) async fn rename(
    connection: &mut PgConnection,
    account: AccountId,
    login: &str,
) -> Result<(), sqlx::Error> {
    let rename = sqlx::query("update forge_account set login = $2 where id = $1");
    rename.bind(account.get()).bind(login).execute(connection).await.map(drop)
}
