//! The cost of a patch: proportional to the texts that it changes, however they are nested.

use std::time::{Duration, Instant};

use phase_data_tests::{Backend, Tenant};

use super::merge;

/// Merges a patch of 70,000 members into nothing, then one that removes them all. Returns how long both took.
async fn timed(backend: &Backend, octo: &Tenant, issue: u32, depth: usize) -> Duration {
    let members: Vec<String> = (0..70_000).map(|n| format!("\"{n:x}\":0")).collect();
    let patch = format!("{}{{{}}}{}", "{\"a\":".repeat(depth), members.join(","), "}".repeat(depth));
    let removal = patch.replace(":0", ":null");
    let began = Instant::now();
    for (patch, status) in [(patch, 201), (removal, 200)] {
        let merged = merge(backend, &octo.key, issue, "", &patch).await;
        assert_eq!(merged.status, status, "{}", merged.body);
    }
    let took = began.elapsed();
    let left = backend.retrieve(&octo.key, "octo/hello", issue).await;
    assert!(left.body.ends_with(&format!("{{}}{}}}]}}\n", "}".repeat(depth))), "{}", left.body);
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_that_is_nested_deeply_takes_no_longer_than_a_flat_one() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let flat = timed(&backend, &octo, 1, 0).await;
    let deep = timed(&backend, &octo, 2, 126).await;
    println!("at the top: {flat:?}, in 126 levels: {deep:?}");
    assert!(deep < flat * 3 + Duration::from_secs(1), "{flat:?}, {deep:?}");
}
