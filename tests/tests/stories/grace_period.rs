//! Closed data can be restored for the grace period, and is gone after it.

mod purge;

use phase_data_tests::{Answer, Backend};
use serde_json::{Value, json};
use sqlx::Executor;

async fn rows(backend: &Backend) -> i64 {
    let count = "select count(*) from phase_data";
    sqlx::query_scalar(count).fetch_one(&mut backend.database().await).await.expect("a count")
}

async fn let_grace_end(backend: &Backend, issue: u32) {
    let past =
        format!("update phase_data set purge_at = now() - interval '1 second' where issue_number = {issue}");
    backend.database().await.execute(sqlx::AssertSqlSafe(past)).await.expect("time passes");
}

async fn call(backend: &Backend, key: &str, method: &str, path: &str) -> Answer {
    let headers = [("authorization", &*format!("Bearer {key}"))];
    backend.send(method, &format!("/api/v1/phase_data/octo/hello/{path}"), &headers, "").await
}

async fn kinds(backend: &Backend, key: &str, issue: u32) -> Vec<String> {
    let events = call(backend, key, "GET", &format!("{issue}/events")).await.json();
    let events = events["events"].as_array().expect("events");
    events.iter().rev().map(|event| event["kind"].as_str().expect("a kind").to_owned()).collect()
}

#[tokio::test]
async fn what_was_closed_is_removed_for_good_when_its_grace_period_is_over() {
    let backend = Backend::start_with(&[("PHASE_DATA_PURGE_SECONDS", "1")]).await;
    let octo = backend.tenant("octo", 9919);
    for issue in [1, 2, 3] {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
    }
    backend.delete(&octo.key, "octo/hello", 1).await;
    backend.delete(&octo.key, "octo/hello", 2).await;
    let_grace_end(&backend, 1).await;
    backend.logged("purged closed data").await;
    assert_eq!(rows(&backend).await, 2, "one is past its grace period, one within it, one was never closed");
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 3).await.status, 200);
    let events = call(&backend, &octo.key, "GET", "1/events?limit=1").await.json();
    assert_eq!(events["events"][0]["kind"], "purged");
    assert_eq!(events["events"][0]["actor"]["kind"], "system");
}

#[tokio::test]
async fn an_expired_document_is_removed_with_an_event() {
    let backend = Backend::start_with(&[("PHASE_DATA_PURGE_SECONDS", "1")]).await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    let past = "update phase_data set expires_at = now() - interval '1 second'";
    backend.database().await.execute(past).await.expect("time passes");
    backend.logged("expired data").await;
    assert_eq!(
        (rows(&backend).await, kinds(&backend, &octo.key, 1).await),
        (0, vec!["stored".into(), "expired".into()])
    );
}

#[tokio::test]
async fn without_a_grace_period_closed_data_is_gone_at_once() {
    let backend = Backend::start_with(&[("PHASE_DATA_GRACE_DAYS", "0")]).await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    assert_eq!(backend.delete(&octo.key, "octo/hello", 1).await.json()["deleted"], json!(["scan"]));
    assert_eq!(rows(&backend).await, 0);
    assert_eq!(call(&backend, &octo.key, "POST", "1/restore").await.json()["restored"], json!([]));
    assert_eq!(kinds(&backend, &octo.key, 1).await, ["stored", "deleted", "purged"]);
}

#[tokio::test]
async fn purging_right_away_skips_the_grace_period() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    backend.store(&octo.key, "octo/hello", 1, "validate", "1").await;
    backend.delete(&octo.key, "octo/hello", 1).await;
    let purged = call(&backend, &octo.key, "DELETE", "1?purge=true").await;
    assert_eq!(purged.json()["deleted"], json!(["scan", "validate"]), "the hidden ones, too");
    assert_eq!(rows(&backend).await, 0);
    // An entity tag from before must not match what is stored now.
    let again = backend.store(&octo.key, "octo/hello", 1, "scan", "2").await;
    assert_eq!((again.status, again.json()["revision"].as_i64()), (201, Some(2)), "{}", again.body);
}

#[tokio::test]
async fn reopening_brings_everything_back_as_it_was_with_revisions_and_receipts() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let scan = include_str!("../../payloads/scan.json");
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    backend.store(&octo.key, "octo/hello", 42, "scan", scan).await;
    backend.store(&octo.key, "octo/hello", 42, "validate", "2").await;
    let before = backend.retrieve(&octo.key, "octo/hello", 42).await;
    backend.delete(&octo.key, "octo/hello", 42).await;
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 404);
    let restored = call(&backend, &octo.key, "POST", "42/restore").await;
    assert_eq!(restored.json()["restored"], json!(["scan", "validate"]), "{}", restored.body);
    let after = backend.retrieve(&octo.key, "octo/hello", 42).await;
    assert_eq!(
        (after.body, after.headers.get("etag")),
        (before.body, before.headers.get("etag")),
        "byte for byte"
    );
    assert_eq!(call(&backend, &octo.key, "POST", "42/restore").await.json()["restored"], json!([]), "once");
    let found = kinds(&backend, &octo.key, 42).await;
    assert_eq!(found, ["stored", "stored", "stored", "deleted", "deleted", "restored", "restored"]);
}

#[tokio::test]
async fn what_is_past_its_grace_period_does_not_come_back() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    backend.delete(&octo.key, "octo/hello", 42).await;
    let_grace_end(&backend, 42).await;
    assert_eq!(call(&backend, &octo.key, "POST", "42/restore").await.json()["restored"], json!([]));
}

#[tokio::test]
async fn an_account_chooses_its_own_times() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let admin = backend.key(&octo.account, &["--scope", "admin"]);
    let put = async |body: Value| {
        let headers = [("authorization", &*format!("Bearer {admin}")), ("content-type", "application/json")];
        backend.send("PUT", "/api/v1/admin/retention", &headers, body.to_string()).await
    };
    let set = put(json!({ "grace_days": 0, "expires_in_seconds": 3600 })).await;
    assert_eq!((set.status, set.json()), (200, json!({ "grace_days": 0, "expires_in_seconds": 3600 })));
    let stored = backend.store(&octo.key, "octo/hello", 1, "scan", "1").await.json();
    assert!(stored["expires_at"].is_string(), "{stored}");
    backend.delete(&octo.key, "octo/hello", 1).await;
    assert_eq!(rows(&backend).await, 0);
    assert_eq!(put(json!({})).await.json(), json!({}));
    for wrong in [json!({ "grace_days": 366 }), json!({ "expires_in_seconds": 59 }), json!({ "grace": 1 })] {
        assert_eq!(put(wrong.clone()).await.code(), "invalid_body", "{wrong}");
    }
    assert_eq!(put(json!({ "grace_days": 30 })).await.status, 200);
    backend.store(&octo.key, "octo/hello", 2, "scan", "1").await;
    backend.delete(&octo.key, "octo/hello", 2).await;
    let days = "select extract(day from purge_at - deleted_at)::int from phase_data";
    let kept: i32 = sqlx::query_scalar(days).fetch_one(&mut backend.database().await).await.expect("days");
    assert_eq!(kept, 30);
}
