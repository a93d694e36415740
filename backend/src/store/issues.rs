//! The issues of a repository, from their rows of `phase_data`.

use phase_data_wire::issues::{IssueCursor, IssuePhases, IssueSort, Pending, PhaseFacts};
use phase_data_wire::{CommitSha, IssueNumber, Phase};
use sqlx::types::Json;
use time::OffsetDateTime;

use super::phase_data::unreadable;
use super::{Db, Statement, StoreError};
use crate::auth::Grant;

/// Which issues are wanted, and from where on.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Those whose data is hidden and can be brought back, instead of those whose data can be seen.
    pub(crate) closed: bool,
    pub(crate) pending: Option<Pending>,
    pub(crate) phase: Option<Phase>,
    /// With a phase that was stored for another commit than this.
    pub(crate) stale_for: Option<CommitSha>,
    pub(crate) sort: IssueSort,
    pub(crate) after: Option<IssueCursor>,
    pub(crate) limit: i32,
}

#[derive(sqlx::FromRow)]
struct Row {
    issue_number: i32,
    updated_at: OffsetDateTime,
    phases: Json<Vec<PhaseFacts>>,
    closed_at: Option<OffsetDateTime>,
    kept_until: Option<OffsetDateTime>,
}

/// A page of the issues that have data, or had.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn list(db: &Db, grant: &Grant, wanted: &Wanted) -> Result<Vec<IssuePhases>, StoreError> {
    let (after_issue, after_time) = match wanted.after {
        None => (None, None),
        Some(IssueCursor::Number(issue)) => (Some(issue.get()), None),
        Some(IssueCursor::Time(micros, issue)) => (Some(issue.get()), Some(micros)),
    };
    let list = Statement::new(
        "select issue_number, updated_at, phases, closed_at, kept_until
           from list_issues($1, $2, $3, $4, $5::phase, $6::phase, $7, $8, $9,
                            timestamptz 'epoch' + $10 * interval '1 microsecond', $11)",
    )
    .bind(grant.account().get())
    .bind(grant.repository().as_str())
    .bind(grant.repository_id())
    .bind(wanted.closed)
    .bind(wanted.pending.map(Pending::as_str))
    .bind(wanted.phase.map(Phase::as_str))
    .bind(wanted.stale_for.as_ref().map(CommitSha::as_str))
    .bind(wanted.sort == IssueSort::UpdatedAt)
    .bind(after_issue)
    .bind(after_time)
    .bind(wanted.limit);
    let rows = db.read(grant.account()).fetch_all(list).await?;
    Ok(rows.into_iter().map(issue).collect::<Result<_, _>>()?)
}

fn issue(row: Row) -> Result<IssuePhases, sqlx::Error> {
    let number = IssueNumber::try_from(i64::from(row.issue_number));
    Ok(IssuePhases {
        issue_number: number.map_err(|error| unreadable(&error.to_string()))?,
        updated_at: row.updated_at,
        phases: row.phases.0,
        closed_at: row.closed_at,
        kept_until: row.kept_until,
    })
}
