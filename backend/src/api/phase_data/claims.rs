//! `PUT /api/v1/phase_data/{repository}/{issue_number}/phases/{phase}/claims/{claim_id}`,
//! `POST …/claims/{claim_id}/renew` and `DELETE …/claims/{claim_id}` — scope `write`.

use phase_data_wire::phase_data::{Attempt, ClaimPhase, ClaimedPhase, Reason, ReleaseState, RenewClaim};
use phase_data_wire::{ClaimId, IssueNumber, Phase, ProblemCode, Repository};
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::{ApiResponse, OpenApi};

use crate::api::caller::Authenticated;
use crate::api::claim_refusals::PhaseLocation;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, BODY, CREDENTIAL, Operation, Refused, UPGRADE};
use crate::api::request_scope::RequestId;
use crate::api::state::State;
use crate::api::tag::Tag;
use crate::auth::Scope;
use crate::error::ApiError;
use crate::store::claims::{self, ClaimLocation, ClaimResult};
use crate::store::phase_data::AuditContext;

/// Claims a phase.
#[derive(Default)]
pub(crate) struct Claim;

impl Operation for Claim {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, CLAIM, &[ProblemCode::PhaseClaimed], BODY, BACKEND, UPGRADE];
}

/// Renews a claim.
#[derive(Default)]
pub(crate) struct Renew;

impl Operation for Renew {
    const CODES: &'static [&'static [ProblemCode]] = &[CREDENTIAL, CLAIM, BODY, BACKEND];
}

/// Releases a claim.
#[derive(Default)]
pub(crate) struct Release;

impl Operation for Release {
    const CODES: &'static [&'static [ProblemCode]] = &[CREDENTIAL, CLAIM, BACKEND];
}

/// The problems of each call on a claim.
const CLAIM: &[ProblemCode] = &[
    ProblemCode::InsufficientScope,
    ProblemCode::RepositoryOutOfReach,
    ProblemCode::InvalidParameter,
    ProblemCode::TokenReplayed,
    ProblemCode::ClaimLost,
];

/// The answer to a claim.
#[derive(ApiResponse)]
pub(super) enum Claimed {
    /// The claim began an attempt.
    #[oai(status = 201)]
    Created(JsonBody<ClaimedPhase>),
    /// The same claim began this attempt before.
    #[oai(status = 200)]
    Running(JsonBody<ClaimedPhase>),
}

/// The answer to a renewal.
#[derive(ApiResponse)]
pub(super) enum Renewed {
    /// The attempt with its new lease.
    #[oai(status = 200)]
    Attempt(JsonBody<ClaimedPhase>),
}

