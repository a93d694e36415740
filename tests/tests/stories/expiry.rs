//! Documents that expire.

use phase_data_tests::{Backend, Step};
use serde_json::Value;
use sqlx::Executor;

async fn stored(backend: &Backend, key: &str, data: &str, more: &str) -> Value {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body =
        format!(r#"{{"repository":"octo/hello","issue_number":42,"phase":"scan","data":{data}{more}}}"#);
    let answer = backend.send("POST", "/api/v1/phase_data", &headers, body).await;
    assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
    answer.json()
}

async fn let_it_expire(backend: &Backend) {
    let past = "update phase_data set expires_at = clock_timestamp() - interval '1 second'";
    backend.database().await.execute(past).await.expect("time passes");
}

#[tokio::test]
async fn an_expired_document_is_not_there_and_a_new_one_goes_on_counting() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let first = stored(&backend, &octo.key, "1", r#","expires_in_seconds":3600"#).await;
    assert!(first["expires_at"].is_string(), "{first}");
    let seen = backend.retrieve(&octo.key, "octo/hello", 42).await.json();
    assert_eq!(seen["phases"][0]["expires_at"], first["expires_at"]);
    let_it_expire(&backend).await;
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.code(), "phase_data_not_found");
    let second = stored(&backend, &octo.key, "1", "").await;
    assert_eq!((second["effect"].as_str(), second["revision"].as_i64()), (Some("created"), Some(2)));
    assert_eq!(second.get("expires_at"), None, "every store says anew how long it lives");
    let bearer = format!("Bearer {}", octo.key);
    let path = "/api/v1/phase_data/octo/hello/42/events";
    let events = backend.send("GET", path, &[("authorization", &bearer)], "").await.json();
    let kinds: Vec<_> = events["events"].as_array().expect("events").iter().map(|e| &e["kind"]).collect();
    assert_eq!(kinds, ["stored", "expired", "stored"]);
}

#[tokio::test]
async fn storing_the_same_again_renews_its_time_without_a_new_revision() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let first = stored(&backend, &octo.key, "1", r#","expires_in_seconds":60"#).await;
    let again = stored(&backend, &octo.key, "1", r#","expires_in_seconds":86400"#).await;
    assert_eq!((again["effect"].as_str(), again["revision"].as_i64()), (Some("unchanged"), Some(1)));
    assert!(again["expires_at"].as_str() > first["expires_at"].as_str(), "{first} {again}");
}

#[tokio::test]
async fn a_304_never_hides_when_a_document_expires() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let mut known = String::new();
    let mut seen = Vec::new();
    for life in ["", r#","expires_in_seconds":3600"#, r#","expires_in_seconds":7200"#, "", ""] {
        stored(&backend, &octo.key, "1", life).await;
        let headers = [("x-api-key", octo.key.as_str()), ("if-none-match", &known)];
        let headers = if known.is_empty() { &headers[..1] } else { &headers[..] };
        let path = "/api/v1/phase_data/octo/hello/42?phase=scan";
        let read = backend.send("GET", path, headers, "").await;
        let expires = read.status == 200 && read.json()["phases"][0]["expires_at"].is_string();
        known = read.header("etag").to_owned();
        let revision = known.split('-').next().map(|revision| revision.trim_start_matches('"').to_owned());
        seen.push((read.status, revision.unwrap_or_default(), expires));
    }
    // With an expiry or without one are two revisions; a later time is none, and so it is answered in full.
    let revision = |revision: u32| revision.to_string();
    let expected = [
        (200, revision(1), false),
        (200, revision(2), true),
        (200, revision(2), true),
        (200, revision(3), false),
        (304, revision(3), false),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_step_says_for_how_long_in_days() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let step = |life: &str| {
        Step::new("store", backend.url(), &octo.key, 42)
            .input("phase", "scan")
            .input("data", "1")
            .input("expires-in", life)
            .run()
    };
    let done = step("30d");
    assert!(done.success, "{}", done.log);
    let days = "select extract(epoch from expires_at - updated_at)::bigint from phase_data";
    let seconds: i64 =
        sqlx::query_scalar(days).fetch_one(&mut backend.database().await).await.expect("a time");
    assert_eq!(seconds, 30 * 86400);
    for wrong in ["30", "d", "0d", "30 days", "1s", "11000d", "-1d", "1.5h"] {
        let refused = step(wrong);
        assert!(!refused.success && refused.log.contains("expires-in: use"), "{wrong}: {}", refused.log);
    }
}
