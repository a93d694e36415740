//! Caches between a client and the backend may store nothing of a tenant.

use phase_data_tests::Backend;

#[tokio::test]
async fn no_cache_may_keep_an_answer_that_is_not_for_everybody() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let admin = backend.key(&octo.account, &["--scope", "admin"]);
    let stored = backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    assert_eq!((stored.status, stored.header("cache-control")), (201, "private, no-store"));
    let tag = format!("\"scan.{}", stored.header("etag").trim_start_matches('"'));
    let body = "{\"name\":\"a\",\"scope\":\"read\"}";
    for (method, path, key, more, body, status) in [
        ("GET", "/api/v1/phase_data/octo/hello/42", octo.key.as_str(), None, "", 200),
        ("GET", "/api/v1/phase_data/octo/hello/42", &octo.key, Some(("if-none-match", &*tag)), "", 304),
        ("GET", "/api/v1/phase_data/octo/hello/43", &octo.key, None, "", 404),
        ("GET", "/api/v1/phase_data/octo/hello/x", &octo.key, None, "", 400),
        ("GET", "/api/v1/phase_data/octo/hello/42", "pd_wrong", None, "", 401),
        ("GET", "/api/v1/repositories/octo/hello/issues", &octo.key, None, "", 200),
        ("GET", "/api/v1/phase_data/octo/hello/42/events", &octo.key, None, "", 200),
        ("GET", "/api/v1/admin/keys", &admin, None, "", 200),
        ("GET", "/api/v1/admin/keys", &octo.key, None, "", 403),
        ("POST", "/api/v1/admin/keys", &admin, Some(("content-type", "application/json")), body, 201),
        ("GET", "/health/ready", "", None, "", 200),
        ("GET", "/nowhere", "", None, "", 404),
        ("POST", "/docs", "", None, "", 405),
    ] {
        let mut headers = vec![("x-api-key", key)];
        headers.extend(more);
        headers.retain(|(_, value)| !value.is_empty());
        let answer = backend.send(method, path, &headers, body).await;
        let seen = (answer.status, answer.header("cache-control"));
        assert_eq!(seen, (status, "private, no-store"), "{method} {path}");
    }
    for path in ["/", "/docs", "/docs/", "/openapi.json", "/openapi.yaml", "/problems?of=everybody"] {
        let page = backend.send("GET", path, &[], "").await;
        assert_eq!((page.status, page.header("cache-control")), (200, "public, max-age=300"), "{path}");
    }
}
