//! Every name that GitHub gives to a repository is usable as it is.

use phase_data_tests::{Backend, Step};

#[tokio::test]
async fn every_name_of_github_is_stored_and_retrieved_over_http_and_by_a_step() {
    let backend = Backend::start().await;
    let key = backend.tenant("octo", 9919).key;
    let longest = format!("{}/{}", "o".repeat(39), "b".repeat(100));
    let dashes = format!("octo/{}", "-".repeat(100));
    let others = [
        "octo/-",
        "octo/_",
        "octo/.github",
        "octo/a.",
        "octo/..a",
        "octo/...",
        "octo-/x",
        "a--b/x",
        "m_octo/x",
    ];
    for name in others.into_iter().chain([longest.as_str(), &dashes]) {
        let stored = backend.store(&key, name, 42, "scan", "1").await;
        assert_eq!(stored.status, 201, "{name}: {}", stored.body);
        for spelling in [name.to_owned(), name.replace('/', "%2F")] {
            let found = backend.retrieve(&key, &spelling, 42).await;
            assert_eq!((found.status, found.json()["repository"].as_str()), (200, Some(name)), "{spelling}");
        }
        let step = Step::new("retrieve", backend.url(), &key, 42).input("phase", "scan");
        let result = step.env("GITHUB_REPOSITORY", name).run();
        assert_eq!(result.output("data"), "1", "{name}: {}", result.log);
    }
}

#[tokio::test]
async fn a_name_that_is_too_long_is_refused_with_the_limit_of_its_part() {
    let backend = Backend::start().await;
    let key = backend.tenant("octo", 9919).key;
    for (name, limit) in [
        (format!("{}/hello", "o".repeat(40)), "up to 39 letters"),
        (format!("octo/{}", "a".repeat(101)), "up to 100 letters"),
        ("octo/..".to_owned(), "but not `.` or `..`"),
        ("oc.to/hello".to_owned(), "can't be the owner"),
    ] {
        let refused = backend.store(&key, &name, 42, "scan", "1").await;
        assert_eq!((refused.status, refused.code().as_str()), (422, "invalid_body"), "{name}");
        let detail = refused.json()["detail"].as_str().expect("a detail").to_owned();
        assert!(detail.contains(limit), "{detail}");
    }
}
