//! The main job: three separate runs share one issue's data through nothing but the backend.

use phase_data_tests::corpus::payload;
use phase_data_tests::{Backend, Step, unknown_key};

#[tokio::test]
async fn three_runs_on_empty_disks_share_an_issues_data_and_closing_cleans_up() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let step = |operation: &str| Step::new(operation, backend.url(), &octo.key, 42);

    let scan = step("store").input("phase", "scan").input("data-file", "report.json");
    let scan = scan.file("report.json", payload("scan")).run();
    assert!(scan.success, "{}", scan.log);
    assert_eq!(scan.output("revision"), "1");

    let seen = step("retrieve").input("phase", "scan").run();
    assert!(seen.success, "{}", seen.log);
    assert_eq!((seen.output("found"), seen.output("etag")), ("true", scan.output("etag")));
    assert_same_json(&seen.read("data-file"), &payload("scan"));
    let verdict = step("store").input("phase", "validate").input("data-file", "verdict.json");
    let verdict = verdict.file("verdict.json", payload("validate")).run();
    assert!(verdict.success, "{}", verdict.log);

    let both = step("retrieve").run();
    assert!(both.success, "{}", both.log);
    assert_eq!(both.output("phases"), r#"["scan","validate"]"#);
    let expected = format!(r#"{{"scan":{},"validate":{}}}"#, payload("scan"), payload("validate"));
    assert_same_json(&both.read("data-file"), &expected);

    let closed = step("cleanup").run();
    assert!(closed.success, "{}", closed.log);
    assert_eq!(closed.output("deleted"), r#"["scan","validate"]"#);
    let after = step("retrieve").input("if-not-found", "ignore").run();
    assert!(after.success, "{}", after.log);
    assert_eq!((after.output("found"), after.output("data")), ("false", ""));
}

#[tokio::test]
async fn a_scan_that_runs_again_replaces_its_data_and_the_same_one_changes_nothing() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let store = |data: &str| {
        let step =
            Step::new("store", backend.url(), &octo.key, 42).input("phase", "scan").input("data", data).run();
        assert!(step.success, "{}", step.log);
        step.output("revision").to_owned()
    };
    assert_eq!(store(r#"{"findings":[1]}"#), "1");
    assert_eq!(store(r#"{"findings":[1]}"#), "1");
    assert_eq!(store(r#"{ "findings" : [1] }"#), "1", "white space is no content");
    assert_eq!(store(r#"{"findings":[1,2]}"#), "2");
}

#[tokio::test]
async fn a_backend_that_is_down_fails_the_step_and_nothing_is_kept_elsewhere() {
    let step = Step::new("store", "http://127.0.0.1:9", &unknown_key(), 42);
    let step = step.input("phase", "scan").input("data", "{}").input("timeout-seconds", "2").run();
    assert!(!step.success, "{}", step.log);
    assert!(step.log.contains("::error"), "{}", step.log);
    assert_eq!(step.output("revision"), "");
}

#[tokio::test]
async fn a_refused_write_fails_the_step_with_the_cause() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let reader = backend.key(&octo.account, &["--scope", "read"]);
    for (key, cause) in [(reader.as_str(), "insufficient_scope"), (&unknown_key(), "credential_invalid")] {
        let step =
            Step::new("store", backend.url(), key, 42).input("phase", "scan").input("data", "{}").run();
        assert!(!step.success, "{}", step.log);
        assert!(step.log.contains("::error") && step.log.contains(cause), "{}", step.log);
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 404);
}

#[tokio::test]
async fn data_that_is_not_there_looks_unlike_data_that_cannot_be_had() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let retrieve = |key: &str, mode: &str| {
        Step::new("retrieve", backend.url(), key, 42).input("phase", "scan").input("if-not-found", mode).run()
    };
    assert!(!retrieve(&octo.key, "fail").success);
    let warned = retrieve(&octo.key, "warn");
    assert!(warned.success && warned.log.contains("::warning"), "{}", warned.log);
    assert!(retrieve(&octo.key, "ignore").success);
    // Not allowed stays red whatever the step says about missing data.
    assert!(!retrieve(&unknown_key(), "ignore").success);
}

fn assert_same_json(got: &str, expected: &str) {
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    assert_eq!(parse(got), parse(expected));
}
