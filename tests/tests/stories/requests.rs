//! Requests mean what they say: nothing that a client sent is passed over.

mod answers;
mod bodies;
mod by_contract;
mod caches;
mod size;

use phase_data_tests::{Answer, Backend};

async fn call(backend: &Backend, key: &str, method: &str, path: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    backend.send(method, path, &[("authorization", bearer.as_str())], "").await
}

#[tokio::test]
async fn a_deletion_with_a_parameter_that_it_does_not_have_deletes_nothing() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for phase in ["scan", "validate"] {
        backend.store(&octo.key, "octo/hello", 42, phase, "1").await;
    }
    for (query, detail, hint) in [
        ("phase=scan&purge=true", "no query parameter \"phase\"", "the whole issue"),
        ("purge=true&phase=scan", "no query parameter \"phase\"", "the whole issue"),
        ("closedat=2020-01-01T00:00:00Z", "closed_at, purge", "Did you mean \"closed_at\"?"),
        ("purge=false&purge=true", "\"purge\" is there more than once", ""),
        ("purge=false&pur%67e=true", "\"purge\" is there more than once", ""),
        ("closed_at=&purge=true", "\"closed_at\" has no value", ""),
        ("purge", "\"purge\" has no value", ""),
        ("purge=false;purge=true", "purge", ""),
        ("closed_at=2020-01-01T00:00:00", "2026-03-01T11:30:00+02:00", ""),
        ("closed_at=%ff", "percent-encoding", "UTF-8"),
        ("Purge=true", "no query parameter \"Purge\"", "Did you mean \"purge\"?"),
        ("=1", "no query parameter \"\"", "/docs"),
    ] {
        let path = format!("/api/v1/phase_data/octo/hello/42?{query}");
        let refused = call(&backend, &octo.key, "DELETE", &path).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "invalid_parameter"), "{query}");
        let problem = refused.json();
        for (member, text) in [("detail", detail), ("hint", hint)] {
            assert!(
                problem[member].as_str().is_some_and(|shown| shown.contains(text)),
                "{query}: {problem:#}"
            );
        }
    }
    let kept = backend.retrieve(&octo.key, "octo/hello", 42).await;
    let phases = kept.json()["phases"].as_array().map(Vec::len);
    assert_eq!(phases, Some(2), "{}", kept.body);
    let path = "/api/v1/phase_data/octo/hello/42?&pur%67e=true&";
    let purged = call(&backend, &octo.key, "DELETE", path).await;
    assert_eq!(purged.json()["purged"], true, "{}", purged.body);
}

#[tokio::test]
async fn times_in_a_query_are_read_in_the_forms_that_clients_send() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    for time in [
        "2020-01-01T00:00:00Z",
        "2020-01-01T00:00:00+00:00",
        "2020-01-01T00:00:00%2B0000",
        "2020-01-01T00:00:00+0000",
        "2020-01-01+00:00:00Z",
        "2020-01-01%2000:00:00%20%2B0000",
        "2020-01-01+02:00:00.000%2B02",
    ] {
        for call in ["?closed_at=", "/restore?reopened_at="] {
            let method = if call.starts_with('?') { "DELETE" } else { "POST" };
            let path = format!("/api/v1/phase_data/octo/hello/42{call}{time}");
            let done = self::call(&backend, &octo.key, method, &path).await;
            assert_eq!(done.status, 200, "{path}: {}", done.body);
        }
    }
    let kept = backend.retrieve(&octo.key, "octo/hello", 42).await;
    assert_eq!(kept.status, 200, "it was stored after each of these times: {}", kept.body);
}

#[tokio::test]
async fn a_path_that_is_no_utf_8_is_the_requests_fault() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for (method, path) in [
        ("GET", "/api/v1/phase_data/octo/x%ff/1"),
        ("GET", "/api/v1/phase_data/octo%2Fx/%ff"),
        ("GET", "/api/v1/phase_data/octo/x%c0%af/1"),
        ("GET", "/api/v1/phase_data/octo/x%00/1"),
        ("GET", "/api/v1/phase_data/octo/x/%"),
        ("GET", "/api/v1/phase_data/octo/x/%4"),
        ("GET", "/api/v1/repositories/octo/%ed%a0%80/issues"),
        ("DELETE", "/api/v1/admin/keys/%ff"),
        ("POST", "/api/v1/webhooks/github/%ff"),
        ("GET", "/%ff"),
        ("GET", "/docs/%ff"),
    ] {
        let refused = call(&backend, &octo.key, method, path).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "invalid_parameter"), "{method} {path}");
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    let long = format!("/api/v1/phase_data/octo/{}/1", "x".repeat(30_000));
    assert_eq!(call(&backend, &octo.key, "GET", &long).await.status, 400);
    assert!(!backend.log().contains("\"level\":\"ERROR\""), "{}", backend.log());
}
