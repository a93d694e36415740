//! The sweep: lists the data that it asks about, applies effects, and records when it asked.

use std::time::Duration;

use phase_data_github::{Effect, KnownIssue};
use phase_data_wire::{IssueNumber, Repository};
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) use super::effects::Affected;
use super::effects::{Context, Remaining, apply_next};
use super::phase_data::unreadable;
use super::values::RepositoryRef;
use super::{Db, Statement, StoreError};
use crate::auth::{AccountId, Actor};
use crate::domain::Scope;

/// The number of a repository's rows that one statement looks at: that takes some milliseconds.
const ROWS: i32 = 2000;
/// The number of repositories that one statement looks at.
const REPOSITORIES: i32 = 100;
/// The number of rows that a statement looks at to find one that matters. More rows that only wait for the purge are rare.
const ROWS_OF_A_KIND: i32 = 200;

/// A repository that has data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredRepository {
    /// Its row.
    pub(crate) id: Uuid,
    /// Its last known name.
    pub(crate) name: Repository,
    /// Its numeric id, if an id token or a webhook has ever proven it.
    pub(crate) external_id: Option<i64>,
    /// Some of its data is visible.
    pub(crate) has_visible: bool,
    /// The time at which data was hidden with the repository, if some of that can be restored.
    pub(crate) closed_at: Option<OffsetDateTime>,
}

/// An issue that has data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredIssue {
    pub(crate) number: IssueNumber,
    pub(crate) known: KnownIssue,
}

/// The context of a sweep's effects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SweepContext {
    pub(crate) account: AccountId,
    pub(crate) asked_at: OffsetDateTime,
    pub(crate) grace: Duration,
    /// Changes nothing, and returns what would change.
    pub(crate) dry_run: bool,
}

#[derive(sqlx::FromRow)]
struct RepositoryRow {
    id: Uuid,
    name: String,
    external_id: Option<i64>,
    #[sqlx(rename = "has_live")]
    has_visible: bool,
    has_data: bool,
    closed_at: Option<OffsetDateTime>,
    attempted_at: Option<OffsetDateTime>,
}

#[derive(sqlx::FromRow)]
struct IssueRow {
    issue_number: i32,
    first_stored: Option<OffsetDateTime>,
    closed_at: Option<OffsetDateTime>,
}

/// Returns the time by the database's clock.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn now(db: &Db) -> Result<OffsetDateTime, StoreError> {
    let (now,) = db.job().fetch_one(Statement::new("select server_time()")).await?;
    Ok(now)
}

/// Returns whether anything was hidden with the whole account, and can be restored.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn is_account_closed(db: &Db, account: AccountId) -> Result<bool, StoreError> {
    let look = Statement::new("select sweep_account_closed(p_account => $1, p_rows => $2)")
        .bind(account.get())
        .bind(ROWS_OF_A_KIND);
    let (is_closed,) = db.job().fetch_one(look).await?;
    Ok(is_closed)
}

/// Lists the repositories of an account that have data, visible or hidden. The one that was asked about longest ago comes
/// first. Data that these scopes hid counts as restored.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn repositories(
    db: &Db,
    account: AccountId,
    restored: &[Scope],
) -> Result<Vec<StoredRepository>, StoreError> {
    let mut rows: Vec<RepositoryRow> = Vec::new();
    loop {
        let after = rows.last().map(|row| row.id).unwrap_or_default();
        let list = Statement::new(
            "select id, name, external_id, has_live, has_data, closed_at, attempted_at
               from sweep_repositories(p_account => $1, p_back => $2, p_after => $3, p_limit => $4, p_rows => $5)",
        )
        .bind(account.get())
        .bind(names(restored))
        .bind(after)
        .bind(REPOSITORIES)
        .bind(ROWS_OF_A_KIND);
        let page: Vec<RepositoryRow> = db.job().fetch_all(list).await?;
        if page.is_empty() {
            break;
        }
        rows.extend(page);
    }
    rows.retain(|row| row.has_data);
    // None comes before any time.
    rows.sort_by(|one, other| (one.attempted_at, &one.name).cmp(&(other.attempted_at, &other.name)));
    Ok(rows.into_iter().map(stored_repository).collect::<Result<_, _>>()?)
}

