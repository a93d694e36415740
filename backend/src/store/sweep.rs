//! What a sweep has to know, and what it does.

use std::time::Duration;

use phase_data_forge::KnownIssue;
use phase_data_wire::{IssueNumber, Repository};
use time::OffsetDateTime;

use super::lifecycle::{enter, scope_name};
use super::phase_data::unreadable;
pub(crate) use super::work::Effects;
use super::work::{Left, Order, carry_on};
use super::{Db, Statement, StoreError};
use crate::auth::{AccountId, Actor};
use crate::domain::Work;
use crate::domain::lifecycle::Scope;

/// A repository that has data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WithData {
    /// What its rows are found by.
    pub(crate) data_key: String,
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
    data_key: String,
    name: String,
    external_id: Option<i64>,
    has_live: bool,
    went_at: Option<OffsetDateTime>,
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
    let look = Statement::new("select sweep_account_went($1)").bind(account.get());
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
    let list = Statement::new(
        "select data_key, name, external_id, has_live, went_at from sweep_repositories($1, $2)",
    )
    .bind(account.get())
    .bind(names(back));
    let rows: Vec<RepositoryRow> = db.job().fetch_all(list).await?;
    Ok(rows.into_iter().map(with_data).collect::<Result<_, _>>()?)
}

fn with_data(row: RepositoryRow) -> Result<WithData, sqlx::Error> {
    let RepositoryRow { data_key, name, external_id, has_live, went_at } = row;
    let name = name.parse().map_err(|_| unreadable("a repository's name"))?;
    Ok(WithData { data_key, name, external_id, has_live, went_at })
}

fn names(scopes: &[Scope]) -> Vec<&'static str> {
    scopes.iter().copied().map(scope_name).collect()
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
    let list = Statement::new("select issue_number, first_stored, closed_at from sweep_issues($1, $2, $3)")
        .bind(account.get())
        .bind(&of.data_key)
        .bind(names(back));
    let rows: Vec<IssueRow> = db.job().fetch_all(list).await?;
    Ok(rows.into_iter().map(issue).collect::<Result<_, _>>()?)
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
                Box::pin(async move {
                    enter(transaction, account).await?;
                    carry_on(transaction, &order, left).await
                })
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
) -> Result<(), StoreError> {
    let learn = Statement::new("select learn_repository($1, $2, $3)")
        .bind(account.get())
        .bind(name.as_str())
        .bind(id);
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
    let record = Statement::new("select record_sweep($1, $2, $3)")
        .bind(account.get())
        .bind(&of.data_key)
        .bind(complete);
    db.job().execute(record).await
}
