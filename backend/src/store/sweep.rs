//! What a sweep has to know, and what it does.

use std::time::Duration;

use phase_data_wire::{IssueNumber, Repository};
use sqlx::Connection;
use time::OffsetDateTime;

use super::lifecycle::enter;
use super::phase_data::unreadable;
use super::work::{Left, Order, carry_on};
use super::{Db, StoreError};
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
}

/// The repositories of an account that have data, those first that were not swept for the longest time.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn repositories(db: &Db, account: AccountId) -> Result<Vec<WithData>, StoreError> {
    let mut lease = db.lease().await?;
    let rows = sqlx::query_as("select data_key, name, external_id from sweep_repositories($1)")
        .bind(account.get())
        .fetch_all(lease.connection())
        .await
        .and_then(|rows: Vec<(String, String, Option<i64>)>| rows.into_iter().map(with_data).collect());
    lease.settle(rows)
}

fn with_data(row: (String, String, Option<i64>)) -> Result<WithData, sqlx::Error> {
    let (data_key, name, external_id) = row;
    let name = name.parse().map_err(|_| unreadable("a repository's name"))?;
    Ok(WithData { data_key, name, external_id })
}

/// The issues of a repository that have data, each with the time of its oldest document.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn issues(
    db: &Db,
    account: AccountId,
    of: &WithData,
) -> Result<Vec<(IssueNumber, OffsetDateTime)>, StoreError> {
    let mut lease = db.lease().await?;
    let rows = sqlx::query_as("select issue_number, first_stored from sweep_issues($1, $2)")
        .bind(account.get())
        .bind(&of.data_key)
        .fetch_all(lease.connection())
        .await
        .and_then(|rows: Vec<(i32, OffsetDateTime)>| rows.into_iter().map(issue).collect());
    lease.settle(rows)
}

fn issue(
    (number, first_stored): (i32, OffsetDateTime),
) -> Result<(IssueNumber, OffsetDateTime), sqlx::Error> {
    let number = IssueNumber::try_from(i64::from(number));
    Ok((number.map_err(|error| unreadable(&error.to_string()))?, first_stored))
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
    let mut left = Left { work, rest: None };
    while !left.work.is_empty() {
        let mut lease = db.lease().await?;
        let done = async {
            let mut transaction = lease.connection().begin().await?;
            enter(&mut transaction, account).await?;
            let left = carry_on(&mut transaction, &order, left).await?;
            transaction.commit().await?;
            Ok(left)
        };
        let done = done.await;
        left = lease.settle(done)?;
    }
    Ok(())
}

/// Remembers that all was learned about a repository.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn record(db: &Db, account: AccountId, of: &WithData) -> Result<(), StoreError> {
    let mut lease = db.lease().await?;
    let recorded = sqlx::query("select record_sweep($1, $2)")
        .bind(account.get())
        .bind(&of.data_key)
        .execute(lease.connection())
        .await;
    lease.settle(recorded).map(drop)
}
