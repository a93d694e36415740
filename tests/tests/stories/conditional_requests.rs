//! Entity tags and preconditions.

use phase_data_tests::{Answer, Backend};

async fn get(backend: &Backend, key: &str, query: &str, known: &str) -> Answer {
    let path = format!("/api/v1/phase_data/octo%2Fhello/42{query}");
    let bearer = format!("Bearer {key}");
    let mut headers = vec![("authorization", bearer.as_str())];
    if !known.is_empty() {
        headers.push(("if-none-match", known));
    }
    backend.send("GET", &path, &headers, "").await
}

#[tokio::test]
async fn a_reader_that_has_the_current_revision_gets_304() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    backend.store(&octo.key, "octo/hello", 42, "validate", "2").await;
    for (query, tag) in [("", "\"scan.1-validate.1\""), ("?phase=scan", "\"1\"")] {
        let first = get(&backend, &octo.key, query, "").await;
        assert_eq!((first.status, first.header("etag")), (200, tag));
        for known in [tag, "*", &format!("\"x\", W/{tag}")] {
            let again = get(&backend, &octo.key, query, known).await;
            assert_eq!((again.status, again.header("etag"), again.body.as_str()), (304, tag, ""), "{known}");
        }
        assert_eq!(get(&backend, &octo.key, query, "\"other\"").await.status, 200);
    }
    backend.store(&octo.key, "octo/hello", 42, "scan", "3").await;
    assert_eq!(get(&backend, &octo.key, "", "\"scan.1-validate.1\"").await.status, 200);
}

#[tokio::test]
async fn a_store_is_done_only_if_its_precondition_holds() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let store = async |data: &str, header: &str, value: &str| {
        let answer = backend.store_if(&octo.key, "octo/hello", 42, "scan", data, &[(header, value)]).await;
        (answer.status, answer.json()["current_revision"].as_i64())
    };
    assert_eq!(store("1", "if-match", "\"1\"").await, (412, None), "nothing is there");
    assert_eq!(store("1", "if-match", "*").await, (412, None));
    assert_eq!(store("1", "if-none-match", "*").await, (201, None));
    assert_eq!(store("2", "if-none-match", "*").await, (412, Some(1)));
    assert_eq!(store("2", "if-match", "\"2\"").await, (412, Some(1)));
    assert_eq!(store("2", "if-match", "W/\"1\"").await, (412, Some(1)), "weak tags never match strongly");
    for other in ["\"+1\"", "\"01\"", "\"0001\"", "\" 1\"", "\"1 \"", "\"1.0\"", "\"scan.1\""] {
        assert_eq!(
            store("2", "if-match", other).await,
            (412, Some(1)),
            "{other} is not the tag of revision 1"
        );
        let headers = [
            ("x-api-key", octo.key.as_str()),
            ("content-type", "application/merge-patch+json"),
            ("if-match", other),
        ];
        let patched =
            backend.send("PATCH", "/api/v1/phase_data/octo/hello/42?phase=scan", &headers, "2").await;
        assert_eq!(patched.status, 412, "{other}");
        assert_eq!(get(&backend, &octo.key, "?phase=scan", other).await.status, 200, "{other}");
    }
    assert_eq!(store("2", "if-match", "\"7\", \"1\"").await, (200, None));
    assert_eq!(store("3", "if-match", "*").await, (200, None));
    for (header, value) in [("if-match", "3"), ("if-none-match", "\"3\""), ("if-match", "")] {
        assert_eq!(store("4", header, value).await.0, 400, "{header}: {value}");
    }
    let both = [("if-match", "\"3\""), ("if-none-match", "*")];
    let never = backend.store_if(&octo.key, "octo/hello", 42, "scan", "4", &both).await;
    assert_eq!((never.status, never.json()["current_revision"].as_i64()), (412, Some(3)));
    assert_eq!(store("4", "if-match", "\"3\"").await, (200, None));
}

#[tokio::test]
async fn a_phase_is_fresh_for_its_own_commit_alone() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let (here, there) = ("a".repeat(40), "b".repeat(64));
    for (phase, commit) in [("scan", Some(&here)), ("validate", Some(&there)), ("mitigate", None)] {
        let commit = commit.map_or(String::new(), |commit| format!(r#""commit_sha":"{commit}","#));
        let body = format!(
            r#"{{"repository":"octo/hello","issue_number":42,"phase":"{phase}",{commit}"data":{{}}}}"#
        );
        let headers = [("x-api-key", octo.key.as_str()), ("content-type", "application/json")];
        let stored = backend.send("POST", "/api/v1/phase_data", &headers, body).await;
        assert_eq!(stored.status, 201, "{}", stored.body);
    }
    let answer = get(&backend, &octo.key, &format!("?commit_sha={here}"), "").await.json();
    let marks: Vec<_> =
        answer["phases"].as_array().expect("phases").iter().map(|phase| &phase["freshness"]).collect();
    assert_eq!(marks, ["fresh", "stale", "stale"]);
    let unasked = get(&backend, &octo.key, "", "").await.json();
    assert!(unasked["phases"][0].get("freshness").is_none(), "{unasked:#}");
}

#[tokio::test]
async fn revisions_go_on_counting_after_a_clean_up() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    backend.delete(&octo.key, "octo/hello", 42).await;
    let again = backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    assert_eq!((again.status, again.header("etag")), (201, "\"2\""), "a tag never names two contents");
    assert_eq!(
        backend.delete(&octo.key, "octo/hello", 42).await.json()["deleted"],
        serde_json::json!(["scan"])
    );
    assert_eq!(backend.delete(&octo.key, "octo/hello", 42).await.json()["deleted"], serde_json::json!([]));
}
