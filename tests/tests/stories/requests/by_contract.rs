//! Every operation of the published contract refuses what the contract does not list, so that a new one can't escape.

use phase_data_tests::{Answer, Backend};
use serde_json::Value;

/// An operation of the contract, with a value for every parameter of its path.
struct Operation {
    id: String,
    method: String,
    path: String,
    query: Vec<String>,
    headers: Vec<String>,
    content_types: Vec<String>,
    codes: String,
}

async fn operations(backend: &Backend) -> Vec<Operation> {
    let contract = backend.send("GET", "/openapi.json", &[], "").await.json();
    let mut operations = Vec::new();
    for (path, methods) in contract["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("operations") {
            let content = operation["requestBody"]["content"].as_object();
            let id = operation["operationId"].as_str().expect("an id").to_owned();
            let listed = content.into_iter().flat_map(|content| content.keys().cloned());
            let content_types = listed.chain(described_type(&id).map(str::to_owned)).collect();
            operations.push(Operation {
                id,
                method: method.to_uppercase(),
                path: filled(path),
                query: parameters(operation, "query"),
                headers: parameters(operation, "header"),
                content_types,
                codes: operation["responses"].to_string(),
            });
        }
    }
    assert!(operations.len() > 20, "{}", operations.len());
    operations
}

/// Returns the media type that an operation accepts, and that its description names: the contract lists one for each body.
fn described_type(id: &str) -> Option<&'static str> {
    match id {
        "merge_phase_data" => Some("application/merge-patch+json"),
        "receive_webhook" | "receive_account_webhook" => Some("application/x-www-form-urlencoded"),
        _ => None,
    }
}

fn filled(path: &str) -> String {
    let path = path
        .replace("{repository}", "octo%2Fhello")
        .replace("{issue_number}", "42")
        .replace("{phase}", "scan")
        .replace("{claim_id}", "7d0c0b0e-3c1e-4e0c-9d2c-5a1f5f0c6b11")
        .replace("{key_id}", "0123456789aZ")
        .replace("{account_id}", "0198f2c4-7d6a-7c3e-9a54-3b1f0e6d2c11");
    assert!(!path.contains('{'), "{path}: give the parameter a value here");
    path
}

fn parameters(operation: &Value, place: &str) -> Vec<String> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    let placed = all.filter(|parameter| parameter["in"] == place);
    placed.map(|parameter| parameter["name"].as_str().expect("a name").to_owned()).collect()
}

/// A backend, and an admin's key for it.
async fn stage() -> (Backend, String) {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let key = format!("Bearer {}", backend.key(&octo.account, &["--scope", "admin"]));
    (backend, key)
}

/// The answer's detail and hint, which must be those of a wrong parameter.
fn refusal(answer: &Answer, what: &str) -> String {
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, "invalid_parameter"),
        "{what}: {}",
        answer.body
    );
    let problem = answer.json();
    format!("{} {}", problem["detail"].as_str().expect("a detail"), problem["hint"].as_str().expect("a hint"))
}

#[tokio::test]
async fn every_operation_refuses_query_parameters_that_it_does_not_have() {
    let (backend, key) = stage().await;
    for operation in operations(&backend).await {
        let Operation { id, method, path, query, .. } = &operation;
        let send = async |query: &str| {
            let path = format!("{path}?{query}");
            let answer = backend.send(method, &path, &[("authorization", &key)], "").await;
            refusal(&answer, &format!("{id} {query}"))
        };
        let explanation = send("no_such_parameter=1").await;
        let lists = if query.is_empty() { "no query parameters".to_owned() } else { query.join(", ") };
        assert!(
            explanation.contains("\"no_such_parameter\"") && explanation.contains(&lists),
            "{id}: {explanation}"
        );
        for name in query {
            let misspelt = name.replace('_', "") + "s";
            let explanation = send(&format!("{misspelt}=1")).await;
            assert!(
                explanation.contains(&format!("Did you mean {name:?}?")),
                "{id} {misspelt}: {explanation}"
            );
        }
        assert!(operation.codes.contains("`invalid_parameter`"), "{id} does not list it");
    }
}

