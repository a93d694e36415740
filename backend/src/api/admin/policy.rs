//! `GET` and `PUT /api/v1/admin/policy` — scope `admin`.

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::AccountPolicy;
use poem::web::Data;
use poem_openapi::{ApiResponse, OpenApi};

use crate::api::caller::Authenticated;
use crate::api::json_body::{JsonBody, pointer};
use crate::api::refused::{BACKEND, CREDENTIAL, Operation, Refused, UPGRADE};
use crate::api::state::State;
use crate::api::tag::Tag;
use crate::auth::Scope;
use crate::auth::oidc::EventPolicy;
use crate::error::ApiError;
use crate::store::account;

/// Returns the policy of an account.
#[derive(Default)]
pub(crate) struct GetPolicy;

impl Operation for GetPolicy {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InsufficientScope], BACKEND];
}

/// Replaces the policy of an account.
#[derive(Default)]
pub(crate) struct PutPolicy;

impl Operation for PutPolicy {
    const CODES: &'static [&'static [ProblemCode]] = &[
        CREDENTIAL,
        &[
            ProblemCode::InsufficientScope,
            ProblemCode::MalformedJson,
            ProblemCode::RequestTimeout,
            ProblemCode::PayloadTooLarge,
            ProblemCode::UnsupportedMediaType,
            ProblemCode::UnsupportedContentEncoding,
            ProblemCode::InvalidBody,
            ProblemCode::InternalError,
            ProblemCode::DatabaseUnavailable,
            ProblemCode::ServerBusy,
        ],
        UPGRADE,
    ];
}

#[derive(ApiResponse)]
enum Policy {
    /// The current policy, including defaults.
    #[oai(status = 200)]
    InForce(JsonBody<AccountPolicy>),
}

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl GetPolicy {
    /// Show the policy of the account.
    ///
    /// Returns the events, refs, environments, workflows and visibilities from which id tokens are accepted. Requires the
    /// scope `admin`.
    #[oai(path = "/policy", method = "get", operation_id = "get_policy")]
    async fn get(&self, state: Data<&State>, caller: Authenticated) -> Result<Policy, Refused<GetPolicy>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        let policy = account::policy(&state.db, account).await?;
        Ok(Policy::InForce(JsonBody(in_force(&policy)?)))
    }
}

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl PutPolicy {
    /// Replace the policy of the account.
    ///
    /// Replaces the whole policy. Omitted members have their default. Applies from the next request on. Requires the scope
    /// `admin`.
    #[oai(path = "/policy", method = "put", operation_id = "put_policy")]
    async fn put(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        body: JsonBody<AccountPolicy>,
    ) -> Result<Policy, Refused<PutPolicy>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        let policy = checked(&body.0)?;
        account::set_policy(&state.db, account, &policy).await?;
        Ok(Policy::InForce(JsonBody(in_force(&policy)?)))
    }
}

/// Converts the policy to the domain type, whose parser names the invalid entry.
fn checked(policy: &AccountPolicy) -> Result<EventPolicy, ApiError> {
    let json = serde_json::to_value(policy).map_err(ApiError::internal)?;
    serde_path_to_error::deserialize(json).map_err(|error| {
        ApiError::new(ProblemCode::InvalidBody, format!("{}.", error.inner())).at(pointer(error.path()))
    })
}

fn in_force(policy: &EventPolicy) -> Result<AccountPolicy, ApiError> {
    let json = serde_json::to_value(policy).map_err(ApiError::internal)?;
    serde_json::from_value(json).map_err(ApiError::internal)
}
