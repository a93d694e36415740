//! Examples of webhooks.

use poem_openapi::types::Example;
use time::macros::datetime;

use crate::admin::{
    AccountWebhook, DeliveryState, MadeWebhookSecret, MakeWebhookSecret, OldKeyHours, WebhookDeliveries,
    WebhookDelivery,
};
use crate::webhooks::ReceivedWebhook;

const DELIVERY_ID: &str = "72d3162e-cc78-11e3-81ab-4c9367dc0958";

impl Example for ReceivedWebhook {
    fn example() -> Self {
        Self { delivery_id: DELIVERY_ID.to_owned(), state: DeliveryState::Pending.into(), reason: None }
    }
}

impl Example for WebhookDeliveries {
    fn example() -> Self {
        let delivery = WebhookDelivery {
            id: 7,
            delivery_id: DELIVERY_ID.to_owned(),
            event: "issues".to_owned(),
            action: Some("closed".to_owned()),
            state: DeliveryState::Done.into(),
            reason: None,
            attempts: 0,
            received_at: datetime!(2026-03-01 09:30 UTC),
            next_try_at: None,
            finished_at: Some(datetime!(2026-03-01 09:30:01 UTC)),
        };
        Self { deliveries: vec![delivery], next: None }
    }
}

impl Example for MakeWebhookSecret {
    fn example() -> Self {
        Self { old_expires_in_hours: Some(OldKeyHours::default()) }
    }
}

impl Example for MadeWebhookSecret {
    fn example() -> Self {
        Self { secret: "example-".repeat(8), webhook: AccountWebhook::example() }
    }
}

impl Example for AccountWebhook {
    fn example() -> Self {
        Self {
            path: "/api/v1/webhooks/github/0198f2c4-7d6a-7c3e-9a54-3b1f0e6d2c11".to_owned(),
            created_at: Some(datetime!(2026-03-01 09:30 UTC)),
            old_expires_at: None,
        }
    }
}
