//! What a sweep has to know, and what it does.

use std::time::Duration;

use phase_data_wire::{IssueNumber, Repository};
use time::OffsetDateTime;

use super::lifecycle::enter;
use super::phase_data::unreadable;
use super::work::{Left, Order, carry_on};
use super::{Db, Statement, StoreError};
use crate::auth::{AccountId, Actor};
use crate::domain::Work;

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
    /// When the oldest of its documents that can be seen was stored.
    pub(crate) first_stored: Option<OffsetDateTime>,
    /// Since when it is known to be closed, if documents that were hidden for that can be brought back.
    pub(crate) closed_at: Option<OffsetDateTime>,
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

/// Whether anything was hidden with the whole account, and can be brought back.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn account_went(db: &Db, account: AccountId) -> Result<bool, StoreError> {
    let look = Statement::new("select sweep_account_went($1)").bind(account.get());
    let (went,) = db.job().fetch_one(look).await?;
    Ok(went)
}

/// The repositories of an account that have data, seen or hidden, those first that were not swept for the longest time.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn repositories(db: &Db, account: AccountId) -> Result<Vec<WithData>, StoreError> {
    let list =
        Statement::new("select data_key, name, external_id, has_live, went_at from sweep_repositories($1)")
            .bind(account.get());
    let rows: Vec<RepositoryRow> = db.job().fetch_all(list).await?;
    Ok(rows.into_iter().map(with_data).collect::<Result<_, _>>()?)
}

fn with_data(row: RepositoryRow) -> Result<WithData, sqlx::Error> {
    let RepositoryRow { data_key, name, external_id, has_live, went_at } = row;
    let name = name.parse().map_err(|_| unreadable("a repository's name"))?;
    Ok(WithData { data_key, name, external_id, has_live, went_at })
}

/// The issues of a repository that have data.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn issues(
    db: &Db,
    account: AccountId,
    of: &WithData,
) -> Result<Vec<IssueWithData>, StoreError> {
    let list = Statement::new("select issue_number, first_stored, closed_at from sweep_issues($1, $2)")
        .bind(account.get())
        .bind(&of.data_key);
    let rows: Vec<IssueRow> = db.job().fetch_all(list).await?;
    Ok(rows.into_iter().map(issue).collect::<Result<_, _>>()?)
}

fn issue(row: IssueRow) -> Result<IssueWithData, sqlx::Error> {
    let IssueRow { issue_number, first_stored, closed_at } = row;
    let number = IssueNumber::try_from(i64::from(issue_number));
    let number = number.map_err(|error| unreadable(&error.to_string()))?;
    Ok(IssueWithData { number, first_stored, closed_at })
}

/// Does what was found out. What a failure cuts short the next sweep finds out again.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn carry_out_for(
    db: &Db,
    account: AccountId,
    asked_at: OffsetDateTime,
    grace: Duration,
    work: Vec<Work>,
) -> Result<(), StoreError> {
    let order = Order { account, asked_at, actor: &Actor::System, request_id: "sweep", grace };
    let mut left = Left { work: work.into(), rest: None };
    while !left.work.is_empty() {
        left = db
            .job()
            .transaction(move |transaction| {
                Box::pin(async move {
                    enter(transaction, account).await?;
                    carry_on(transaction, &order, left).await
                })
            })
            .await?;
    }
    Ok(())
}

/// Remembers that all was learned about a repository.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn record(db: &Db, account: AccountId, of: &WithData) -> Result<(), StoreError> {
    let record = Statement::new("select record_sweep($1, $2)").bind(account.get()).bind(&of.data_key);
    db.job().execute(record).await
}
