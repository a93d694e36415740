//! Merge patches (RFC 7396), applied where the document is.

mod cost;
mod races;

use std::sync::Arc;

use phase_data_tests::{Answer, Backend, Step};
use serde_json::{Value, json};
use tokio::task::JoinSet;

async fn merge(backend: &Backend, key: &str, issue: u32, query: &str, patch: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/merge-patch+json")];
    let path = format!("/api/v1/phase_data/octo/hello/{issue}?phase=scan{query}");
    backend.send("PATCH", &path, &headers, patch.to_owned()).await
}

async fn document(backend: &Backend, key: &str, issue: u32) -> Value {
    backend.retrieve(key, "octo/hello", issue).await.json()["phases"][0]["data"].take()
}

/// The examples of RFC 7396, appendix A: original, patch, result.
const APPENDIX: [(&str, &str, &str); 15] = [
    (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
    (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
    (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
    (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
    (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
    (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
    (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
    (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
    (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
    (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
    (r#"{"a":"foo"}"#, "null", "null"),
    (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
    (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
    ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
    ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
];

#[tokio::test]
async fn every_example_of_the_rfc_comes_out_as_it_says() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for (issue, (original, patch, result)) in (1..).zip(APPENDIX) {
        backend.store(&octo.key, "octo/hello", issue, "scan", original).await;
        let merged = merge(&backend, &octo.key, issue, "", patch).await;
        assert_eq!(merged.status, 200, "{original} + {patch}: {}", merged.body);
        let expected: Value = serde_json::from_str(result).expect("JSON");
        assert_eq!(document(&backend, &octo.key, issue).await, expected, "{original} + {patch}");
    }
}

#[tokio::test]
async fn a_patch_for_nothing_makes_the_document_and_one_that_changes_nothing_no_revision() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let made = merge(&backend, &octo.key, 42, "", r#"{"verdict":"proven","draft":null}"#).await;
    assert_eq!((made.status, made.json()["revision"].as_i64()), (201, Some(1)), "{}", made.body);
    assert_eq!(document(&backend, &octo.key, 42).await, json!({ "verdict": "proven" }));
    let again = merge(&backend, &octo.key, 42, "", r#"{"verdict":"proven"}"#).await;
    assert_eq!((again.status, again.json()["effect"].as_str()), (200, Some("unchanged")));
}

#[tokio::test]
async fn the_commit_stays_unless_the_patch_names_another_and_numbers_keep_their_digits() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let (old, new) = ("a".repeat(40), "b".repeat(40));
    let number = "123456789012345678901234567890";
    let first = merge(&backend, &octo.key, 42, &format!("&commit_sha={old}"), r#"{"n":1}"#).await;
    assert_eq!(first.json()["commit_sha"], old);
    let kept = merge(&backend, &octo.key, 42, "", &format!(r#"{{"n":{number}}}"#)).await;
    assert_eq!(kept.json()["commit_sha"], old, "{}", kept.body);
    assert!(backend.retrieve(&octo.key, "octo/hello", 42).await.body.contains(number));
    let moved = merge(&backend, &octo.key, 42, &format!("&commit_sha={new}"), "{}").await;
    assert_eq!(
        (moved.json()["commit_sha"].as_str(), moved.json()["revision"].as_i64()),
        (Some(&*new), Some(3))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_patches_at_once_all_take_effect() {
    let backend = Arc::new(Backend::start().await);
    let octo = backend.tenant("octo", 9919);
    let mut writers = JoinSet::new();
    for writer in 0..40 {
        let (backend, key) = (backend.clone(), octo.key.clone());
        writers.spawn(async move {
            merge(&backend, &key, 42, "", &format!(r#"{{"by":{{"w{writer}":{writer}}}}}"#)).await.status
        });
    }
    let statuses = writers.join_all().await;
    assert!(statuses.iter().all(|status| matches!(status, 200 | 201)), "{statuses:?}");
    let merged = document(&backend, &octo.key, 42).await;
    assert_eq!(merged["by"].as_object().map(serde_json::Map::len), Some(40), "{merged}");
}

#[tokio::test]
async fn what_is_wrong_with_a_patch_is_said_and_nothing_changes() {
    let backend = Backend::start_with(&[("PHASE_DATA_MAX_BODY_BYTES", "4096")]).await;
    let octo = backend.tenant("octo", 9919);
    let big = format!(r#"{{"a":"{}"}}"#, "x".repeat(3000));
    assert_eq!(merge(&backend, &octo.key, 42, "", &big).await.status, 201);
    let grown = merge(&backend, &octo.key, 42, "", &big.replace("\"a\"", "\"b\"")).await;
    assert_eq!((grown.status, grown.code().as_str()), (413, "payload_too_large"), "{}", grown.body);
    let long = merge(&backend, &octo.key, 42, "", r#"{"a":{"b":1e1000}}"#).await;
    assert_eq!((long.code().as_str(), long.json()["pointer"].as_str()), ("number_too_long", Some("/a/b")));
    let bearer = format!("Bearer {}", octo.key);
    let path = "/api/v1/phase_data/octo/hello/42";
    let plain = [("authorization", bearer.as_str()), ("content-type", "application/json-patch+json")];
    let wrong_type = backend.send("PATCH", &format!("{path}?phase=scan"), &plain, "{}").await;
    assert_eq!(wrong_type.status, 415);
    let wanted = "this call takes application/json or application/merge-patch+json";
    assert!(wrong_type.body.contains(wanted), "{}", wrong_type.body);
    let patch = [("authorization", bearer.as_str()), ("content-type", "application/merge-patch+json")];
    assert_eq!(backend.send("PATCH", path, &patch, "{}").await.code(), "invalid_parameter", "no phase");
    let stale = [patch[0], patch[1], ("if-match", "\"7\"")];
    let refused = backend.send("PATCH", &format!("{path}?phase=scan"), &stale, "{}").await;
    assert_eq!((refused.status, refused.json()["current_revision"].as_i64()), (412, Some(1)));
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.json()["phases"][0]["revision"], 1);
}

#[tokio::test]
async fn two_steps_that_merge_add_up_what_they_found() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for patch in [r#"{"findings":{"a":1},"tool":"x"}"#, r#"{"findings":{"b":2},"tool":null}"#] {
        let step = Step::new("store", backend.url(), &octo.key, 42)
            .input("phase", "scan")
            .input("merge", "true")
            .input("data", patch)
            .run();
        assert!(step.success, "{}", step.log);
    }
    assert_eq!(document(&backend, &octo.key, 42).await, json!({ "findings": { "a": 1, "b": 2 } }));
}
