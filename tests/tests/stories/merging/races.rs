//! Patches beside other writers of the same phase. A patch is made of what is there, and counts only for that.

use std::sync::Arc;
use std::time::{Duration, Instant};

use phase_data_tests::{Answer, Backend, LocalIssuer, Tenant};
use serde_json::{Value, json};
use sqlx::PgConnection;
use tokio::task::JoinSet;

use super::{document, merge};

/// Lets requests read and lock rows of documents, but not write any, until the transaction ends.
async fn hold_writes(backend: &Backend) -> PgConnection {
    let mut database = backend.database().await;
    sqlx::raw_sql("begin; lock table phase_data in share mode").execute(&mut database).await.expect("a lock");
    database
}

/// Waits until so many writes are held, and lets them go.
async fn let_go(mut database: PgConnection, writes: i64) {
    let held = "select count(*) from pg_locks where not granted and relation = 'phase_data'::regclass";
    let began = Instant::now();
    while sqlx::query_scalar::<_, i64>(held).fetch_one(&mut database).await.expect("a count") < writes {
        assert!(began.elapsed() < Duration::from_secs(4), "fewer than {writes} writes are held");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    sqlx::raw_sql("commit").execute(&mut database).await.expect("the lock is gone");
}

async fn start() -> (Arc<Backend>, Tenant) {
    let backend = Arc::new(Backend::start().await);
    let octo = backend.tenant("octo", 9919);
    // The repository is there already: whoever makes its row keeps the others waiting for that.
    backend.store(&octo.key, "octo/hello", 99, "scan", "1").await;
    (backend, octo)
}

#[tokio::test(flavor = "multi_thread")]
async fn first_patches_at_once_all_take_effect() {
    let (backend, octo) = start().await;
    let database = hold_writes(&backend).await;
    let mut writers = JoinSet::new();
    for writer in 0..5 {
        let (backend, key) = (backend.clone(), octo.key.clone());
        writers.spawn(async move {
            let patch = format!(r#"{{"by":{{"w{writer}":1}},"last":{writer}}}"#);
            merge(&backend, &key, 42, "", &patch).await
        });
    }
    // Each has seen that nothing is there.
    let_go(database, 5).await;
    let answers = writers.join_all().await;
    let mut revisions: Vec<i64> = answers.iter().map(revision).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, [1, 2, 3, 4, 5]);
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(created, 1);
    let merged = document(&backend, &octo.key, 42).await;
    assert_eq!(merged["by"], json!({"w0": 1, "w1": 1, "w2": 1, "w3": 1, "w4": 1}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_patch_is_merged_into_what_was_stored_meanwhile() {
    let (backend, octo) = start().await;
    for issue in 1..=5 {
        let database = hold_writes(&backend).await;
        let storing = {
            let (backend, key) = (backend.clone(), octo.key.clone());
            let condition = [("if-none-match", "*")];
            tokio::spawn(async move {
                backend.store_if(&key, "octo/hello", issue, "scan", r#"{"stored":1}"#, &condition).await
            })
        };
        let patching = {
            let (backend, key) = (backend.clone(), octo.key.clone());
            tokio::spawn(async move { merge(&backend, &key, issue, "", r#"{"patched":1}"#).await })
        };
        let_go(database, 2).await;
        let (stored, patched) = (storing.await.expect("an answer"), patching.await.expect("an answer"));
        let expected = match (stored.status, revision(&patched)) {
            (201, 2) => json!({"stored": 1, "patched": 1}),
            (412, 1) => json!({"patched": 1}),
            other => panic!("{other:?}"),
        };
        assert_eq!(document(&backend, &octo.key, issue).await, expected);
    }
}

/// A write, and the answer to it.
type Written = (&'static str, Value, Answer);

#[tokio::test(flavor = "multi_thread")]
async fn patches_beside_stores_come_out_as_one_after_the_other() {
    let (backend, octo) = start().await;
    let mut writers = JoinSet::<Written>::new();
    for writer in 0..60 {
        let (backend, key) = (backend.clone(), octo.key.clone());
        writers.spawn(async move {
            let data = json!({ format!("w{writer}"): writer, format!("s{}", writer % 7): writer });
            match writer % 4 {
                0 => {
                    let stored = backend.store(&key, "octo/hello", 42, "scan", &data.to_string()).await;
                    ("store", data, stored)
                }
                _ => {
                    let merged = merge(&backend, &key, 42, "", &data.to_string()).await;
                    ("patch", data, merged)
                }
            }
        });
    }
    let mut written = writers.join_all().await;
    written.sort_by_key(|(_, _, answer)| revision(answer));
    let mut expected = json!({});
    for (number, (call, data, answer)) in (1..).zip(written) {
        assert_eq!(revision(&answer), number, "{}", answer.body);
        match call {
            "store" => expected = data,
            _ => expected.as_object_mut().expect("an object").extend(data.as_object().expect("one").clone()),
        }
    }
    assert_eq!(document(&backend, &octo.key, 42).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_beside_a_purge_changes_the_document_or_makes_one_anew() {
    let (backend, octo) = start().await;
    let mut made = 0;
    for issue in 1..=40 {
        backend.store(&octo.key, "octo/hello", issue, "scan", r#"{"old":1}"#).await;
        let bearer = format!("Bearer {}", octo.key);
        let (path, headers) =
            (format!("/api/v1/phase_data/octo/hello/{issue}?purge=true"), [("authorization", &*bearer)]);
        let (purged, patched) = tokio::join!(
            backend.send("DELETE", &path, &headers, ""),
            merge(&backend, &octo.key, issue, "", r#"{"new":1}"#),
        );
        assert_eq!(purged.status, 200, "{}", purged.body);
        let there = backend.retrieve(&octo.key, "octo/hello", issue).await;
        let was_purged = purged.json()["deleted"] == json!(["scan"]);
        match (patched.status, was_purged) {
            // It came first, and what it changed was purged; or stayed, being newer than the clean-up.
            (200, true) => assert_eq!(there.status, 404, "{}", there.body),
            (200, false) => assert_eq!(there.json()["phases"][0]["data"], json!({"new": 1, "old": 1})),
            (201, true) => assert_eq!(there.json()["phases"][0]["data"], json!({"new": 1})),
            _ => panic!("{} {}", purged.body, patched.body),
        }
        assert_eq!(revision(&patched), 2, "the purged revision was 1: {}", patched.body);
        made += i32::from(patched.status == 201);
    }
    println!("{made} of 40 patches came after the purge");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_with_the_same_token_is_done_once_and_a_refused_one_spends_none() {
    let issuer = LocalIssuer::start();
    let setting = issuer.setting();
    let settings = [("PHASE_DATA_OIDC_ISSUERS", setting.as_str()), ("PHASE_DATA_MAX_BODY_BYTES", "4096")];
    let backend = Backend::start_with(&settings).await;
    let octo = backend.tenant("octo", 9919);
    let token = issuer.token(backend.url());
    let first = merge(&backend, &token, 42, "", r#"{"n":1}"#).await;
    assert_eq!(first.status, 201, "{}", first.body);
    backend.store(&octo.key, "octo/hello", 42, "scan", r#"{"n":2}"#).await;
    let again = merge(&backend, &token, 42, "", r#"{"n":1}"#).await;
    assert_eq!((again.status, &again.body), (201, &first.body), "answered as the first was");
    let other = merge(&backend, &token, 42, "", r#"{"n":3}"#).await;
    assert_eq!((other.status, other.code().as_str()), (409, "token_replayed"));
    let stored = backend.store(&token, "octo/hello", 42, "scan", r#"{"n":1}"#).await;
    assert_eq!((stored.status, stored.code().as_str()), (409, "token_replayed"), "a store is no patch");
    assert_eq!(document(&backend, &octo.key, 42).await, json!({"n": 2}));

    let token = issuer.token(backend.url());
    let fill = format!(r#"{{"fill":"{}"}}"#, "x".repeat(4000));
    backend.store(&octo.key, "octo/hello", 42, "scan", &fill).await;
    let grown = merge(&backend, &token, 42, "", &fill.replace("fill", "more")).await;
    assert_eq!((grown.status, grown.code().as_str()), (413, "payload_too_large"));
    let headers = [("if-match", "\"7\""), ("content-type", "application/merge-patch+json")];
    let bearer = format!("Bearer {token}");
    let path = "/api/v1/phase_data/octo/hello/42?phase=scan";
    let headers = [headers[0], headers[1], ("authorization", bearer.as_str())];
    let stale = backend.send("PATCH", path, &headers, fill.replace("fill", "more")).await;
    assert_eq!((stale.status, stale.json()["current_revision"].as_i64()), (412, Some(3)), "{}", stale.body);
    let done = merge(&backend, &token, 42, "", r#"{"fill":null}"#).await;
    assert_eq!((done.status, revision(&done)), (200, 4), "{}", done.body);
    assert_eq!(document(&backend, &octo.key, 42).await, json!({}));
}

fn revision(answer: &Answer) -> i64 {
    assert!(matches!(answer.status, 200 | 201), "{} {}", answer.status, answer.body);
    answer.json()["revision"].as_i64().expect("a revision")
}
