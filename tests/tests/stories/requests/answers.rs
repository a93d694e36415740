//! The form of answers: JSON that ends its last line, and headers that fit.

use phase_data_tests::Backend;

#[tokio::test]
async fn every_json_answer_ends_with_a_newline_and_its_length_counts_it() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let stored =
        backend.store(&octo.key, "octo/hello", 42, "scan", &format!("{:?}", "x".repeat(300_000))).await;
    assert!(stored.body.ends_with("}\n"), "{}", stored.body);
    for (path, status) in [
        ("/api/v1/phase_data/octo/hello/42", 200),
        ("/api/v1/phase_data/octo/hello/42?phase=scan&wait_seconds=1", 200),
        ("/api/v1/phase_data/octo/hello/42?phase=validate&wait_seconds=1", 404),
        ("/api/v1/phase_data/octo/hello/42/events", 200),
        ("/api/v1/repositories/octo/hello/issues", 200),
        ("/api/v1/admin/keys", 403),
        ("/health/live", 200),
        ("/openapi.json", 200),
        ("/nothing", 404),
        ("/", 200),
    ] {
        let headers = [("x-api-key", octo.key.as_str())];
        let answer = backend.send("GET", path, &headers, "").await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(answer.body.ends_with("}\n") && !answer.body.ends_with("\n\n"), "{path}");
        assert_eq!(answer.header("content-length"), answer.body.len().to_string(), "{path}");
        let head = backend.send("HEAD", path, &headers, "").await;
        assert_eq!((head.status, head.body.as_str()), (status, ""), "{path}");
        let Some(tag) = answer.headers.get("etag").and_then(|tag| tag.to_str().ok()) else { continue };
        let same = backend.send("GET", path, &[headers[0], ("if-none-match", tag)], "").await;
        assert_eq!((same.status, same.header("etag"), same.body.as_str()), (304, tag, ""), "{path}");
    }
}

#[tokio::test]
async fn the_start_shows_browsers_a_page_and_programs_json() {
    let backend = Backend::start().await;
    for (accept, content_type) in [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
    ] {
        let start = backend.send("GET", "/", &[("accept", accept)], "").await;
        assert_eq!((start.status, start.header("content-type")), (200, content_type), "{accept}");
        assert_eq!(start.header("vary").to_ascii_lowercase(), "accept");
        for link in ["\"/docs\"", "\"/problems\"", "\"/openapi.json\"", "\"/health/ready\""] {
            assert!(start.body.contains(link), "{link}: {}", start.body);
        }
    }
    let (docs, slash) =
        (backend.send("GET", "/docs", &[], "").await, backend.send("GET", "/docs/", &[], "").await);
    assert!(slash.status == 200 && slash.body == docs.body, "{}", slash.status);
    let posted = backend.send("POST", "/", &[], "").await;
    assert_eq!((posted.status, posted.header("allow")), (405, "GET, HEAD"), "{}", posted.body);
}
