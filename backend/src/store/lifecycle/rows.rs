//! The statements on rows that a word touches. The tenant and the names are settled before.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{After, Saying, actor};
use crate::auth::AccountId;
use crate::domain::lifecycle::{Held, Scope, Word};
use crate::store::phase_data::{named, unreadable};

/// A stored phase that a word may touch.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: Uuid,
    data_key: String,
    issue_number: i32,
    pub(super) phase: String,
    pub(super) held: Held,
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    id: Uuid,
    repository: String,
    issue_number: i32,
    phase: String,
    closed_by: Option<String>,
    last_stored_at: OffsetDateTime,
    is_over: bool,
}

#[derive(sqlx::FromRow)]
struct NewestWord {
    now: OffsetDateTime,
    closed: Option<bool>,
    at: Option<OffsetDateTime>,
    as_of: Option<OffsetDateTime>,
}

/// The newest word, if there is any, and the time.
pub(super) async fn newest_word(
    connection: &mut PgConnection,
    account: AccountId,
    key: &str,
    issue: i32,
) -> Result<(Option<Word>, OffsetDateTime), sqlx::Error> {
    let found: NewestWord = sqlx::query_as(
        "select server_time() as now, l.closed, l.at, l.as_of
           from (select) as one
           left join lifecycle l on l.forge_account_id = $1 and l.repository = $2 and l.issue_number = $3",
    )
    .bind(account.get())
    .bind(key)
    .bind(issue)
    .fetch_one(connection)
    .await?;
    let as_of = found.as_of;
    Ok((found.closed.zip(found.at).map(|(closed, at)| Word { closed, at, as_of }), found.now))
}

/// Keeps a word as the newest one.
pub(super) async fn set_word(
    connection: &mut PgConnection,
    account: AccountId,
    key: &str,
    issue: i32,
    word: Word,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into lifecycle as l (forge_account_id, repository, issue_number, closed, at, as_of)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (forge_account_id, repository, issue_number)
         do update set closed = excluded.closed, at = excluded.at, as_of = greatest(l.as_of, excluded.as_of)",
    )
    .bind(account.get())
    .bind(key)
    .bind(issue)
    .bind(word.closed)
    .bind(word.at)
    .bind(word.as_of)
    .execute(connection)
    .await
    .map(drop)
}

/// The next rows of an issue, of a repository (no issue) or of the account (no key), locked in one order for all.
pub(super) async fn held(
    connection: &mut PgConnection,
    account: AccountId,
    key: &str,
    issue: i32,
    after: &After,
    limit: i32,
) -> Result<Vec<Row>, sqlx::Error> {
    let rows: Vec<HeldRow> = sqlx::query_as(
        "select id, repository, issue_number, phase::text, closed_by::text, last_stored_at, is_over
           from rows_of_word($1, $2, $3, $4, $5, $6::phase, $7)",
    )
    .bind(account.get())
    .bind(key)
    .bind(issue)
    .bind(&after.data_key)
    .bind(after.issue_number)
    .bind(after.phase.as_str())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::try_from).collect()
}

/// Writes a receipt for each row.
pub(super) async fn tell(
    connection: &mut PgConnection,
    saying: &Saying<'_>,
    ids: &[Uuid],
    kind: &str,
) -> Result<(), sqlx::Error> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into phase_event (forge_account_id, repository, issue_number, phase, kind, revision, actor,
                                  request_id)
         select d.forge_account_id, d.repository, d.issue_number, d.phase, $2, d.revision, $3, $4
           from phase_data d where d.id = any($1)
          order by d.repository, d.issue_number, d.phase",
    )
    .bind(ids)
    .bind(kind)
    .bind(actor(saying))
    .bind(saying.request_id)
    .execute(connection)
    .await
    .map(drop)
}

/// Hides rows; what is hidden already keeps the end of its grace period.
pub(super) async fn hide(
    connection: &mut PgConnection,
    saying: &Saying<'_>,
    scope: Scope,
    ids: &[Uuid],
) -> Result<(), sqlx::Error> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "update phase_data d
            set deleted_at = coalesce(d.deleted_at, clock_timestamp()), closed_by = $2,
                purge_at = coalesce(d.purge_at, clock_timestamp() + coalesce(
                    (select a.grace from forge_account a where a.id = d.forge_account_id),
                    make_interval(secs => $3)))
          where d.id = any($1)",
    )
    .bind(ids)
    .bind(scope_name(scope))
    .bind(saying.grace.as_secs_f64())
    .execute(connection)
    .await
    .map(drop)
}

/// Shows rows again.
pub(super) async fn bring_back(connection: &mut PgConnection, ids: &[Uuid]) -> Result<(), sqlx::Error> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "update phase_data set deleted_at = null, purge_at = null, closed_by = null where id = any($1)",
    )
    .bind(ids)
    .execute(connection)
    .await
    .map(drop)
}

/// Removes rows for good.
pub(super) async fn remove(connection: &mut PgConnection, ids: &[Uuid]) -> Result<(), sqlx::Error> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query("delete from phase_data where id = any($1)").bind(ids).execute(connection).await.map(drop)
}

/// Whether the account wants nothing kept once it is closed.
pub(super) async fn grace_is_none(
    connection: &mut PgConnection,
    saying: &Saying<'_>,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "select coalesce(a.grace, make_interval(secs => $2)) = interval '0' from forge_account a where a.id = $1",
    )
    .bind(saying.account.get())
    .bind(saying.grace.as_secs_f64())
    .fetch_one(connection)
    .await
}

impl Row {
    /// Where it stands in the order of all.
    pub(super) fn place(&self) -> Result<After, sqlx::Error> {
        let (data_key, issue_number) = (self.data_key.clone(), self.issue_number);
        Ok(After { data_key, issue_number, phase: named(&self.phase)? })
    }
}

impl TryFrom<HeldRow> for Row {
    type Error = sqlx::Error;

    fn try_from(row: HeldRow) -> Result<Self, sqlx::Error> {
        let closed_by = row.closed_by.as_deref().map(scope).transpose()?;
        let held = Held { closed_by, last_stored_at: row.last_stored_at, is_over: row.is_over };
        let HeldRow { id, repository: data_key, issue_number, phase, .. } = row;
        Ok(Self { id, data_key, issue_number, phase, held })
    }
}

/// How the database names what hid a row.
pub(crate) fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Issue => "issue",
        Scope::Repository => "repository",
        Scope::Account => "account",
    }
}

fn scope(name: &str) -> Result<Scope, sqlx::Error> {
    match name {
        "issue" => Ok(Scope::Issue),
        "repository" => Ok(Scope::Repository),
        "account" => Ok(Scope::Account),
        other => Err(unreadable(&format!("closed by {other:?}"))),
    }
}