/// The answer to a release.
#[derive(ApiResponse)]
pub(super) enum Released {
    /// The ended attempt.
    #[oai(status = 200)]
    Attempt(JsonBody<ClaimedPhase>),
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl Claim {
    /// Claim a phase of an issue.
    ///
    /// Says that the caller works on this phase, which begins an attempt. Until the lease ends, others can neither claim nor
    /// store the phase. After it, they can; until they do, the holder can still renew, store and release. A later attempt of
    /// the same workflow run takes over at once. The caller makes the id, and sends it with its stores: a repeated claim with
    /// the same id returns the same attempt. Requires the scope `write`.
    #[oai(
        path = "/phase_data/:repository/:issue_number/phases/:phase/claims/:claim_id",
        method = "put",
        operation_id = "claim_phase"
    )]
    async fn claim(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        request_id: Data<&RequestId>,
        /// Repository, percent-encoded: `octo%2Fhello`. The two segments `octo/hello` are also accepted.
        repository: Path<Repository>,
        /// Number of the issue.
        issue_number: Path<IssueNumber>,
        /// Phase to claim.
        phase: Path<Phase>,
        /// Id of the claim: a new UUID of version 4. Keep it to yourself.
        claim_id: Path<ClaimId>,
        body: JsonBody<ClaimPhase>,
    ) -> Result<Claimed, Refused<Claim>> {
        let ClaimPhase { ttl_seconds, commit_sha, force } = body.0;
        let force = force.unwrap_or_default();
        let needed = if force { Scope::Admin } else { Scope::Write };
        let grant = caller.0.allowed(needed, repository.0.clone())?;
        let by = AuditContext::new(&caller.0, request_id.as_str());
        let place = ClaimLocation { issue: issue_number.0, phase: phase.0, id: &claim_id.0 };
        let request = (ttl_seconds.unwrap_or_default(), commit_sha.as_ref(), force);
        let result = claims::claim(&state.db, &grant, place, request, &by).await?;
        let is_new = matches!(result, ClaimResult::Created(_));
        let body = answer(repository.0, place, result)?;
        Ok(if is_new { Claimed::Created(body) } else { Claimed::Running(body) })
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl Renew {
    /// Renew a claim.
    ///
    /// The lease then ends `ttl_seconds` from now, which can be earlier than before. A claim whose lease is over can be renewed
    /// until another one replaces it. Requires the scope `write`.
    #[oai(
        path = "/phase_data/:repository/:issue_number/phases/:phase/claims/:claim_id/renew",
        method = "post",
        operation_id = "renew_claim"
    )]
    async fn renew(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        request_id: Data<&RequestId>,
        /// Repository, percent-encoded: `octo%2Fhello`. The two segments `octo/hello` are also accepted.
        repository: Path<Repository>,
        /// Number of the issue.
        issue_number: Path<IssueNumber>,
        /// Phase of the claim.
        phase: Path<Phase>,
        /// Id of the claim.
        claim_id: Path<ClaimId>,
        body: JsonBody<RenewClaim>,
    ) -> Result<Renewed, Refused<Renew>> {
        let grant = caller.0.allowed(Scope::Write, repository.0.clone())?;
        let by = AuditContext::new(&caller.0, request_id.as_str());
        let place = ClaimLocation { issue: issue_number.0, phase: phase.0, id: &claim_id.0 };
        let ttl = body.0.ttl_seconds.unwrap_or_default();
        let result = claims::renew(&state.db, &grant, place, ttl, &by).await?;
        Ok(Renewed::Attempt(answer(repository.0, place, result)?))
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl Release {
    /// Release a claim.
    ///
    /// Ends the attempt without a document; a store with the claim ends it, too. Idempotent: if the holder ended it before, it
    /// is returned as it is. Requires the scope `write`.
    #[oai(
        path = "/phase_data/:repository/:issue_number/phases/:phase/claims/:claim_id",
        method = "delete",
        operation_id = "release_claim"
    )]
    async fn release(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        request_id: Data<&RequestId>,
        /// Repository, percent-encoded: `octo%2Fhello`. The two segments `octo/hello` are also accepted.
        repository: Path<Repository>,
        /// Number of the issue.
        issue_number: Path<IssueNumber>,
        /// Phase of the claim.
        phase: Path<Phase>,
        /// Id of the claim.
        claim_id: Path<ClaimId>,
        /// `failed`, or `cancelled` (default) if the work was given up.
        #[oai(name = "state")]
        end: Query<Option<ReleaseState>>,
        /// Reason of the end, for people.
        reason: Query<Option<Reason>>,
    ) -> Result<Released, Refused<Release>> {
        let grant = caller.0.allowed(Scope::Write, repository.0.clone())?;
        let by = AuditContext::new(&caller.0, request_id.as_str());
        let place = ClaimLocation { issue: issue_number.0, phase: phase.0, id: &claim_id.0 };
        let end = (end.0.unwrap_or_default(), reason.0.as_ref());
        let result = claims::release(&state.db, &grant, place, end, &by).await?;
        Ok(Released::Attempt(answer(repository.0, place, result)?))
    }
}

fn answer(
    repository: Repository,
    place: ClaimLocation<'_>,
    result: ClaimResult,
) -> Result<JsonBody<ClaimedPhase>, ApiError> {
    let (issue_number, phase) = (place.issue, place.phase);
    let refused = PhaseLocation { repository: &repository, issue_number, phase };
    let attempt: Attempt = match result {
        ClaimResult::Created(attempt) | ClaimResult::Applied(attempt) => attempt,
        ClaimResult::Claimed(attempt) => return Err(refused.claimed(attempt)),
        ClaimResult::Lost(attempt) => return Err(refused.lost(attempt)),
    };
    Ok(JsonBody(ClaimedPhase { repository, issue_number, phase, attempt }))
}
