//! Claims and attempts, through the functions of the database: one round trip each.

use phase_data_wire::phase_data::{Attempt, Reason, ReleaseState};
use phase_data_wire::{ClaimId, CommitSha, IssueNumber, Phase, TtlSeconds};
use sqlx::types::Json;

use super::phase_data::{AuditContext, fingerprint, unreadable};
use super::phase_event::run_url;
use super::values::{ClaimRequest, RepositoryRef, claim_uuid};
use super::{Db, Statement, StoreError};
use crate::auth::Grant;

/// The place of a claim.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClaimLocation<'a> {
    pub(crate) issue: IssueNumber,
    pub(crate) phase: Phase,
    pub(crate) id: &'a ClaimId,
}

/// The result of a call on a claim.
#[derive(Debug)]
pub(crate) enum ClaimResult {
    /// The claim began this attempt.
    Created(Attempt),
    /// It was done, or had been done before.
    Applied(Attempt),
    /// Another claim lives, with this attempt.
    Claimed(Attempt),
    /// The claim has ended, with this attempt, or the phase has none of this id.
    Lost(Option<Attempt>),
}

#[derive(sqlx::FromRow)]
struct Row {
    outcome: Option<String>,
    attempt: Option<Json<Attempt>>,
}

/// Claims a phase.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn claim(
    db: &Db,
    grant: &Grant,
    place: ClaimLocation<'_>,
    (ttl, commit, force): (TtlSeconds, Option<&CommitSha>, bool),
    by: &AuditContext,
) -> Result<ClaimResult, StoreError> {
    let commit = commit.map(CommitSha::as_str);
    let details = format!("{} {commit:?} {force}", ttl.get());
    let claim = Statement::new(
        "select outcome, attempt
           from claim_phase(p_repository => $1, p_issue => $2, p_phase => $3::phase, p_claim => $4, p_by => $5,
                            p_not_after => $6)",
    )
    .bind(RepositoryRef::from(grant))
    .bind(place.issue.get())
    .bind(place.phase.as_str())
    .bind(ClaimRequest {
        claim_id: claim_uuid(place.id),
        ttl_seconds: f64::from(ttl.get()),
        commit_sha: commit.map(str::to_owned),
        force,
    })
    .bind(by.spending(digest("claim", grant, place, &details, by)))
    .bind_latest_start();
    result(db.write(grant.account()).fetch_one(claim).await?)
}

/// Renews a claim from now on.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn renew(
    db: &Db,
    grant: &Grant,
    place: ClaimLocation<'_>,
    ttl: TtlSeconds,
    by: &AuditContext,
) -> Result<ClaimResult, StoreError> {
    let renew = Statement::new(
        "select outcome, attempt
           from renew_claim(p_repository => $1, p_issue => $2, p_phase => $3::phase, p_claim_id => $4,
                            p_ttl_seconds => $5, p_by => $6, p_not_after => $7)",
    )
    .bind(RepositoryRef::from(grant))
    .bind(place.issue.get())
    .bind(place.phase.as_str())
    .bind(claim_uuid(place.id))
    .bind(f64::from(ttl.get()))
    .bind(by.spending(digest("renew", grant, place, &ttl.get().to_string(), by)))
    .bind_latest_start();
    result(db.write(grant.account()).fetch_one(renew).await?)
}

/// Releases a claim: its attempt ends without a document.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn release(
    db: &Db,
    grant: &Grant,
    place: ClaimLocation<'_>,
    (state, reason): (ReleaseState, Option<&Reason>),
    by: &AuditContext,
) -> Result<ClaimResult, StoreError> {
    let reason = reason.map(Reason::as_str);
    let release = Statement::new(
        "select outcome, attempt
           from release_claim(p_repository => $1, p_issue => $2, p_phase => $3::phase, p_claim_id => $4,
                              p_state => $5, p_reason => $6, p_by => $7, p_not_after => $8)",
    )
    .bind(RepositoryRef::from(grant))
    .bind(place.issue.get())
    .bind(place.phase.as_str())
    .bind(claim_uuid(place.id))
    .bind(state.as_str())
    .bind(reason.map(str::to_owned))
    .bind(by.spending(digest("release", grant, place, &format!("{state} {reason:?}"), by)))
    .bind_latest_start();
    result(db.write(grant.account()).fetch_one(release).await?)
}

/// Returns a phase's attempts from before this number on, the newest first.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn attempts(
    db: &Db,
    grant: &Grant,
    issue: IssueNumber,
    phase: Phase,
    (before, limit): (Option<i32>, i32),
) -> Result<Vec<Attempt>, StoreError> {
    let list = Statement::new(
        "select attempt
           from list_attempts(p_repository => $1, p_issue => $2, p_phase => $3::phase, p_before => $4, p_limit => $5)",
    )
    .bind(RepositoryRef::from(grant))
    .bind(issue.get())
    .bind(phase.as_str())
    .bind(before)
    .bind(limit);
    let rows: Vec<(Json<Attempt>,)> = db.read(grant.account()).fetch_all(list).await?;
    Ok(rows.into_iter().map(|(Json(attempt),)| linked(attempt)).collect())
}

/// Adds the link to its run to an attempt.
pub(super) fn linked(mut attempt: Attempt) -> Attempt {
    attempt.actor.run_url = run_url(&attempt.actor);
    attempt
}

fn result(row: Row) -> Result<ClaimResult, StoreError> {
    let attempt = row.attempt.map(|Json(attempt)| linked(attempt));
    let missing = || unreadable("a claim without its attempt");
    Ok(match row.outcome.as_deref() {
        Some("created") => ClaimResult::Created(attempt.ok_or_else(missing)?),
        Some("running" | "renewed" | "released") => ClaimResult::Applied(attempt.ok_or_else(missing)?),
        Some("claimed") => ClaimResult::Claimed(attempt.ok_or_else(missing)?),
        Some("lost") => ClaimResult::Lost(attempt),
        other => return Err(unreadable(&format!("outcome {other:?}")).into()),
    })
}

/// A digest of what is asked for, if a token is used up by it.
fn digest(
    call: &str,
    grant: &Grant,
    place: ClaimLocation<'_>,
    details: &str,
    by: &AuditContext,
) -> Option<Vec<u8>> {
    by.single_use.as_ref()?;
    let ClaimLocation { issue, phase, id } = place;
    Some(fingerprint(&[call, grant.repository().as_str(), &format!("{issue} {phase} {id}"), details]))
}
