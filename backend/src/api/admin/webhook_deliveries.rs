//! `GET /api/v1/admin/webhook_deliveries` — scope `admin`.

use phase_data_wire::ProblemCode;
use phase_data_wire::admin::{DeliveryState, WebhookDeliveries};
use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::{ApiResponse, OpenApi};

use crate::api::caller::Authenticated;
use crate::api::json_body::JsonBody;
use crate::api::refused::{BACKEND, CREDENTIAL, Operation, Refused};
use crate::api::state::State;
use crate::api::tag::Tag;
use crate::auth::Scope;
use crate::store::webhook_delivery;

/// The default size of a page. The maximum is part of the contract.
const DEFAULT_LIMIT: i32 = 50;

/// Lists the account's webhook deliveries.
#[derive(Default)]
pub(crate) struct ListDeliveries;

impl Operation for ListDeliveries {
    const CODES: &'static [&'static [ProblemCode]] =
        &[CREDENTIAL, &[ProblemCode::InvalidParameter, ProblemCode::InsufficientScope], BACKEND];
}

#[derive(ApiResponse)]
enum Listed {
    /// The deliveries; the list can be empty.
    #[oai(status = 200)]
    Page(JsonBody<WebhookDeliveries>),
}

#[OpenApi(prefix_path = "/api/v1/admin", tag = "Tag::Admin")]
impl ListDeliveries {
    /// List the webhook deliveries of the account.
    ///
    /// Returns deliveries, newest first, with state, number of attempts, and the reason why they failed or were ignored.
    /// Deliveries are kept for 30 days. Payloads are not stored. Requires the scope `admin`.
    #[oai(path = "/webhook_deliveries", method = "get", operation_id = "list_webhook_deliveries")]
    async fn deliveries(
        &self,
        state: Data<&State>,
        caller: Authenticated,
        /// Only deliveries in this state.
        #[oai(name = "state")]
        delivery_state: Query<Option<DeliveryState>>,
        /// Only older deliveries: the `next` of the previous page.
        before: Query<Option<i64>>,
        /// Maximum number of deliveries: 1 to 100. Default: 50.
        #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
        limit: Query<Option<i32>>,
    ) -> Result<Listed, Refused<ListDeliveries>> {
        let account = caller.0.allowed_account(Scope::Admin)?;
        let limit = limit.0.unwrap_or(DEFAULT_LIMIT);
        // One more than asked for shows whether there are older ones.
        let listed = webhook_delivery::list(&state.db, account, delivery_state.0, before.0, limit + 1).await;
        let mut deliveries = listed?;
        let more = deliveries.len() > limit as usize;
        deliveries.truncate(limit as usize);
        let next = deliveries.last().filter(|_| more).map(|delivery| delivery.id);
        Ok(Listed::Page(JsonBody(WebhookDeliveries { deliveries, next })))
    }
}
