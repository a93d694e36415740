//! `DELETE /api/v1/admin/keys/{key_id}` — scope `admin`.

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::{KeyId, RevokedKey};
use poem_openapi::ApiResponse;

use super::key_not_found;
use crate::api::State;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, CREDENTIAL, Operation, Refused, UPGRADE};
use crate::auth::{Caller, Scope};
use crate::store::api_key;

/// What can go wrong.
pub(super) struct Revoke;

impl Operation for Revoke {
    const CODES: &'static [&'static [ProblemCode]] = &[
        CREDENTIAL,
        &[ProblemCode::InvalidParameter, ProblemCode::InsufficientScope, ProblemCode::KeyNotFound],
        BACKEND,
        UPGRADE,
    ];
}

/// The answer to a revocation.
#[derive(ApiResponse)]
pub(super) enum Revoked {
    /// The key does not work any more.
    #[oai(status = 200)]
    Key(JsonBody<RevokedKey>),
}

/// Revokes a key of the account.
pub(super) async fn revoke_key(
    state: &State,
    caller: &Caller,
    key_id: &KeyId,
) -> Result<Revoked, Refused<Revoke>> {
    let account = caller.allowed_account(Scope::Admin)?;
    let id = key_id.into();
    let key = api_key::revoke(&state.db, account, &id).await?.ok_or_else(|| key_not_found(key_id))?;
    state.authenticator.forget(&id);
    tracing::info!(key_id = id.as_str(), "a key was revoked");
    Ok(Revoked::Key(JsonBody(RevokedKey { key })))
}
