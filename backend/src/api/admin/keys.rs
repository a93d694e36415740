//! `/api/v1/admin/keys` — scope `admin`.

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::{CreateKey, CreatedKey, KeyId, KeyList, RevokedKey, RotateKey, RotatedKey};
use poem::web::Data;
use poem_openapi::param::Path;
use poem_openapi::{ApiResponse, OpenApi};

use crate::api::caller::Authenticated;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, BODY, CREDENTIAL, Operation, Refused, UPGRADE};
use crate::api::request_scope::NO_STORE;
use crate::api::state::State;
use crate::api::tag::Tag;
use crate::auth::{ApiKey, Scope};
use crate::domain::KeyRules;
use crate::error::ApiError;
use crate::store::api_key;

/// Lists the account's keys.
#[derive(Default)]
pub(crate) struct List;

impl Operation for List {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InsufficientScope], BACKEND];
}

/// The answer to a list of keys.
#[derive(ApiResponse)]
enum Listed {
    /// The account's keys.
    #[oai(status = 200)]
    Keys(JsonBody<KeyList>),
}

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl List {
    /// List the API keys of the account.
    ///
    /// Returns all keys, oldest first, including revoked and expired ones, without their secrets. Requires the scope
    /// `admin`.
    #[oai(path = "/keys", method = "get", operation_id = "list_keys")]
    async fn list_keys(&self, state: Data<&State>, caller: Authenticated) -> Result<Listed, Refused<List>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        let keys = api_key::list(&state.db, account).await?;
        Ok(Listed::Keys(JsonBody(KeyList { keys })))
    }
}

/// Creates a key. It is returned only after it is stored, so that a returned key works.
#[derive(Default)]
pub(crate) struct Create;

impl Operation for Create {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InsufficientScope], BODY, BACKEND, UPGRADE];
}

/// The answer to a creation.
#[derive(ApiResponse)]
enum Created {
    /// The key, which is returned only once.
    #[oai(status = 201)]
    Key(
        JsonBody<CreatedKey>,
        /// `no-store`: the answer contains a secret.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl Create {
    /// Create an API key.
    ///
    /// Returns the complete key, which can't be retrieved again. The key is valid immediately. Requires the scope `admin`.
    #[oai(path = "/keys", method = "post", operation_id = "create_key")]
    async fn create_key(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        body: JsonBody<CreateKey>,
    ) -> Result<Created, Refused<Create>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        let rules = KeyRules::new(body.0)?;
        let key = ApiKey::generate();
        let stored = api_key::create(&state.db, account, &key, &rules).await?;
        tracing::info!(key_id = key.id().as_str(), "an API key was created");
        let body = CreatedKey { api_key: key.expose().to_owned(), key: stored };
        Ok(Created::Key(JsonBody(body), NO_STORE.to_owned()))
    }
}

/// Revokes a key of the account.
#[derive(Default)]
pub(crate) struct Revoke;

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
enum Revoked {
    /// The key is revoked.
    #[oai(status = 200)]
    Key(JsonBody<RevokedKey>),
}

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl Revoke {
    /// Revoke an API key.
    ///
    /// Revokes the key permanently: at once on this instance, and within a second on all others. Idempotent: a repeated
    /// revocation keeps the first time. A key can revoke itself. Requires the scope `admin`.
    #[oai(path = "/keys/:key_id", method = "delete", operation_id = "revoke_key")]
    async fn revoke_key(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// The public id of the key.
        key_id: Path<KeyId>,
    ) -> Result<Revoked, Refused<Revoke>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        let id = (&key_id.0).into();
        let key = api_key::revoke(&state.db, account, &id).await?.ok_or_else(|| key_not_found(&key_id.0))?;
        state.authenticator.forget(&id);
        tracing::info!(key_id = id.as_str(), "an API key was revoked");
        Ok(Revoked::Key(JsonBody(RevokedKey { key })))
    }
}

/// Replaces a key of the account. The new one is returned only after it is stored.
#[derive(Default)]
pub(crate) struct Rotate;

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
enum Rotated {
    /// The new key, which is returned only once, and the old one.
    #[oai(status = 201)]
    Key(
        JsonBody<RotatedKey>,
        /// `no-store`: the answer contains a secret.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl Rotate {
    /// Replace an API key.
    ///
    /// Creates a key with the same name, scope, repositories and lifetime, and returns it once. The old key stays valid for
    /// `old_expires_in_hours`, so that its secret can be replaced everywhere. With 0, it is revoked at once on this instance,
    /// and within a second on all others. Requires the scope `admin`.
    #[oai(path = "/keys/:key_id/rotate", method = "post", operation_id = "rotate_key")]
    async fn rotate_key(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// The public id of the old key.
        key_id: Path<KeyId>,
        body: JsonBody<RotateKey>,
    ) -> Result<Rotated, Refused<Rotate>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        let (old_id, new) = ((&key_id.0).into(), ApiKey::generate());
        let hours = body.0.old_expires_in_hours.unwrap_or_default().get();
        let rotated = api_key::rotate(&state.db, account, &old_id, &new, hours).await?;
        let (key, old_key) = rotated.ok_or_else(|| key_not_found(&key_id.0))?;
        state.authenticator.forget(&old_id);
        tracing::info!(key_id = old_id.as_str(), new_key_id = new.id().as_str(), "an API key was rotated");
        let body = RotatedKey { api_key: new.expose().to_owned(), key, old_key };
        Ok(Rotated::Key(JsonBody(body), NO_STORE.to_owned()))
    }
}

/// Returns the error for an unknown key. It is the same for a key of another account.
fn key_not_found(id: &KeyId) -> ApiError {
    ApiError::new(ProblemCode::KeyNotFound, format!("This account has no key {id}."))
}
