//! `GET` and `PUT /api/v1/admin/retention` — scope `admin`.

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::Retention;
use poem::web::Data;
use poem_openapi::{ApiResponse, OpenApi};

use crate::api::caller::Authenticated;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, BODY, CREDENTIAL, Operation, Refused, UPGRADE};
use crate::api::state::State;
use crate::api::tag::Tag;
use crate::auth::Scope;
use crate::store::account;

/// Returns the retention of an account.
#[derive(Default)]
pub(crate) struct GetRetention;

impl Operation for GetRetention {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InsufficientScope], BACKEND];
}

/// Replaces the retention of an account.
#[derive(Default)]
pub(crate) struct PutRetention;

impl Operation for PutRetention {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, BODY, &[ProblemCode::InsufficientScope], BACKEND, UPGRADE];
}

#[derive(ApiResponse)]
enum RetentionResponse {
    /// The times of the account. Omitted members have the backend's default.
    #[oai(status = 200)]
    Current(JsonBody<Retention>),
}

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl GetRetention {
    /// Show the retention of the account.
    ///
    /// Returns the grace period of closed data, the default expiry of documents, and the retention of events. Requires the
    /// scope `admin`.
    #[oai(path = "/retention", method = "get", operation_id = "get_retention")]
    async fn get(
        &self,
        state: Data<&State>,
        caller: Authenticated,
    ) -> Result<RetentionResponse, Refused<GetRetention>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        Ok(RetentionResponse::Current(JsonBody(account::retention(&state.db, account).await?)))
    }
}

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl PutRetention {
    /// Replace the retention of the account.
    ///
    /// Replaces all times. Omitted members have the backend's default. Requires the scope `admin`.
    #[oai(path = "/retention", method = "put", operation_id = "put_retention")]
    async fn put(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        body: JsonBody<Retention>,
    ) -> Result<RetentionResponse, Refused<PutRetention>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        account::set_retention(&state.db, account, &body.0).await?;
        Ok(RetentionResponse::Current(body))
    }
}
