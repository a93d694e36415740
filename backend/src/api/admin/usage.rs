//! `GET /api/v1/admin/usage` — scope `admin`.

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::Usage;
use poem::web::Data;
use poem_openapi::{ApiResponse, OpenApi};

use crate::api::caller::Authenticated;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, CREDENTIAL, Operation, Refused};
use crate::api::state::State;
use crate::api::tag::Tag;
use crate::auth::Scope;
use crate::error::ApiError;
use crate::store::usage;

/// Returns the usage of an account.
#[derive(Default)]
pub(crate) struct ShowUsage;

impl Operation for ShowUsage {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InsufficientScope, ProblemCode::UsageNotCounted], BACKEND];
}

/// The answer.
#[derive(ApiResponse)]
enum Counted {
    /// The usage of the account.
    #[oai(status = 200)]
    Usage(JsonBody<Usage>),
}

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl ShowUsage {
    /// Show the usage of the account.
    ///
    /// Returns the numbers of documents, issues, keys, and events of the last 30 days, and the 100 repositories with the most
    /// bytes. For an account with more than 5,000 documents or recent events, these are counted in the background, every few
    /// minutes while they change, and `counted_at` is the time of the count. Requires the scope `admin`.
    #[oai(path = "/usage", method = "get", operation_id = "show_usage")]
    async fn show_usage(
        &self,
        state: Data<&State>,
        caller: Authenticated,
    ) -> Result<Counted, Refused<ShowUsage>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        let usage = usage::usage(&state.db, account).await?.ok_or_else(not_counted)?;
        Ok(Counted::Usage(JsonBody(usage)))
    }
}

fn not_counted() -> ApiError {
    let detail =
        "The account keeps so much that it is counted in the background, which has not come to an end yet.";
    ApiError::new(ProblemCode::UsageNotCounted, detail).retry_after_seconds(60)
}
