//! Accounts with webhooks of their own.

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Answer, Backend, Tenant, issue_event};
use serde_json::{Value, json};

use super::{in_seconds, stage};

const SECRET: &str = "/api/v1/admin/webhook_secret";
const DELIVERIES: &str = "/api/v1/admin/webhook_deliveries";

async fn admin(backend: &Backend, tenant: &Tenant, method: &str, path: &str, body: &str) -> Answer {
    let key = backend.key(&tenant.account, &["--scope", "admin"]);
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    backend.send(method, path, &headers, body.to_owned()).await
}

async fn new_secret(backend: &Backend, tenant: &Tenant, body: &str) -> (String, String) {
    let made = admin(backend, tenant, "POST", SECRET, body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.header("cache-control"), "private, no-store");
    let text =
        |pointer: &str| made.json().pointer(pointer).and_then(Value::as_str).expect(pointer).to_owned();
    (text("/webhook/path"), text("/secret"))
}

#[tokio::test]
async fn an_accounts_own_webhook_speaks_for_that_account_alone() {
    let (backend, octo) = stage().await;
    let rival = backend.tenant("rival", 666);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let (rivals_path, rivals_secret) = new_secret(&backend, &rival, "{}").await;
    let (path, secret) = new_secret(&backend, &octo, "{}").await;
    assert_eq!(path, format!("{APP_WEBHOOK}/{}", octo.account));
    let closed = issue_event("closed", 42, &in_seconds(5));

    // A secret of one hook opens no other.
    for hook in [
        (APP_WEBHOOK, secret.as_str()),
        (APP_WEBHOOK, &rivals_secret),
        (&path, APP_SECRET.1),
        (&path, &rivals_secret),
        (&rivals_path, &secret),
        ("/api/v1/webhooks/github/0198f2c4-7d6a-7c3e-9a54-3b1f0e6d2c11", &secret),
    ] {
        let refused = backend.deliver(hook, "issues", "a", &closed).await;
        assert_eq!((refused.status, refused.code()), (401, "signature_invalid".to_owned()), "{}", hook.0);
    }
    let ignored = backend.deliver((&rivals_path, &rivals_secret), "issues", "a", &closed).await;
    assert_eq!((ignored.status, &ignored.json()["state"]), (202, &json!("ignored")), "{}", ignored.body);
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 200);

    // The rival's delivery of the same id is another.
    let taken = backend.deliver((&path, &secret), "issues", "a", &closed).await;
    assert_eq!((taken.status, &taken.json()["state"]), (202, &json!("pending")), "{}", taken.body);
    let mut states = Vec::new();
    for tenant in [&octo, &rival] {
        for _ in 0..100 {
            let listed = admin(&backend, tenant, "GET", DELIVERIES, "").await.json();
            assert_eq!(listed["deliveries"].as_array().map(Vec::len), Some(1), "{listed}");
            if listed["deliveries"][0]["state"] != "pending" {
                states.push(listed["deliveries"][0]["state"].clone());
                break;
            }
        }
    }
    assert_eq!(states, ["done", "ignored"]);
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 404);
    for secret in [&secret, &rivals_secret] {
        assert!(!backend.log().contains(secret.as_str()), "a secret is in the log");
    }
}

#[tokio::test]
async fn a_secret_is_shown_once_and_the_one_before_is_good_for_a_while() {
    let (backend, octo) = stage().await;
    let ping = json!({ "zen": "Design for failure." });
    let status = async |hook: (&str, &str)| backend.deliver(hook, "ping", "a", &ping).await.status;
    let none = admin(&backend, &octo, "GET", SECRET, "").await.json();
    assert_eq!(none, json!({ "path": format!("{APP_WEBHOOK}/{}", octo.account) }));

    let (path, first) = new_secret(&backend, &octo, "{}").await;
    let (_, second) = new_secret(&backend, &octo, r#"{"old_expires_in_hours": 1}"#).await;
    assert_eq!((status((&path, &first)).await, status((&path, &second)).await), (202, 202));
    let shown = admin(&backend, &octo, "GET", SECRET, "").await;
    assert!(shown.json()["created_at"].is_string() && shown.json()["old_expires_at"].is_string());
    assert!(!shown.body.contains(&first) && !shown.body.contains(&second));

    let (_, third) = new_secret(&backend, &octo, r#"{"old_expires_in_hours": 0}"#).await;
    let good = [status((&path, &first)).await, status((&path, &second)).await, status((&path, &third)).await];
    assert_eq!(good, [401, 401, 202]);
    for _ in 0..2 {
        assert_eq!(admin(&backend, &octo, "DELETE", SECRET, "").await.json(), none);
    }
    assert_eq!(status((&path, &third)).await, 401);
    let write = format!("Bearer {}", octo.key);
    for (method, path) in [("GET", SECRET), ("POST", SECRET), ("DELETE", SECRET), ("GET", DELIVERIES)] {
        let headers = [("authorization", write.as_str()), ("content-type", "application/json")];
        let body = if method == "POST" { "{}" } else { "" };
        let refused = backend.send(method, path, &headers, body).await;
        assert_eq!((refused.status, refused.code()), (403, "insufficient_scope".to_owned()), "{method}");
    }
}

#[tokio::test]
async fn the_operators_secret_can_be_replaced_without_a_gap() {
    let new = ("PHASE_DATA_WEBHOOK_SECRET", "the-secret-that-comes-next");
    let old = ("PHASE_DATA_WEBHOOK_SECRET_PREVIOUS", APP_SECRET.1);
    let backend = Backend::start_with(&[new, old]).await;
    let ping = json!({});
    for (secret, status) in [(new.1, 202), (old.1, 202), ("another-secret-of-nobody", 401)] {
        assert_eq!(backend.deliver((APP_WEBHOOK, secret), "ping", "a", &ping).await.status, status);
    }
}

#[tokio::test]
async fn deliveries_are_listed_by_pages_and_by_state() {
    let (backend, octo) = stage().await;
    for number in 0..5 {
        let action = if number % 2 == 0 { "edited" } else { "closed" };
        let event = issue_event(action, 42, &in_seconds(0));
        backend.deliver_and_finish("issues", &format!("d-{number}"), &event).await;
    }
    let page =
        async |query: &str| admin(&backend, &octo, "GET", &format!("{DELIVERIES}?{query}"), "").await.json();
    let ids = |page: &Value| -> Vec<String> {
        let listed = page["deliveries"].as_array().expect("a list").iter();
        listed.map(|delivery| delivery["delivery_id"].as_str().expect("an id").to_owned()).collect()
    };
    let first = page("limit=3").await;
    assert_eq!(ids(&first), ["d-4", "d-3", "d-2"]);
    let second = page(&format!("limit=3&before={}", first["next"])).await;
    assert_eq!((ids(&second), &second["next"]), (vec!["d-1".to_owned(), "d-0".to_owned()], &Value::Null));
    assert_eq!(ids(&page("state=done").await), ["d-3", "d-1"]);
    for query in ["state=gone", "limit=0", "limit=101", "before=x"] {
        assert_eq!(page(query).await["code"], "invalid_parameter", "{query}");
    }
}
