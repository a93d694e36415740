//! `GET /api/v1/admin/keys` — scope `admin`.

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::KeyList;
use poem_openapi::ApiResponse;

use crate::api::State;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, CREDENTIAL, Operation, Refused};
use crate::auth::{Caller, Scope};
use crate::store::api_key;

/// What can go wrong.
pub(super) struct List;

impl Operation for List {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InsufficientScope], BACKEND];
}

/// The answer to a listing.
#[derive(ApiResponse)]
pub(super) enum Listed {
    /// The account's keys.
    #[oai(status = 200)]
    Keys(JsonBody<KeyList>),
}

/// Lists the account's keys.
pub(super) async fn list_keys(state: &State, caller: &Caller) -> Result<Listed, Refused<List>> {
    let account = caller.allowed_account(Scope::Admin)?;
    let keys = api_key::list(&state.db, account).await?;
    Ok(Listed::Keys(JsonBody(KeyList { keys })))
}
