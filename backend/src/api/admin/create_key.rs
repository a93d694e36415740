//! `POST /api/v1/admin/keys` — scope `admin`.

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::{CreateKey, CreatedKey};
use poem_openapi::ApiResponse;

use super::NO_STORE;
use crate::api::State;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, BODY, CREDENTIAL, Operation, Refused, UPGRADE};
use crate::auth::{ApiKey, Caller, Scope};
use crate::domain::KeyRules;
use crate::store::api_key;

/// What can go wrong.
pub(super) struct Create;

impl Operation for Create {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InsufficientScope], BODY, BACKEND, UPGRADE];
}

/// The answer to a creation.
#[derive(ApiResponse)]
pub(super) enum Created {
    /// The key, which is shown this once.
    #[oai(status = 201)]
    Key(
        JsonBody<CreatedKey>,
        /// `no-store`: the answer holds a secret.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

/// Makes a key. It is shown only after it is kept: a key that was shown works.
pub(super) async fn create_key(
    state: &State,
    caller: &Caller,
    wanted: CreateKey,
) -> Result<Created, Refused<Create>> {
    let account = caller.allowed_account(Scope::Admin)?;
    let rules = KeyRules::new(wanted)?;
    let key = ApiKey::generate();
    let kept = api_key::create(&state.db, account, &key, &rules).await?;
    tracing::info!(key_id = key.id().as_str(), "a key was made");
    let body = CreatedKey { api_key: key.expose().to_owned(), key: kept };
    Ok(Created::Key(JsonBody(body), NO_STORE.to_owned()))
}
