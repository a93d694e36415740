//! One shape for every error, the framework's own included.

use phase_data_tests::{Answer, Backend};

const VALID: &str = r#"{"repository":"octo/hello","issue_number":42,"phase":"scan","data":{}}"#;

fn assert_problem(answer: &Answer, status: u16, code: &str, detail: &str) {
    let problem = answer.json();
    assert_eq!((answer.status, problem["code"].as_str()), (status, Some(code)), "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(problem["status"].as_u64(), Some(status.into()));
    assert_eq!(problem["type"], format!("/problems#{code}"));
    assert_eq!(problem["request_id"].as_str(), Some(answer.header("x-request-id")));
    for member in ["title", "hint"] {
        assert!(problem[member].as_str().is_some_and(|text| text.len() > 10), "{member}: {}", answer.body);
    }
    let explanation = problem["detail"].as_str().unwrap_or_default();
    assert!(explanation.contains(detail), "{explanation:?} does not contain {detail:?}");
}

#[tokio::test]
async fn every_wrong_body_says_what_is_wrong_and_where() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let bearer = format!("Bearer {}", octo.key);
    let with = |member: &str, value: &str| {
        let mut body: serde_json::Value = serde_json::from_str(VALID).expect("JSON");
        body[member] = serde_json::from_str(value).expect("JSON");
        body.to_string()
    };
    for (body, status, code, detail, pointer) in [
        (String::new(), 400, "malformed_json", "empty", ""),
        ("{".into(), 400, "malformed_json", "line 1 column 1", ""),
        ("{\"data\":\n tru}".into(), 400, "malformed_json", "line 2 column 5", ""),
        (format!("{VALID}x"), 400, "malformed_json", "trailing characters", ""),
        (format!("\u{feff}{VALID}"), 400, "malformed_json", "byte order mark", ""),
        ("[]".into(), 422, "invalid_body", "array", ""),
        (r#" ["octo/hello",42,"scan",{}]"#.into(), 422, "invalid_body", "array", ""),
        ("[".into(), 400, "malformed_json", "", ""),
        ("null".into(), 422, "invalid_body", "", ""),
        ("{}".into(), 422, "invalid_body", "missing field `repository`", ""),
        (with("issue", "42"), 422, "invalid_body", "unknown field `issue`", "/issue"),
        (with("phase", "\"validation\""), 422, "invalid_body", "write validate", "/phase"),
        (with("phase", "null"), 422, "invalid_body", "null", "/phase"),
        (with("issue_number", "\"42\""), 422, "invalid_body", "string", "/issue_number"),
        (with("issue_number", "0"), 422, "invalid_body", "between 1 and 2147483647", "/issue_number"),
        (with("issue_number", "2147483648"), 422, "invalid_body", "between", "/issue_number"),
        (with("issue_number", "4.2"), 422, "invalid_body", "floating point", "/issue_number"),
        (with("repository", "\"hello\""), 422, "invalid_body", "owner/name", "/repository"),
        (with("repository", "\"octo/..\""), 422, "invalid_body", "..", "/repository"),
        (with("commit_sha", "\"abc1234\""), 422, "invalid_body", "full object name", "/commit_sha"),
        (with("commit_sha", "null"), 422, "invalid_body", "null", "/commit_sha"),
    ] {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let answer = backend.send("POST", "/api/v1/phase_data", &headers, body).await;
        assert_problem(&answer, status, code, detail);
        assert_eq!(answer.json()["pointer"].as_str().unwrap_or_default(), pointer, "{}", answer.body);
    }
}

#[tokio::test]
async fn every_wrong_request_gets_the_same_shape() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let bearer = format!("Bearer {}", octo.key);
    for (method, path, status, code, detail) in [
        ("GET", "/nowhere", 404, "route_not_found", ""),
        ("GET", "/api/v1/phase_data/", 404, "route_not_found", ""),
        ("GET", "/api/v1/phase_data", 405, "method_not_allowed", ""),
        ("PUT", "/api/v1/phase_data/octo/hello/42", 405, "method_not_allowed", ""),
        ("POST", "/docs", 405, "method_not_allowed", ""),
        ("POST", "/health/ready", 405, "method_not_allowed", ""),
        ("GET", "/api/v1/phase_data/octo%2Fhello/issue-42", 400, "invalid_parameter", "write 42"),
        (
            "GET",
            "/api/v1/phase_data/octo%2Fhello/0",
            400,
            "invalid_parameter",
            "In the path: an issue number",
        ),
        ("GET", "/api/v1/phase_data/hello/42", 400, "invalid_parameter", "owner/name"),
        ("GET", "/api/v1/phase_data/octo%2F../42", 400, "invalid_parameter", ""),
        ("GET", "/api/v1/phase_data/octo/hel%2Flo/42", 400, "invalid_parameter", "owner/name"),
        ("GET", "/api/v1/phase_data/octo/hello/events", 400, "invalid_parameter", ""),
        ("POST", "/api/v1/phase_data/octo/hello/restore", 400, "invalid_parameter", ""),
        ("GET", "/api/v1/phase_data/octo%2Fhello/world/42", 404, "route_not_found", ""),
        ("GET", "/api/v1/phase_data//hello/42", 404, "route_not_found", ""),
        ("GET", "/api/v1/phase_data/octo//42", 404, "route_not_found", ""),
        ("GET", "/api/v1/phase_data/octo/hello/", 404, "route_not_found", ""),
        ("GET", "/api/v1/phase_data/octo/hello/42/", 404, "route_not_found", ""),
        ("GET", "/api/v1/phase_data/octo/hello/42/nothing", 404, "route_not_found", ""),
        ("GET", "/api/v1/repositories/octo/hello", 404, "route_not_found", ""),
        ("GET", "/api/v1/repositories/octo/issues", 400, "invalid_parameter", "owner/name"),
        (
            "GET",
            "/api/v1/phase_data/octo/hello/42?phase=validation",
            400,
            "invalid_parameter",
            "write validate",
        ),
        (
            "GET",
            "/api/v1/phase_data/octo/hello/42?commit_sha=abc",
            400,
            "invalid_parameter",
            "full object name",
        ),
        ("DELETE", "/api/v1/phase_data/octo/hello/42?purge=maybe", 400, "invalid_parameter", "purge"),
        ("GET", "/api/v1/phase_data/octo/hello/42", 404, "phase_data_not_found", "octo/hello"),
    ] {
        let answer = backend.send(method, path, &[("authorization", &bearer)], "").await;
        assert_problem(&answer, status, code, detail);
    }
}

