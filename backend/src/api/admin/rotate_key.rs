//! `POST /api/v1/admin/keys/{key_id}/rotate` — scope `admin`.

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::{KeyId, RotateKey, RotatedKey};
use poem_openapi::ApiResponse;

use super::{NO_STORE, key_not_found};
use crate::api::State;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, BODY, CREDENTIAL, Operation, Refused, UPGRADE};
use crate::auth::{ApiKey, Caller, Scope};
use crate::store::api_key;

/// What can go wrong.
pub(super) struct Rotate;

impl Operation for Rotate {
    const CODES: &'static [&'static [ProblemCode]] = &[
        CREDENTIAL,
        &[ProblemCode::InvalidParameter, ProblemCode::InsufficientScope, ProblemCode::KeyNotFound],
        BODY,
        BACKEND,
        UPGRADE,
    ];
}

/// The answer to a rotation.
#[derive(ApiResponse)]
pub(super) enum Rotated {
    /// The new key, which is shown this once, and what becomes of the old one.
    #[oai(status = 201)]
    Key(
        JsonBody<RotatedKey>,
        /// `no-store`: the answer holds a secret.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

/// Replaces a key of the account. The new one is shown only after it is kept.
pub(super) async fn rotate_key(
    state: &State,
    caller: &Caller,
    key_id: &KeyId,
    how: &RotateKey,
) -> Result<Rotated, Refused<Rotate>> {
    let account = caller.allowed_account(Scope::Admin)?;
    let (old_id, new) = (key_id.into(), ApiKey::generate());
    let hours = how.old_expires_in_hours.unwrap_or_default().get();
    let rotated = api_key::rotate(&state.db, account, &old_id, &new, hours).await?;
    let (key, old_key) = rotated.ok_or_else(|| key_not_found(key_id))?;
    state.authenticator.forget(&old_id);
    tracing::info!(key_id = old_id.as_str(), new_key_id = new.id().as_str(), "a key was rotated");
    let body = RotatedKey { api_key: new.expose().to_owned(), key, old_key };
    Ok(Rotated::Key(JsonBody(body), NO_STORE.to_owned()))
}
