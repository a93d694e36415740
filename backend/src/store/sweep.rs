//! What a sweep has to know, and what it does.

use std::time::Duration;

use phase_data_github::KnownIssue;
use phase_data_wire::{IssueNumber, Repository};
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) use super::effects::Effects;
use super::effects::{Left, Order, carry_on};
use super::phase_data::unreadable;
use super::values::RepositoryRef;
use super::{Db, Statement, StoreError};
use crate::auth::{AccountId, Actor};
use crate::domain::{Scope, Work};

/// How many rows of a repository one statement looks at: that takes some milliseconds.
const ROWS: i32 = 2000;
/// How many repositories one statement looks at.
const REPOSITORIES: i32 = 100;
/// How many rows a statement looks at to see whether there is one that matters. More than so many that only wait for the
/// purge are rare.
const ROWS_OF_A_KIND: i32 = 200;

/// A repository that has data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WithData {
    /// Its row.
    pub(crate) id: Uuid,
    /// Its name, as far as is known.
    pub(crate) name: Repository,
    /// Its numeric id, if an id token or a webhook has ever proven it.
    pub(crate) external_id: Option<i64>,
    /// Some of its data can be seen.
    pub(crate) has_live: bool,
    /// Since when data is hidden that went with the repository and can be brought back, if there is any.
    pub(crate) went_at: Option<OffsetDateTime>,
}

/// An issue that has data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IssueWithData {
    pub(crate) number: IssueNumber,
    pub(crate) known: KnownIssue,
}

/// For whom a sweep changes data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SweepOrder {
    pub(crate) account: AccountId,
    pub(crate) asked_at: OffsetDateTime,
    pub(crate) grace: Duration,
    /// Nothing is changed: the answer is what would be.
    pub(crate) dry_run: bool,
}

#[derive(sqlx::FromRow)]
struct RepositoryRow {
    id: Uuid,
    name: String,
    external_id: Option<i64>,
    has_live: bool,
    has_data: bool,
    went_at: Option<OffsetDateTime>,
    tried_at: Option<OffsetDateTime>,
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

/// Whether anything was hidden with the whole account, and can be brought back.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn account_went(db: &Db, account: AccountId) -> Result<bool, StoreError> {
    let look = Statement::new("select sweep_account_went(p_account => $1, p_rows => $2)")
        .bind(account.get())
        .bind(ROWS_OF_A_KIND);
    let (went,) = db.job().fetch_one(look).await?;
    Ok(went)
}

/// The repositories of an account that have data, seen or hidden, those first that were not asked about for the longest
/// time. What these scopes hid counts as back.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn repositories(
    db: &Db,
    account: AccountId,
    back: &[Scope],
) -> Result<Vec<WithData>, StoreError> {
    let mut rows: Vec<RepositoryRow> = Vec::new();
    loop {
        let after = rows.last().map(|row| row.id).unwrap_or_default();
        let list = Statement::new(
            "select id, name, external_id, has_live, has_data, went_at, tried_at
               from sweep_repositories(p_account => $1, p_back => $2, p_after => $3, p_limit => $4, p_rows => $5)",
        )
        .bind(account.get())
        .bind(names(back))
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
    rows.sort_by(|one, other| (one.tried_at, &one.name).cmp(&(other.tried_at, &other.name)));
    Ok(rows.into_iter().map(with_data).collect::<Result<_, _>>()?)
}

fn with_data(row: RepositoryRow) -> Result<WithData, sqlx::Error> {
    let RepositoryRow { id, name, external_id, has_live, went_at, .. } = row;
    let name = name.parse().map_err(|_| unreadable("a repository's name"))?;
    Ok(WithData { id, name, external_id, has_live, went_at })
}

fn names(scopes: &[Scope]) -> Vec<&'static str> {
    scopes.iter().copied().map(Scope::as_str).collect()
}

/// The issues of a repository that have data. What these scopes hid counts as back.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn issues(
    db: &Db,
    account: AccountId,
    of: &WithData,
    back: &[Scope],
) -> Result<Vec<IssueWithData>, StoreError> {
    let (mut issues, mut after) = (Vec::new(), 0);
    loop {
        let list = Statement::new(
            "select issue_number, first_stored, closed_at
               from sweep_issues(p_account => $1, p_repository_id => $2, p_back => $3, p_after_issue => $4, p_rows => $5)",
        )
        .bind(account.get())
        .bind(of.id)
        .bind(names(back))
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

fn issue(row: IssueRow) -> Result<IssueWithData, sqlx::Error> {
    let IssueRow { issue_number, first_stored, closed_at } = row;
    let number = IssueNumber::try_from(i64::from(issue_number));
    let number = number.map_err(|error| unreadable(&error.to_string()))?;
    Ok(IssueWithData { number, known: KnownIssue { first_stored, closed_at } })
}

/// Does what was found out, and answers what that changed. What a failure cuts short the next sweep finds out again.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn carry_out_for(
    db: &Db,
    order: SweepOrder,
    work: Vec<Work>,
) -> Result<Effects, StoreError> {
    let SweepOrder { account, asked_at, grace, dry_run } = order;
    let order = Order { account, asked_at, actor: &Actor::System, request_id: "sweep", grace, dry_run };
    let mut left = Left { work: work.into(), rest: None };
    let mut all = Effects::default();
    while !left.work.is_empty() {
        let effects;
        (left, effects) = db
            .job()
            .transaction(move |transaction| {
                Box::pin(async move { carry_on(transaction, &order, left).await })
            })
            .await?;
        all += effects;
    }
    Ok(all)
}

/// Takes over the id of a repository that was known by its name alone: from now on the id tells which one it is.
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

/// Notes that a repository was asked about, and whether all was learned.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn record(
    db: &Db,
    account: AccountId,
    of: &WithData,
    complete: bool,
) -> Result<(), StoreError> {
    let record =
        Statement::new("select record_sweep(p_account => $1, p_repository_id => $2, p_complete => $3)")
            .bind(account.get())
            .bind(of.id)
            .bind(complete);
    db.job().execute(record).await
}
