//! `GET /api/v1/admin/usage` — scope `admin`.

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::Usage;
use poem_openapi::ApiResponse;

use crate::api::State;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, CREDENTIAL, Operation, Refused};
use crate::auth::{Caller, Scope};
use crate::error::ApiError;
use crate::store::usage;

/// What can go wrong.
pub(super) struct ShowUsage;

impl Operation for ShowUsage {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InsufficientScope, ProblemCode::UsageNotCounted], BACKEND];
}

/// The answer.
#[derive(ApiResponse)]
pub(super) enum Counted {
    /// What the account keeps.
    #[oai(status = 200)]
    Usage(JsonBody<Usage>),
}

/// Shows what the account keeps.
pub(super) async fn show_usage(state: &State, caller: &Caller) -> Result<Counted, Refused<ShowUsage>> {
    let account = caller.allowed_account(Scope::Admin)?;
    let usage = usage::usage(&state.db, account).await?.ok_or_else(not_counted)?;
    Ok(Counted::Usage(JsonBody(usage)))
}

fn not_counted() -> ApiError {
    let detail =
        "The account keeps so much that it is counted in the background, which has not come to an end yet.";
    ApiError::new(ProblemCode::UsageNotCounted, detail).retry_after_seconds(60)
}
