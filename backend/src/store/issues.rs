//! The issues of a repository, from their rows of `phase_data`.

use phase_data_wire::phase_data::{PhaseOutcome, PhaseStatus};
use phase_data_wire::repositories::{IssueCursor, IssuePhases, IssueSort, OlderThanSeconds, Pending};
use phase_data_wire::{CommitSha, IssueNumber, OpenEnum, Phase};
use sqlx::types::Json;

use super::phase_data::unreadable;
use super::values::{IssueFilter, PhaseName, RepositoryRef};
use super::{Db, Statement, StoreError};
use crate::auth::Grant;

/// The filter, the order and the start of a page of issues.
#[derive(Debug, Clone)]
pub(crate) struct IssueQuery {
    /// Those whose data is hidden and can be restored, instead of those whose data can be seen.
    pub(crate) closed: bool,
    pub(crate) pending: Option<Pending>,
    /// With a phase for which this and the following hold: it was stored for another commit than this, it has this status and
    /// this outcome, and it was last changed longer ago than this.
    pub(crate) phase: Option<Phase>,
    pub(crate) stale_for: Option<CommitSha>,
    pub(crate) status: Option<PhaseStatus>,
    pub(crate) outcome: Option<PhaseOutcome>,
    pub(crate) older_than: Option<OlderThanSeconds>,
    /// With a claim that lives, or without one.
    pub(crate) claimed: Option<bool>,
    pub(crate) sort: IssueSort,
    pub(crate) after: Option<IssueCursor>,
    pub(crate) limit: i32,
}

/// A page of a list.
#[derive(Debug)]
pub(crate) struct IssuePage {
    /// Its issues: fewer than asked for, or none, where few of those that were looked at match.
    pub(crate) issues: Vec<IssuePhases>,
    /// Where the list goes on; `None` at its end.
    pub(crate) next: Option<IssueCursor>,
}

#[derive(sqlx::FromRow)]
struct Row {
    issues: Json<Vec<IssuePhases>>,
    next_issue: Option<i32>,
    /// Only in a list by time.
    next_micros: Option<i64>,
}

/// Returns a page of the issues that have data, or had.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn list(db: &Db, grant: &Grant, query: &IssueQuery) -> Result<IssuePage, StoreError> {
    let (after_issue, after_time) = match query.after {
        None => (None, None),
        Some(IssueCursor::Number(issue)) => (Some(issue.get()), None),
        Some(IssueCursor::Time(micros, issue)) => (Some(issue.get()), Some(micros)),
    };
    let list = Statement::new(
        "select issues, next_issue, (extract(epoch from next_time) * 1000000)::bigint as next_micros
           from list_issues(p_repository => $1, p_filter => $2, p_by_time => $3, p_after_issue => $4,
                            p_after_time => timestamptz 'epoch' + $5 * interval '1 microsecond', p_limit => $6)",
    )
    .bind(RepositoryRef::from(grant))
    .bind(IssueFilter {
        closed: query.closed,
        pending: query.pending.map(|pending| PhaseName(pending.as_str())),
        phase: query.phase.map(|phase| PhaseName(phase.as_str())),
        stale_for: query.stale_for.as_ref().map(|sha| sha.as_str().to_owned()),
        status: query.status.map(OpenEnum::as_str),
        outcome: query.outcome.map(OpenEnum::as_str),
        older_than_seconds: query.older_than.map(|age| age.get().into()),
        claimed: query.claimed,
    })
    .bind(query.sort == IssueSort::UpdatedAt)
    .bind(after_issue)
    .bind(after_time)
    .bind(query.limit);
    let row: Row = db.read(grant.account()).fetch_one(list).await?;
    let next = row.next_issue.map(|issue| cursor(issue, row.next_micros)).transpose()?;
    Ok(IssuePage { issues: row.issues.0, next })
}

fn cursor(issue: i32, micros: Option<i64>) -> Result<IssueCursor, sqlx::Error> {
    let issue = IssueNumber::try_from(i64::from(issue)).map_err(|error| unreadable(&error.to_string()))?;
    Ok(micros.map_or(IssueCursor::Number(issue), |micros| IssueCursor::Time(micros, issue)))
}