#[tokio::test]
async fn a_refused_method_names_the_ones_that_work() {
    let backend = Backend::start().await;
    for (path, allowed) in [
        ("/api/v1/phase_data", "POST"),
        ("/api/v1/phase_data/octo%2Fhello/42", "GET, HEAD, PATCH, DELETE"),
        ("/api/v1/phase_data/octo/hello/42", "GET, HEAD, PATCH, DELETE"),
        ("/api/v1/phase_data/octo/hello/42/restore", "POST"),
        ("/api/v1/repositories/octo/hello/issues", "GET, HEAD"),
        ("/health/live", "GET, HEAD"),
        ("/docs", "GET, HEAD"),
    ] {
        assert_eq!(backend.send("PUT", path, &[], "").await.header("allow"), allowed, "{path}");
    }
}

#[tokio::test]
async fn credentials_are_refused_alike_unless_the_secret_was_right() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let revoked = backend.key(&octo.account, &[]);
    backend.command(&["key", "revoke", &revoked[3..15]]);
    let mut wrong = octo.key.clone();
    let last = if wrong.ends_with('a') { "b" } else { "a" };
    wrong.replace_range(50.., last);
    let path = "/api/v1/phase_data/octo/hello/42";
    let mut bodies = Vec::new();
    for key in ["pd_", "x", &wrong, &revoked, &octo.key[..50]] {
        let answer = backend.send("GET", path, &[("x-api-key", key)], "").await;
        assert_problem(&answer, 401, "credential_invalid", "unknown, incomplete or revoked");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        bodies.push(answer.body.replace(answer.header("x-request-id"), ""));
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_problem(&backend.send("GET", path, &[], "").await, 401, "credential_missing", "no credential");
    let basic = [("authorization", "Basic b2N0bzpoZWxsbw==")];
    assert_problem(&backend.send("GET", path, &basic, "").await, 401, "credential_invalid", "Bearer");
}

