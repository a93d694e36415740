//! `GET /api/v1/admin/usage` — scope `admin`.

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::Usage;
use poem_openapi::ApiResponse;

use crate::api::State;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, CREDENTIAL, Operation, Refused};
use crate::auth::{Caller, Scope};
use crate::store::usage;

/// What can go wrong.
pub(super) struct ShowUsage;

impl Operation for ShowUsage {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InsufficientScope], BACKEND];
}

/// The answer.
#[derive(ApiResponse)]
pub(super) enum Counted {
    /// What the account keeps.
    #[oai(status = 200)]
    Usage(JsonBody<Usage>),
}

/// Counts what the account keeps.
pub(super) async fn show_usage(state: &State, caller: &Caller) -> Result<Counted, Refused<ShowUsage>> {
    let account = caller.allowed_account(Scope::Admin)?;
    Ok(Counted::Usage(JsonBody(usage::usage(&state.db, account).await?)))
}
