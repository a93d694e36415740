//! The doctor names what is broken, and leaves nothing behind.

use phase_data_tests::{Backend, LocalIssuer, Step, StepResult, unknown_key};

/// The lines of the checks, without the name of the backend.
fn checks(result: &StepResult) -> Vec<&str> {
    let checks = result.log.lines().filter(|line| line.starts_with("ok ") || line.starts_with("FAILED "));
    checks.map(|line| line.split(':').next().unwrap_or_default()).collect()
}

const ALL_WELL: [&str; 7] = [
    "ok      reach",
    "ok      clock",
    "ok      database",
    "ok      credential",
    "ok      store",
    "ok      retrieve",
    "ok      cleanup",
];

#[tokio::test(flavor = "multi_thread")]
async fn where_all_is_well_it_says_so_and_leaves_nothing() {
    let issuer = LocalIssuer::start();
    let backend = Backend::start_with(&[("PHASE_DATA_OIDC_ISSUERS", &issuer.setting())]).await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    for step in [
        Step::new("doctor", backend.url(), &octo.key, 42),
        issuer.permit(Step::new("doctor", backend.url(), "", 42)),
    ] {
        let done = step.run();
        assert!(done.success, "{}", done.log);
        assert_eq!(checks(&done), ALL_WELL, "{}", done.log);
        assert!(done.log.contains("plain http, not encrypted") && !done.log.contains("TLS"), "{}", done.log);
        assert_eq!(backend.retrieve(&octo.key, "octo/hello", 2_147_483_647).await.status, 404);
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_broken_is_named_with_what_to_do_and_what_hangs_on_it_is_not_tried() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let reader = backend.key(&octo.account, &["--scope", "read"]);
    let may_only_read = Step::new("doctor", backend.url(), &reader, 42).run();
    assert_eq!(checks(&may_only_read)[3..], ["ok      credential", "FAILED  store"], "{}", may_only_read.log);
    assert!(may_only_read.log.contains("need the scope write"), "{}", may_only_read.log);
    assert!(may_only_read.log.contains("::error title=phase-data%3A the doctor found problems::store: "));
    let wrong = Step::new("doctor", backend.url(), &unknown_key(), 42).run();
    assert_eq!(checks(&wrong).last(), Some(&"FAILED  credential"), "{}", wrong.log);
    let nobody = Step::new("doctor", "http://127.0.0.1:1", &octo.key, 42).input("timeout-seconds", "1").run();
    assert!(!nobody.success);
    assert_eq!(checks(&nobody), ["FAILED  reach"], "{}", nobody.log);
}