fn stored_repository(row: RepositoryRow) -> Result<StoredRepository, sqlx::Error> {
    let RepositoryRow { id, name, external_id, has_visible, closed_at, .. } = row;
    let name = name.parse().map_err(|_| unreadable("a repository's name"))?;
    Ok(StoredRepository { id, name, external_id, has_visible, closed_at })
}

fn names(scopes: &[Scope]) -> Vec<&'static str> {
    scopes.iter().copied().map(Scope::as_str).collect()
}

/// Lists the issues of a repository that have data. Data that these scopes hid counts as restored.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn issues(
    db: &Db,
    account: AccountId,
    of: &StoredRepository,
    restored: &[Scope],
) -> Result<Vec<StoredIssue>, StoreError> {
    let (mut issues, mut after) = (Vec::new(), 0);
    loop {
        let list = Statement::new(
            "select issue_number, first_stored, closed_at
               from sweep_issues(p_account => $1, p_repository_id => $2, p_back => $3, p_after_issue => $4, p_rows => $5)",
        )
        .bind(account.get())
        .bind(of.id)
        .bind(names(restored))
        .bind(after)
        .bind(ROWS);
        let page: Vec<IssueRow> = db.job().fetch_all(list).await?;
        let Some(last) = page.last() else { return Ok(issues) };
        after = last.issue_number;
        let matters = |row: &IssueRow| row.first_stored.is_some() || row.closed_at.is_some();
        for row in page.into_iter().filter(matters) {
            issues.push(issue(row)?);
        }
    }
}

fn issue(row: IssueRow) -> Result<StoredIssue, sqlx::Error> {
    let IssueRow { issue_number, first_stored, closed_at } = row;
    let number = IssueNumber::try_from(i64::from(issue_number));
    let number = number.map_err(|error| unreadable(&error.to_string()))?;
    Ok(StoredIssue { number, known: KnownIssue { first_stored, closed_at } })
}

/// Applies effects, and returns what they changed. The next sweep finds again what a failure cut short.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn apply(
    db: &Db,
    context: SweepContext,
    effects: Vec<Effect>,
) -> Result<Affected, StoreError> {
    let SweepContext { account, asked_at, grace, dry_run } = context;
    let (actor, request_id) = (&Actor::System, "sweep");
    let context = Context { account, stated_at: asked_at, actor, request_id, grace, dry_run };
    let mut remaining = Remaining { effects: effects.into(), cursor: None };
    let mut all = Affected::default();
    while !remaining.effects.is_empty() {
        let affected;
        (remaining, affected) = db
            .job()
            .transaction(move |transaction| {
                Box::pin(async move { apply_next(transaction, &context, remaining).await })
            })
            .await?;
        all += affected;
    }
    Ok(all)
}

/// Stores the id of a repository that was known by its name only. From now on, the id identifies it.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn learn_repository(
    db: &Db,
    account: AccountId,
    name: &Repository,
    id: i64,
    asked_at: OffsetDateTime,
) -> Result<(), StoreError> {
    let learn = Statement::new("select learn_repository(p_repository => $1)").bind(RepositoryRef::new(
        account,
        name.as_str(),
        Some(id),
        Some(asked_at),
    ));
    db.job().execute(learn).await
}

/// Records that a repository was asked about, and whether every answer was usable.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn record(
    db: &Db,
    account: AccountId,
    of: &StoredRepository,
    complete: bool,
) -> Result<(), StoreError> {
    let record =
        Statement::new("select record_sweep(p_account => $1, p_repository_id => $2, p_complete => $3)")
            .bind(account.get())
            .bind(of.id)
            .bind(complete);
    db.job().execute(record).await
}
