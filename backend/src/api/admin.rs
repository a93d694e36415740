//! `/api/v1/admin`: what an admin of an account does with it, each call in its file. All stand in one block
//! because the contract wants the operations of a path together.

mod create_key;
mod list_keys;
mod policy;
mod retention;
mod revoke_key;
mod rotate_key;
mod usage;
mod webhook_secret;

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::{CreateKey, KeyId, RotateKey};
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::Path;

use super::State;
use super::caller::Authenticated;
use super::contract::Tag;
use super::json_body::JsonBody;
use super::refused::Refused;
use crate::error::ApiError;
use create_key::{Create, Created};
use list_keys::{List, Listed};
pub(crate) use policy::PolicyApi;
pub(crate) use retention::RetentionApi;
use revoke_key::{Revoke, Revoked};
use rotate_key::{Rotate, Rotated};
use usage::{Counted, ShowUsage};
pub(crate) use webhook_secret::AdminWebhookApi;

/// The admin's calls.
pub(crate) struct AdminApi;

/// What answers with a secret say to everybody on the way.
const NO_STORE: &str = super::request_scope::NO_STORE;

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl AdminApi {
    /// List the account's keys.
    ///
    /// All of them, oldest first, revoked and expired ones included; never their secrets. The scope `admin` is
    /// needed.
    #[oai(path = "/keys", method = "get", operation_id = "list_keys")]
    async fn list_keys(&self, state: Data<&State>, caller: Authenticated) -> Result<Listed, Refused<List>> {
        list_keys::list_keys(state.0, &caller.0).await
    }

    /// Make a key.
    ///
    /// The answer shows the whole key, once: nobody can show it again. It works at once. The scope `admin` is
    /// needed.
    #[oai(path = "/keys", method = "post", operation_id = "create_key")]
    async fn create_key(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        body: JsonBody<CreateKey>,
    ) -> Result<Created, Refused<Create>> {
        create_key::create_key(state.0, &caller.0, body.0).await
    }

    /// Revoke a key.
    ///
    /// It stops working at once where this answers, and within a second everywhere, for good. Idempotent: the
    /// time of the first revocation stays. Your own key is no exception. The scope `admin` is needed.
    #[oai(path = "/keys/:key_id", method = "delete", operation_id = "revoke_key")]
    async fn revoke_key(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// The key's public part.
        key_id: Path<KeyId>,
    ) -> Result<Revoked, Refused<Revoke>> {
        revoke_key::revoke_key(state.0, &caller.0, &key_id.0).await
    }

    /// Replace a key.
    ///
    /// Makes a key with the same name, scope, repositories and lifetime, and shows it once. The old one goes
    /// on working for `old_expires_in_hours`, so that its secret can be replaced wherever it is kept; with 0
    /// it stops at once where this answers, and within a second everywhere. The scope `admin` is needed.
    #[oai(path = "/keys/:key_id/rotate", method = "post", operation_id = "rotate_key")]
    async fn rotate_key(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// The old key's public part.
        key_id: Path<KeyId>,
        body: JsonBody<RotateKey>,
    ) -> Result<Rotated, Refused<Rotate>> {
        rotate_key::rotate_key(state.0, &caller.0, &key_id.0, &body.0).await
    }

    /// Show what the account keeps.
    ///
    /// Counts documents, issues, keys, and the events of the last 30 days; lists the 100 repositories with
    /// the most bytes. Of an account with more than 5,000 documents or recent events, these are counted in the
    /// background, every few minutes while they change: `counted_at` says when. The scope `admin` is needed.
    #[oai(path = "/usage", method = "get", operation_id = "show_usage")]
    async fn show_usage(
        &self,
        state: Data<&State>,
        caller: Authenticated,
    ) -> Result<Counted, Refused<ShowUsage>> {
        usage::show_usage(state.0, &caller.0).await
    }
}

/// The same words whether the key is another account's or nobody's.
fn key_not_found(id: &KeyId) -> ApiError {
    ApiError::new(ProblemCode::KeyNotFound, format!("This account has no key {id}."))
}
