//! Cleaning up and restoring an issue at a caller's request: one call.

use std::time::Duration;

use phase_data_wire::phase_data::Attempt;
use phase_data_wire::{ClaimId, IssueNumber, Phase};
use sqlx::types::Json;
use time::OffsetDateTime;

use super::claims::linked;
use super::phase_data::{AuditContext, fingerprint, named};
use super::values::{LifecycleChange, RepositoryRef, StoreCondition, claim_uuid};
use super::{Db, Statement, StoreError};
use crate::auth::Grant;
use crate::domain::{Precondition, TaggedPhase};

/// A change of an issue's state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StateChange {
    /// To close it; else to open it again.
    pub(crate) closed: bool,
    /// Since when it is so; without it, since now.
    pub(crate) at: Option<OffsetDateTime>,
    /// Nothing of it is to be kept.
    pub(crate) purge: bool,
    /// Nothing is changed: the answer is what would be.
    pub(crate) dry_run: bool,
    /// For how long it can be restored, unless the account says otherwise.
    pub(crate) grace: Duration,
}

/// The result of a request.
#[derive(Debug)]
pub(crate) enum Closing {
    /// It was done, or had been done before; these phases were affected.
    Applied(Vec<Phase>),
    /// The precondition does not hold; these phases are there.
    Mismatch(Vec<TaggedPhase>),
    /// A claim lives on a phase that would come back, with this attempt.
    Claimed(Phase, Box<Attempt>),
}

#[derive(sqlx::FromRow)]
struct Row {
    affected: Vec<String>,
    stored: Option<Json<Vec<TaggedPhase>>>,
    claim: Option<Json<Attempt>>,
    claimed_phase: Option<String>,
}

/// Closes an issue or opens it again, if the precondition holds.
///
/// # Errors
/// See [`StoreError`].
pub(crate) async fn at_request(
    db: &Db,
    grant: &Grant,
    issue: IssueNumber,
    requested: StateChange,
    precondition: &Precondition,
    claim: Option<&ClaimId>,
    by: &AuditContext,
) -> Result<Closing, StoreError> {
    let change = LifecycleChange {
        closed: requested.closed,
        at: requested.at,
        as_of: None,
        purge: requested.purge,
        dry_run: requested.dry_run,
        grace_seconds: requested.grace.as_secs_f64(),
    };
    let call = if requested.closed { "delete" } else { "restore" };
    let place = format!("{issue} {} {:?} {precondition:?} {claim:?}", requested.purge, requested.at);
    let request_digest = || fingerprint(&[call, grant.repository().as_str(), &place]);
    let clean_up = Statement::new(
        "select affected, stored, claim, claim ->> 'phase' as claimed_phase
           from clean_up_issue(p_repository => $1, p_issue => $2, p_change => $3, p_condition => $4, p_claim_id => $5,
                               p_by => $6, p_not_after => $7)",
    )
    .bind(RepositoryRef::from(grant))
    .bind(issue.get())
    .bind(change)
    .bind(StoreCondition::from(precondition))
    .bind(claim.map(claim_uuid))
    .bind(by.spending(by.single_use.as_ref().map(|_| request_digest())))
    .bind_latest_start();
    let row: Row = db.write(grant.account()).fetch_one(clean_up).await?;
    if let Some(Json(stored)) = row.stored {
        return Ok(Closing::Mismatch(stored));
    }
    if let Some((Json(attempt), phase)) = row.claim.zip(row.claimed_phase) {
        return Ok(Closing::Claimed(named(&phase)?, Box::new(linked(attempt))));
    }
    Ok(Closing::Applied(row.affected.iter().map(|phase| named(phase)).collect::<Result<_, _>>()?))
}