#[tokio::test]
async fn bodies_that_are_too_large_or_no_json_are_refused() {
    let backend = Backend::start_with(&[("PHASE_DATA_MAX_BODY_BYTES", "2048")]).await;
    let octo = backend.tenant("octo", 9919);
    let large = format!("\"{}\"", "x".repeat(8 << 20));
    let answer = backend.store(&octo.key, "octo/hello", 42, "scan", &large).await;
    assert_problem(&answer, 413, "payload_too_large", "The body has more than the 71680 bytes");
    let answer = backend.store(&octo.key, "octo/hello", 42, "scan", &large[..2048].replace('x', "\"")).await;
    assert_eq!(answer.code(), "malformed_json", "{}", answer.body);
    let answer = backend.store(&octo.key, "octo/hello", 42, "scan", &format!("{}\"", &large[..2048])).await;
    assert_problem(&answer, 413, "payload_too_large", "The document has more than the 2048 bytes");
    for content_type in ["text/plain", "application/xml", "multipart/form-data"] {
        let headers = [("x-api-key", octo.key.as_str()), ("content-type", content_type)];
        let answer = backend.send("POST", "/api/v1/phase_data", &headers, VALID).await;
        assert_problem(&answer, 415, "unsupported_media_type", content_type);
    }
    let headers = [("x-api-key", octo.key.as_str()), ("content-type", "Application/JSON; charset=utf-8")];
    assert_eq!(backend.send("POST", "/api/v1/phase_data", &headers, VALID).await.status, 201);
}

#[tokio::test]
async fn a_request_id_is_taken_over_if_it_is_fit_for_a_log() {
    let backend = Backend::start().await;
    let given = backend.send("GET", "/nowhere", &[("x-request-id", "run-1.2_3")], "").await;
    assert_eq!(given.header("x-request-id"), "run-1.2_3");
    backend.logged(r#""request_id":"run-1.2_3""#).await;
    for unfit in ["a b", "x\u{e9}", &"a".repeat(129)] {
        let answer = backend.send("GET", "/nowhere", &[("x-request-id", unfit)], "").await;
        assert_ne!(answer.header("x-request-id"), unfit);
    }
}

#[tokio::test]
async fn an_internal_error_answers_constant_text_and_logs_its_chain() {
    use sqlx::Executor;
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let breaking = "alter table phase_data rename column commit_sha to commit_id";
    backend.database().await.execute(breaking).await.expect("the schema can be broken");
    let answer = backend.retrieve(&octo.key, "octo/hello", 42).await;
    assert_problem(&answer, 500, "internal_error", "The backend failed to process this request.");
    assert!(!answer.body.contains("commit_sha"), "{}", answer.body);
    let line = backend.logged("a request failed").await;
    assert!(
        line.contains("commit_sha does not exist") && line.contains(answer.header("x-request-id")),
        "{line}"
    );
    assert!(!backend.log().contains(&octo.key), "a key reached the log");
    let about = backend.log().matches(answer.header("x-request-id")).count();
    assert_eq!(about, 1, "one line has all about it: {}", backend.log());
    assert_eq!(line.matches("does not exist").count(), 1, "{line}");
    for field in
        [r#""status":500"#, r#""code":"internal_error""#, r#""repository":"octo/hello""#, &octo.account]
    {
        assert!(line.contains(field), "{field}: {line}");
    }
}
