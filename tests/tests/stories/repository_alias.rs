//! A repository in a path may be in two segments, for proxies that decode or refuse `%2F`.

use phase_data_tests::{Answer, Backend};

/// Methods that a path may answer or refuse.
const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

/// The rest of the URL: nothing, valid or invalid parameters, or more segments.
const REST: [&str; 5] = ["", "?phase=scan", "?nothing=1", "/", "/nothing"];

#[tokio::test]
async fn every_call_answers_alike_in_both_forms_and_has_one_name_in_the_log() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for path in paths(&backend).await {
        for (method, rest) in METHODS.iter().flat_map(|method| REST.map(|rest| (*method, rest))) {
            let mut outcomes = Vec::new();
            for repository in ["octo%2FHello", "octo%2fHello", "octo/Hello"] {
                backend.store(&octo.key, "octo/hello", 42, "scan", r#"{"a":1}"#).await;
                let path = path.replace("{repository}", repository);
                outcomes.push(outcome(&backend, &octo.key, method, &format!("{path}{rest}")).await);
            }
            let alike = outcomes.windows(2).all(|two| two[0] == two[1]);
            assert!(alike, "{method} {path}{rest}: {outcomes:?}");
        }
    }
}

/// Every path of the contract that has a repository, with the issue filled in.
async fn paths(backend: &Backend) -> Vec<String> {
    let contract = backend.send("GET", "/openapi.json", &[], "").await.json();
    let paths = contract["paths"].as_object().expect("paths").keys();
    let with_repository = paths.filter(|path| path.contains("{repository}"));
    let paths: Vec<_> = with_repository.map(|path| path.replace("{issue_number}", "42")).collect();
    assert!(paths.len() > 3, "{paths:?}");
    paths
}

/// Returns the answer, and the operation in the log.
async fn outcome(
    backend: &Backend,
    key: &str,
    method: &str,
    path: &str,
) -> (u16, String, Vec<String>, String) {
    let id = format!("alias{}end", backend.log().lines().count());
    let mut headers = vec![("x-api-key", key), ("x-request-id", id.as_str())];
    let body = if method == "PATCH" { r#"{"a":1}"# } else { "" };
    if method == "PATCH" {
        headers.push(("content-type", "application/merge-patch+json"));
    }
    let answer = backend.send(method, path, &headers, body).await;
    let line = backend.logged(&id).await;
    let (_, operation) = line.split_once("operation_id=").unwrap_or_default();
    let operation = operation.split_whitespace().next().unwrap_or_default().to_owned();
    (answer.status, answer.header("allow").to_owned(), members(&answer), operation)
}

/// The names of what an answer says, and of a problem its words.
fn members(answer: &Answer) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let mut members: Vec<_> = body.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    members
        .extend(["code", "detail", "hint"].iter().filter_map(|name| body[name].as_str()).map(str::to_owned));
    members
}
