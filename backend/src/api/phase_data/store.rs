//! `POST /api/v1/phase_data` — scope `write`.

use phase_data_wire::phase_data::{StoreEffect, StorePhaseData, StoredPhaseData};
use phase_data_wire::{Phase, ProblemCode, Revision};
use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::{ApiResponse, OpenApi};

use crate::api::caller::Authenticated;
use crate::api::claim_refusals::PhaseLocation;
use crate::api::json_body::JsonBody;
use crate::api::preconditions::{Conditional, IfAbsent, mismatch};
use crate::api::refused::{CREDENTIAL, Operation, Refused, UPGRADE};
use crate::api::request_scope::RequestId;
use crate::api::state::State;
use crate::api::tag::Tag;
use crate::auth::Scope;
use crate::domain::{Precondition, check, quoted};
use crate::error::ApiError;
use crate::heavy;
use crate::store::phase_data::{self, AuditContext, Current, StoreResult, Stored};

/// Stores one phase.
#[derive(Default)]
pub(crate) struct Store;

impl Operation for Store {
    const CODES: &'static [&'static [ProblemCode]] = &[
        CREDENTIAL,
        &[
            ProblemCode::InsufficientScope,
            ProblemCode::RepositoryOutOfReach,
            ProblemCode::InvalidParameter,
            ProblemCode::MalformedJson,
            ProblemCode::RequestTimeout,
            ProblemCode::RevisionMismatch,
            ProblemCode::PayloadTooLarge,
            ProblemCode::UnsupportedMediaType,
            ProblemCode::UnsupportedContentEncoding,
            ProblemCode::InvalidBody,
            ProblemCode::DuplicateKey,
            ProblemCode::NumberTooLong,
            ProblemCode::NestingTooDeep,
            ProblemCode::TokenReplayed,
            ProblemCode::PhaseClaimed,
            ProblemCode::ClaimLost,
            ProblemCode::InternalError,
            ProblemCode::DatabaseUnavailable,
            ProblemCode::ServerBusy,
        ],
        UPGRADE,
    ];
}

/// The answer to a store.
#[derive(ApiResponse)]
pub(super) enum StoredAnswer {
    /// The phase was created.
    #[oai(status = 201)]
    Created(
        JsonBody<StoredPhaseData>,
        /// The entity tag of the document.
        #[oai(header = "ETag")]
        String,
    ),
    /// The phase was replaced, or already contained the same document.
    #[oai(status = 200)]
    Replaced(
        JsonBody<StoredPhaseData>,
        /// The entity tag of the document.
        #[oai(header = "ETag")]
        String,
    ),
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::PhaseData")]
impl Store {
    /// Store a phase of an issue.
    ///
    /// Creates or replaces the document of a phase, and the state of its result, in one transaction. A repeated store of the same
    /// document for the same commit and with the same state keeps the revision, so it is safe to send a store again. While
    /// another claim on the phase lives, the store is refused. Requires the scope `write`.
    #[oai(path = "/phase_data", method = "post", operation_id = "store_phase_data")]
    async fn store(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        request_id: Data<&RequestId>,
        /// Store only if the stored document has this entity tag, as in `"3-1a2b3c4d"`; `*` for any.
        #[oai(name = "If-Match")]
        if_match: Conditional,
        /// `*`: store only if nothing is stored.
        #[oai(name = "If-None-Match")]
        if_none_match: IfAbsent,
        /// Store only if this revision is stored. With `If-Match`, both conditions must hold.
        if_revision: Query<Option<Revision>>,
        body: JsonBody<StorePhaseData>,
    ) -> Result<StoredAnswer, Refused<Store>> {
        let grant = caller.0.allowed(Scope::Write, body.0.repository.clone())?;
        let precondition = Precondition::new(if_match.0, if_revision.0);
        let precondition = precondition.if_absent(if_none_match.0).map_err(ApiError::from)?;
        if body.0.outcome.is_some() {
            let checked = check_has_outcome(body.0.phase, ProblemCode::InvalidBody);
            checked.map_err(|error| error.at("/outcome".to_owned()))?;
        }
        let text = body.0.data.as_str();
        let form = heavy::on_text(text.len(), || check(text, &state.json_limits))?;
        let by = AuditContext::new(&caller.0, request_id.as_str());
        let result = phase_data::store(&state.db, &grant, &body.0, form, &precondition, &by).await?;
        Ok(answer(&body.0, &precondition, result)?)
    }
}

/// Refuses an outcome of a phase that has none.
pub(super) fn check_has_outcome(phase: Phase, code: ProblemCode) -> Result<(), ApiError> {
    if phase == Phase::Validate {
        return Ok(());
    }
    let detail = format!("outcome: {phase} has no outcome; only validate decides about a finding.");
    let hint = "Leave outcome out. Say in status how the phase ended, and in reason why.";
    Err(ApiError::new(code, detail).with_hint(hint))
}

/// The answer to a store, or to a patch.
pub(super) fn answer(
    request: &StorePhaseData,
    precondition: &Precondition,
    result: StoreResult,
) -> Result<StoredAnswer, ApiError> {
    match result {
        StoreResult::Stored(stored) => Ok(stored_answer(request, stored)),
        StoreResult::Mismatch(current) => Err(not_held(request, precondition, current)),
        StoreResult::Claimed(attempt) => Err(place(request).claimed(attempt)),
        StoreResult::Lost(attempt) => Err(place(request).lost(attempt)),
    }
}

fn place(request: &StorePhaseData) -> PhaseLocation<'_> {
    PhaseLocation {
        repository: &request.repository,
        issue_number: request.issue_number,
        phase: request.phase,
    }
}

fn stored_answer(request: &StorePhaseData, stored: Stored) -> StoredAnswer {
    let etag = quoted(&stored.etag);
    let created = stored.effect == StoreEffect::Created;
    let body = JsonBody(StoredPhaseData {
        repository: request.repository.clone(),
        issue_number: request.issue_number,
        phase: request.phase,
        effect: stored.effect,
        revision: stored.revision,
        etag: etag.clone(),
        commit_sha: stored.commit_sha,
        status: stored.state.status,
        outcome: stored.state.outcome,
        reason: stored.state.reason,
        data_bytes: stored.data_bytes,
        data_sha256: hex::encode(stored.data_sha256),
        created_at: stored.created_at,
        updated_at: stored.updated_at,
        expires_at: stored.expires_at,
    });
    if created { StoredAnswer::Created(body, etag) } else { StoredAnswer::Replaced(body, etag) }
}

fn not_held(request: &StorePhaseData, precondition: &Precondition, current: Option<Current>) -> ApiError {
    let StorePhaseData { repository, issue_number, phase, .. } = request;
    let place = format!("{phase} of issue {issue_number} of {repository}");
    let Some(Current { revision, etag }) = current else {
        return mismatch(precondition, format!("For {place}, nothing is stored."));
    };
    let etag = quoted(&etag);
    let detail = format!("For {place}, revision {revision} is stored, with the entity tag {etag}.");
    mismatch(precondition, detail).with_current(Some(revision), Some(etag))
}