#[tokio::test]
async fn every_operation_refuses_a_query_parameter_that_is_there_twice_or_has_no_value() {
    let (backend, key) = stage().await;
    for Operation { id, method, path, query, .. } in operations(&backend).await {
        for name in query {
            let encoded = format!("%{:02x}{}", name.as_bytes()[0], &name[1..]);
            for (query, why) in [
                (format!("{name}=1&{name}=1"), "more than once"),
                (format!("{name}=1&{encoded}=2"), "more than once"),
                (name.clone(), "no value"),
                (format!("{encoded}="), "no value"),
                (format!("{name}=%ff"), "percent-encoding"),
            ] {
                let answer =
                    backend.send(&method, &format!("{path}?{query}"), &[("authorization", &key)], "").await;
                let explanation = refusal(&answer, &format!("{id} {query}"));
                assert!(explanation.contains(why), "{id} {query}: {explanation}");
            }
        }
    }
}

#[tokio::test]
async fn every_operation_refuses_a_header_of_its_own_that_is_there_twice() {
    let (backend, key) = stage().await;
    let mut seen = Vec::new();
    for Operation { id, method, path, headers, .. } in operations(&backend).await {
        // These are lists, whose lines all count.
        for name in headers.iter().filter(|name| !["If-Match", "If-None-Match"].contains(&name.as_str())) {
            let sent = [("authorization", key.as_str()), (name, "a"), (name, "a")];
            let explanation = refusal(&backend.send(&method, &path, &sent, "").await, &id);
            assert!(explanation.contains(name.as_str()), "{id}: {explanation}");
            seen.push(name.clone());
        }
    }
    for name in ["X-GitHub-Event", "X-GitHub-Delivery", "X-Hub-Signature-256"] {
        assert!(seen.iter().any(|header| header == name), "{name}: {seen:?}");
    }
}

#[tokio::test]
async fn every_operation_without_a_body_refuses_one() {
    let (backend, key) = stage().await;
    for Operation { id, method, path, content_types, .. } in operations(&backend).await {
        if content_types.is_empty() {
            let sent = [("authorization", key.as_str()), ("content-type", "application/json")];
            let explanation = refusal(&backend.send(&method, &path, &sent, r#"{"phase":"scan"}"#).await, &id);
            assert!(explanation.contains("body"), "{id}: {explanation}");
        }
    }
}

#[tokio::test]
async fn every_operation_with_a_body_takes_it_in_utf_8_and_uncompressed() {
    let (backend, key) = stage().await;
    let signature = format!("sha256={}", "0".repeat(64));
    for Operation { id, method, path, content_types, codes, .. } in operations(&backend).await {
        for content_type in content_types {
            let query = if id.starts_with("merge") { "?phase=scan" } else { "" };
            let latin = format!("{content_type}; charset=iso-8859-1");
            let base = [("authorization", key.as_str()), ("x-hub-signature-256", &signature)];
            let send = async |more: &[(&str, &str)]| {
                backend.send(&method, &format!("{path}{query}"), &[&base[..], more].concat(), "{}").await
            };
            for encodings in [
                &["gzip"][..],
                &["GZIP"],
                &["x-gzip"],
                &["br"],
                &["zstd"],
                &["gzip, identity"],
                &["identity, br"],
                &["identity", "deflate"],
                &["gzip", "gzip"],
            ] {
                let encodings = encodings.iter().map(|encoding| ("content-encoding", *encoding));
                let headers: Vec<_> =
                    [("content-type", &*content_type)].into_iter().chain(encodings).collect();
                let refused = send(&headers).await;
                let code = refused.code();
                assert_eq!((refused.status, code.as_str()), (415, "unsupported_content_encoding"), "{id}");
                assert_eq!(refused.header("accept-encoding"), "identity", "{id}");
                let explanation = refused.json()["detail"].as_str().unwrap_or_default().to_owned();
                assert!(explanation.contains("\"identity\""), "{id}: {explanation}");
            }
            let twice = [("content-type", content_type.as_str()), ("content-type", &content_type)];
            for headers in
                [&[("content-type", latin.as_str())][..], &twice, &[("content-type", "text/plain")]]
            {
                let refused = send(headers).await;
                assert_eq!(
                    (refused.status, refused.code().as_str()),
                    (415, "unsupported_media_type"),
                    "{id}"
                );
                let explanation = refused.json()["detail"].as_str().unwrap_or_default().to_owned();
                assert!(
                    explanation.contains("UTF-8") || explanation.contains(&content_type),
                    "{id}: {explanation}"
                );
            }
            let taken = send(&[("content-type", &content_type), ("content-encoding", "identity")]).await;
            assert_ne!(taken.status, 415, "{id}: {}", taken.body);
            for code in ["unsupported_content_encoding", "unsupported_media_type"] {
                assert!(codes.contains(&format!("`{code}`")), "{id} does not list {code}");
            }
        }
    }
}
