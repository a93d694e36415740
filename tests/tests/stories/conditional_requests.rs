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
async fn a_reader_that_has_the_current_document_gets_304() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let scan = backend.store(&octo.key, "octo/hello", 42, "scan", "1").await.header("etag").to_owned();
    let validate =
        backend.store(&octo.key, "octo/hello", 42, "validate", "2").await.header("etag").to_owned();
    let all = format!("\"scan.{}+validate.{}\"", scan.trim_matches('"'), validate.trim_matches('"'));
    for (query, tag) in [("", &all), ("?phase=scan", &scan), ("?phase=validate", &validate)] {
        let first = get(&backend, &octo.key, query, "").await;
        assert_eq!((first.status, first.header("etag")), (200, tag.as_str()));
        let compressed = format!("\"{}-gzip\"", tag.trim_matches('"'));
        for known in [tag, "*", &format!("\"x\", W/{tag}"), &compressed] {
            let again = get(&backend, &octo.key, query, known).await;
            let seen = (again.status, again.header("etag"), again.body.as_str());
            assert_eq!(seen, (304, tag.as_str(), ""), "{known}");
        }
        for other in ["\"other\"", "\"1\"", "\"scan.1-validate.1\"", &tag.replace('-', "-0")] {
            assert_eq!(get(&backend, &octo.key, query, other).await.status, 200, "{other}");
        }
    }
    let body = get(&backend, &octo.key, "", "").await.json();
    assert_eq!(
        (body["phases"][0]["etag"].as_str(), body["phases"][1]["etag"].as_str()),
        (Some(&*scan), Some(&*validate))
    );
    backend.store(&octo.key, "octo/hello", 42, "scan", "3").await;
    assert_eq!(get(&backend, &octo.key, "", &all).await.status, 200);
}

#[tokio::test]
async fn a_store_is_done_only_if_its_precondition_holds() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let store = async |data: &str, header: &str, value: &str| {
        let answer = backend.store_if(&octo.key, "octo/hello", 42, "scan", data, &[(header, value)]).await;
        (answer.status, answer.json()["current_revision"].as_i64())
    };
    assert_eq!(store("1", "if-match", "\"1-1a2b3c4d\"").await, (412, None), "nothing is there");
    assert_eq!(store("1", "if-match", "*").await, (412, None));
    assert_eq!(store("1", "if-none-match", "*").await, (201, None));
    let tag = get(&backend, &octo.key, "?phase=scan", "").await.header("etag").to_owned();
    assert_eq!(store("2", "if-none-match", "*").await, (412, Some(1)));
    let inner = tag.trim_matches('"');
    for other in [
        format!("W/{tag}"),
        format!("\"+{inner}\""),
        format!("\"0{inner}\""),
        format!("\" {inner}\""),
        format!("\"{inner} \""),
        format!("\"scan.{inner}\""),
        inner.replacen('1', "\"2", 1) + "\"",
        tag.replace('-', "-0"),
        "\"1\"".to_owned(),
        "\"\"".to_owned(),
    ] {
        assert_eq!(store("2", "if-match", &other).await, (412, Some(1)), "{other} is not {tag}");
        let headers = [
            ("x-api-key", octo.key.as_str()),
            ("content-type", "application/merge-patch+json"),
            ("if-match", &other),
        ];
        let patched =
            backend.send("PATCH", "/api/v1/phase_data/octo/hello/42?phase=scan", &headers, "2").await;
        assert_eq!((patched.status, patched.json()["current_etag"].as_str()), (412, Some(&*tag)), "{other}");
    }
    assert_eq!(store("2", "if-match", &format!("\"7\", W/\"x\" , {tag}")).await, (200, None));
    assert_eq!(store("3", "if-match", "*").await, (200, None));
    for (header, value) in [("if-match", "3"), ("if-none-match", "\"3\""), ("if-match", "")] {
        assert_eq!(store("4", header, value).await.0, 400, "{header}: {value}");
    }
    let tag = get(&backend, &octo.key, "?phase=scan", "").await.header("etag").to_owned();
    let both = [("if-match", tag.as_str()), ("if-none-match", "*")];
    let never = backend.store_if(&octo.key, "octo/hello", 42, "scan", "4", &both).await;
    assert_eq!((never.status, never.json()["current_revision"].as_i64()), (412, Some(3)));
    let lines = [("if-match", "\"x\""), ("if-match", tag.as_str())];
    let two_lines = backend.store_if(&octo.key, "octo/hello", 42, "scan", "4", &lines).await;
    assert_eq!(two_lines.status, 200, "{}", two_lines.body);
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
    assert_eq!((again.status, again.json()["revision"].as_i64()), (201, Some(2)), "{}", again.body);
    assert_eq!(
        backend.delete(&octo.key, "octo/hello", 42).await.json()["deleted"],
        serde_json::json!(["scan"])
    );
    assert_eq!(backend.delete(&octo.key, "octo/hello", 42).await.json()["deleted"], serde_json::json!([]));
}
