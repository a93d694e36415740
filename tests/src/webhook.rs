//! GitHub as it delivers webhooks: signed, with the headers that it sends.

use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::{Answer, Backend, client};

/// Where the App's deliveries go.
pub const APP_WEBHOOK: &str = "/api/v1/webhooks/github";
/// The setting with the App's secret.
pub const APP_SECRET: (&str, &str) = ("PHASE_DATA_WEBHOOK_SECRET", "a-secret-of-the-app-for-tests");

/// The header `X-Hub-Signature-256` for this body.
pub fn hook_signature(secret: &str, body: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body);
    let digits: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

/// A repository as payloads describe it.
pub fn repository(owner_id: u32, id: u32, full_name: &str, updated_at: &str) -> Value {
    json!({
        "id": id, "name": full_name.split('/').nth(1), "full_name": full_name, "updated_at": updated_at,
        "owner": { "id": owner_id, "login": full_name.split('/').next(), "type": "Organization" },
    })
}

/// An event about an issue of repository 1296269, `octo/hello` of owner 9919, that happened at this time.
pub fn issue_event(action: &str, issue: u32, at: &str) -> Value {
    let closed_at = if action == "closed" { json!(at) } else { Value::Null };
    json!({
        "action": action,
        "issue": { "number": issue, "closed_at": closed_at, "updated_at": at, "title": "It breaks" },
        "repository": repository(9919, 1_296_269, "octo/hello", at),
        "sender": { "id": 583_231, "login": "mona" },
    })
}

impl Backend {
    /// Delivers an event as GitHub does.
    pub async fn deliver(
        &self,
        (path, secret): (&str, &str),
        event: &str,
        delivery_id: &str,
        payload: &Value,
    ) -> Answer {
        self.deliver_by(&client(), (path, secret), event, delivery_id, payload).await
    }

    /// The same, by a client that keeps its connections.
    pub async fn deliver_by(
        &self,
        client: &reqwest::Client,
        (path, secret): (&str, &str),
        event: &str,
        delivery_id: &str,
        payload: &Value,
    ) -> Answer {
        let body = payload.to_string();
        let headers = [
            ("x-hub-signature-256", hook_signature(secret, body.as_bytes())),
            ("x-github-event", event.to_owned()),
            ("x-github-delivery", delivery_id.to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.send_by(client, "POST", path, &headers, body).await
    }

    /// Delivers an event for the App, and waits until it is finished: its state and the reason for it.
    ///
    /// # Panics
    /// If it is not taken.
    pub async fn deliver_and_finish(
        &self,
        event: &str,
        delivery_id: &str,
        payload: &Value,
    ) -> (String, Option<String>) {
        let answer = self.deliver((APP_WEBHOOK, APP_SECRET.1), event, delivery_id, payload).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        self.finished(delivery_id).await
    }

    /// Waits until a delivery is finished: its state and the reason for it.
    ///
    /// # Panics
    /// If it never is.
    pub async fn finished(&self, delivery_id: &str) -> (String, Option<String>) {
        self.settled_on(&mut self.database().await, delivery_id).await
    }

    /// The same, asking over this connection to its database.
    ///
    /// # Panics
    /// If it never is.
    pub async fn settled_on(
        &self,
        database: &mut PgConnection,
        delivery_id: &str,
    ) -> (String, Option<String>) {
        let look = "select state::text, reason from webhook_delivery where delivery_id = $1";
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            let row: (String, Option<String>) =
                sqlx::query_as(look).bind(delivery_id).fetch_one(&mut *database).await.expect("the delivery");
            if row.0 != "pending" {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("the delivery is not finished: {}", self.log());
    }
}
