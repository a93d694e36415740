//! `POST /api/v1/phase_data` — scope `write`.

use phase_data_wire::ProblemCode;
use phase_data_wire::phase_data::{StoreOutcome, StorePhaseData, StoredPhaseData};
use poem_openapi::ApiResponse;

use crate::api::State;
use crate::api::heavy;
use crate::api::json_body::JsonBody;
use crate::api::refused::{CREDENTIAL, Operation, Refused};
use crate::api::request_scope::RequestId;
use crate::auth::{Caller, Grant, Scope};
use crate::domain::{EntityTags, Precondition, check};
use crate::error::ApiError;
use crate::store::phase_data::{self, By, Manner, StoreResult, Stored};

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
    ];
}

/// The answer to a store.
#[derive(ApiResponse)]
pub(super) enum StoredAnswer {
    /// The phase was created.
    #[oai(status = 201)]
    Created(
        JsonBody<StoredPhaseData>,
        /// The revision, as an entity tag.
        #[oai(header = "ETag")]
        String,
    ),
    /// The phase was replaced, or held the same document already.
    #[oai(status = 200)]
    Replaced(
        JsonBody<StoredPhaseData>,
        /// The revision, as an entity tag.
        #[oai(header = "ETag")]
        String,
    ),
}

/// Stores one phase.
pub(super) async fn store(
    state: &State,
    caller: &Caller,
    request_id: &RequestId,
    (if_match, if_absent): (Option<EntityTags>, bool),
    request: StorePhaseData,
) -> Result<StoredAnswer, Refused<Store>> {
    let grant = caller.allowed(Scope::Write, request.repository.clone())?;
    let precondition = Precondition::new(if_match, if_absent);
    let text = request.data.as_str();
    heavy::on_text(text.len(), || check(text, &state.json_limits))?;
    let within = Within { state, caller, request_id, grant: &grant };
    Ok(write(within, request, Manner::Replace, &precondition).await?)
}

/// The request in which something is written, and what it was allowed.
pub(super) struct Within<'a> {
    pub(super) state: &'a State,
    pub(super) caller: &'a Caller,
    pub(super) request_id: &'a RequestId,
    pub(super) grant: &'a Grant,
}

/// Writes a document or a patch that was checked.
pub(super) async fn write(
    Within { state, caller, request_id, grant }: Within<'_>,
    request: StorePhaseData,
    manner: Manner,
    precondition: &Precondition,
) -> Result<StoredAnswer, ApiError> {
    let by = By::new(caller, request_id.as_str());
    match phase_data::store(&state.db, grant, &request, manner, precondition, &by).await? {
        StoreResult::Stored(stored) => Ok(answer(request, stored)),
        StoreResult::Mismatch(current) => Err(mismatch(&request, current)),
    }
}

fn answer(request: StorePhaseData, stored: Stored) -> StoredAnswer {
    let etag = format!("\"{}\"", stored.revision);
    let created = stored.outcome == StoreOutcome::Created;
    let body = JsonBody(StoredPhaseData {
        repository: request.repository,
        issue_number: request.issue_number,
        phase: request.phase,
        outcome: stored.outcome,
        revision: stored.revision,
        commit_sha: stored.commit_sha,
        data_bytes: stored.data_bytes,
        data_sha256: hex::encode(stored.data_sha256),
        created_at: stored.created_at,
        updated_at: stored.updated_at,
        expires_at: stored.expires_at,
    });
    if created { StoredAnswer::Created(body, etag) } else { StoredAnswer::Replaced(body, etag) }
}

fn mismatch(request: &StorePhaseData, current: Option<i64>) -> ApiError {
    let StorePhaseData { repository, issue_number, phase, .. } = request;
    let there = current.map_or("nothing".to_owned(), |revision| format!("revision {revision}"));
    let detail = format!("For {phase} of issue {issue_number} of {repository}, {there} is stored.");
    ApiError::new(ProblemCode::RevisionMismatch, detail).with_current_revision(current)
}
