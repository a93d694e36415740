//! `POST /api/v1/phase_data` — scope `write`.

use phase_data_wire::ProblemCode;
use phase_data_wire::phase_data::{StoreOutcome, StorePhaseData, StoredPhaseData};
use poem_openapi::ApiResponse;

use crate::api::State;
use crate::api::json_body::JsonBody;
use crate::api::preconditions::mismatch;
use crate::api::refused::{CREDENTIAL, Operation, Refused, UPGRADE};
use crate::api::request_scope::RequestId;
use crate::auth::{Caller, Scope};
use crate::domain::{Precondition, check, quoted};
use crate::error::ApiError;
use crate::heavy;
use crate::store::phase_data::{self, By, Current, StoreResult, Stored};

/// What can go wrong.
pub(super) struct Store;

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
            ProblemCode::NulCharacter,
            ProblemCode::LoneSurrogate,
            ProblemCode::DuplicateKey,
            ProblemCode::NumberTooLong,
            ProblemCode::NestingTooDeep,
            ProblemCode::TokenReplayed,
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
        /// The document's entity tag.
        #[oai(header = "ETag")]
        String,
    ),
    /// The phase was replaced, or held the same document already.
    #[oai(status = 200)]
    Replaced(
        JsonBody<StoredPhaseData>,
        /// The document's entity tag.
        #[oai(header = "ETag")]
        String,
    ),
}

/// Stores one phase.
pub(super) async fn store(
    state: &State,
    caller: &Caller,
    request_id: &RequestId,
    (precondition, if_absent): (Precondition, bool),
    request: StorePhaseData,
) -> Result<StoredAnswer, Refused<Store>> {
    let grant = caller.allowed(Scope::Write, request.repository.clone())?;
    let precondition = precondition.if_absent(if_absent).map_err(ApiError::from)?;
    let text = request.data.as_str();
    heavy::on_text(text.len(), || check(text, &state.json_limits))?;
    let by = By::new(caller, request_id.as_str());
    let result = phase_data::store(&state.db, &grant, &request, &precondition, &by).await?;
    Ok(answer(&request, &precondition, result)?)
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
    }
}

fn stored_answer(request: &StorePhaseData, stored: Stored) -> StoredAnswer {
    let etag = quoted(&stored.etag);
    let created = stored.outcome == StoreOutcome::Created;
    let body = JsonBody(StoredPhaseData {
        repository: request.repository.clone(),
        issue_number: request.issue_number,
        phase: request.phase,
        outcome: stored.outcome,
        revision: stored.revision,
        etag: etag.clone(),
        commit_sha: stored.commit_sha,
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
