//! `POST /api/v1/webhooks/github` and `POST /api/v1/webhooks/github/{account_id}` — no credential but the signature.
//!
//! GitHub fixes the shape of the requests: see "Webhook events and payloads" in its documentation.

use serde::{Deserialize, Serialize};

use crate::Extensible;
use crate::admin::DeliveryState;

/// The state of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct ReceivedWebhook {
    /// GitHub's id of the delivery.
    pub delivery_id: String,
    /// State of the delivery.
    pub state: Extensible<DeliveryState>,
    /// Reason why the delivery was ignored or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
