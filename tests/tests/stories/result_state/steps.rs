//! The state of a result in the steps of a workflow.

use phase_data_tests::{Step, StepResult};
use serde_json::json;

use super::{REASON, start, store_in};

fn failure(done: &StepResult) -> &str {
    assert!(!done.success, "{}", done.log);
    &done.log
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_stores_a_state_and_another_one_reads_it_where_nothing_of_it_is_a_command() {
    let (backend, octo) = start().await;
    let step = |operation: &str| Step::new(operation, backend.url(), &octo.key, 42);
    let reason = format!("::error::{REASON}\n::add-mask::x ##[error]y");
    let store = step("store").input("phase", "validate").input("data", "1");
    let store = store.input("status", "failed").input("outcome", "inconclusive").input("reason", &reason);
    let stored = store.run();
    assert!(stored.success, "{}", stored.log);
    let retrieved = step("retrieve").input("phase", "validate").run();
    assert_eq!((retrieved.output("status"), retrieved.output("outcome")), ("failed", "inconclusive"));
    assert_eq!(retrieved.output("reason"), reason);
    for (done, line) in [
        (&stored, "Stored validate of octo/hello#42: revision 1, created, failed, inconclusive: ::error::"),
        (&retrieved, "Found validate of octo/hello#42: revision 1, 1 byte, for this commit"),
    ] {
        assert!(done.log.contains(line), "{}", done.log);
        assert!(
            done.log.lines().all(|line| !line.starts_with("::error") && !line.starts_with("::add-mask::x"))
        );
        assert!(!done.log.contains("##[error]"), "{}", done.log);
        let row = done.summary.lines().nth(3).expect("a row");
        assert!(row.contains("failed, inconclusive&#58; &#58;&#58;error"), "{row}");
        assert!(!row.contains("<b>") && !row.contains('`') && !row.contains('@'), "{row}");
    }
    // Together with other phases, the outcome is that of validate.
    assert!(step("store").input("phase", "scan").input("data", "1").run().success);
    let both = step("retrieve").input("phase", "scan,validate").run();
    assert_eq!(
        (both.output("outcome"), both.output("status"), both.output("reason")),
        ("inconclusive", "", "")
    );
    let scan = step("retrieve").input("phase", "scan").run();
    assert_eq!((scan.output("outcome"), scan.output("status"), scan.output("reason")), ("", "completed", ""));
    assert!(scan.summary.contains("| found |"), "{}", scan.summary);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_keeps_the_state_and_sets_what_the_step_names() {
    let (backend, octo) = start().await;
    let merge = |name: &str, value: &str| {
        let step = Step::new("store", backend.url(), &octo.key, 42).input("phase", "validate");
        step.input("data", "{}").input("merge", "true").input(name, value).run()
    };
    for (name, value) in [("reason", REASON), ("status", "failed"), ("outcome", "false_positive")] {
        let done = merge(name, value);
        assert!(done.success, "{}", done.log);
    }
    let phase = backend.retrieve(&octo.key, "octo/hello", 42).await.json()["phases"][0].take();
    assert_eq!(super::state(&phase), json!(["failed", "false_positive", REASON]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_with_a_state_that_does_not_fit_fails_before_it_sends_anything() {
    let (backend, octo) = start().await;
    let store = |phase: &str, name: &str, value: &str| {
        let step = Step::new("store", backend.url(), &octo.key, 42).input("phase", phase);
        step.input("data", "1").input(name, value).run()
    };
    for (phase, name, value, told) in [
        ("validate", "status", "Failed", "status: unknown status \"Failed\": use failed"),
        ("validate", "outcome", "rejected", "outcome: unknown outcome \"rejected\": use false_positive"),
        (
            "scan",
            "outcome",
            "confirmed",
            "outcome: scan has no outcome, only validate decides about a finding",
        ),
        (
            "validate",
            "reason",
            &"x".repeat(1001),
            "reason: a reason must have 1 to 1000 characters (got 1001)",
        ),
        ("validate", "older-than", "7d", "older-than: only list takes a filter; omit it"),
    ] {
        let done = store(phase, name, value);
        assert!(failure(&done).contains(told), "{}", done.log);
    }
    for (operation, name) in [("retrieve", "status"), ("cleanup", "outcome"), ("list", "reason")] {
        let done = Step::new(operation, backend.url(), &octo.key, 42).input(name, "failed").run();
        assert!(failure(&done).contains(&format!("{name}: only store")), "{}", done.log);
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_lists_issues_by_state_and_age() {
    let (backend, octo) = start().await;
    for (issue, members) in [(1, json!({ "outcome": "confirmed" })), (2, json!({ "status": "failed" }))] {
        store_in(&backend, &octo.key, ("octo/hello", issue), "validate", members).await;
    }
    let list = |name: &str, value: &str| {
        let done = Step::new("list", backend.url(), &octo.key, 99).input(name, value).run();
        assert!(done.success, "{}", done.log);
        done.output("issue-numbers").to_owned()
    };
    assert_eq!(list("status", "failed"), "[2]");
    assert_eq!(list("outcome", "confirmed"), "[1]");
    assert_eq!(list("pending", "mitigate"), "[1]");
    assert_eq!(list("older-than", "1h"), "[]");
    let wrong = Step::new("list", backend.url(), &octo.key, 99).input("older-than", "1 day").run();
    assert!(failure(&wrong).contains("older-than: use a whole number and m, h, d or w"), "{}", wrong.log);
}
