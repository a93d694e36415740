//! The inputs of a dispatch, and the issue of a dispatched run.

use crate::step::Step;

/// A step that sends nothing: nobody listens at either address.
fn step(operation: &str) -> Step {
    Step::new(operation, "http://127.0.0.1:1")
        .variable("GITHUB_API_URL", "http://127.0.0.1:1")
        .with("github-token", "ghs_test")
        .with("timeout-seconds", "1")
}

fn store() -> Step {
    step("store").with("phase", "scan").with("data", "{}")
}

fn problem(step: Step) -> String {
    let (title, message) = step.run().failure();
    assert_eq!(title, "phase-data: wrong input");
    message.split_once("\nCorrect the step's").expect("the hint").0.to_owned()
}

#[test]
fn a_workflow_is_named_by_its_file_or_its_id() {
    for (workflow, expected) in [
        (
            ".github/workflows/mitigate.yml",
            "use the file's name without its directory, like mitigate.yml (got \".github/workflows/mitigate.yml\")",
        ),
        (
            "mitigate",
            "use the name of a workflow's file, like mitigate.yml, or its numeric id (got \"mitigate\")",
        ),
        (
            "mit%69gate.yml",
            "use a file's name of letters, digits, '.', '_' and '-'; otherwise its numeric id (got \"mit%69gate.yml\")",
        ),
    ] {
        assert_eq!(problem(store().with("dispatch", workflow)), format!("dispatch: {expected}"));
        assert_eq!(problem(step("dispatch").with("dispatch", workflow)), format!("dispatch: {expected}"));
    }
}

#[test]
fn inputs_of_a_dispatch_that_would_be_ignored_are_refused() {
    let wrong = store().with("dispatch-ref", "main");
    assert_eq!(
        problem(wrong),
        "dispatch-ref belongs to dispatch, which is empty: set dispatch to the workflow to start"
    );
    let commit = "0f1e2d3c4b5a69788796a5b4c3d2e1f001122334";
    let wrong = store().with("dispatch", "mitigate.yml").with("dispatch-ref", commit);
    assert_eq!(
        problem(wrong),
        "dispatch-ref: GitHub starts workflows on branches and tags only, not on a commit"
    );
    let wrong = step("dispatch");
    assert_eq!(problem(wrong), "dispatch is empty: set it to the workflow to start, like mitigate.yml");
    let dispatch = || step("dispatch").with("dispatch", "mitigate.yml");
    assert_eq!(
        problem(dispatch().with("phase", "scan")),
        "phase: dispatch concerns all phases of the issue; omit it"
    );
    assert_eq!(problem(dispatch().with("data", "{}")), "data: only store takes a document; omit it");
    assert_eq!(
        problem(dispatch().with("persistence", "best-effort")),
        "persistence: best-effort concerns the backend, which dispatch does not need: omit it"
    );
    assert_eq!(
        problem(dispatch().with("github-token", "")),
        "github-token is empty: a sweep, a comment and a dispatch need GitHub"
    );
    for operation in ["retrieve", "cleanup", "restore", "list", "sweep", "doctor"] {
        assert_eq!(
            problem(step(operation).with("dispatch", "mitigate.yml")),
            "dispatch: only store and dispatch start a workflow; omit it"
        );
    }
}

#[test]
fn the_issue_of_a_dispatched_run_is_in_its_inputs() {
    for inputs in [r#"{"issue-number":"42","reason":"x"}"#, r#"{"issue-number":42}"#] {
        let event = format!(r#"{{"inputs":{inputs},"ref":"refs/heads/main"}}"#);
        for operation in ["retrieve", "cleanup", "restore"] {
            // Nobody answers, but the step knows its issue.
            let result = step(operation).event(&event).run();
            assert!(!result.success);
            assert!(result.summary.contains("| octo/hello&#35;42 |"), "{}", result.summary);
        }
    }
    let named = step("cleanup").event(r#"{"inputs":{"issue-number":"42"}}"#).with("issue-number", "7").run();
    assert!(named.summary.contains("&#35;7 |"), "{}", named.summary);
}

#[test]
fn a_dispatched_run_without_a_valid_number_says_what_is_wrong() {
    let declare = "Declare the input issue-number below `on: workflow_dispatch: inputs:`. Or set issue-number, if the \
                   number is in another input.";
    let none = "issue-number is empty, and the inputs of this workflow_dispatch run have no issue-number";
    let start = "Start the workflow again, with the number of an issue, like 42.";
    let invalid = "the input issue-number of this workflow_dispatch run is not valid: ";
    for (inputs, cause, hint) in [
        ("{}", none.to_owned(), declare),
        (r#"{"issue_number":"42"}"#, format!("{none} (but issue_number)"), declare),
        (r#"{"issue-number":null}"#, none.to_owned(), declare),
        (
            r#"{"issue-number":""}"#,
            format!("{invalid}an issue number has only decimal digits, like 42 (got \"\")"),
            start,
        ),
        (
            r##"{"issue-number":"#42"}"##,
            format!("{invalid}an issue number has only digits: write 42, not \"#42\""),
            start,
        ),
        (
            r#"{"issue-number":0}"#,
            format!("{invalid}an issue number must be between 1 and 2147483647 (got 0)"),
            start,
        ),
        (
            "null",
            "issue-number is empty, and this event has no issue".to_owned(),
            "Set issue-number. Only the events issues and issue_comment have an issue. For workflow_dispatch, declare \
             the input issue-number in the workflow: this step reads it from there.",
        ),
    ] {
        let event = format!(r#"{{"inputs":{inputs},"ref":"refs/heads/main"}}"#);
        let (title, message) = step("cleanup").event(&event).run().failure();
        assert_eq!(
            (title.as_str(), message),
            ("phase-data: no issue", format!("{cause}\n{hint}")),
            "{inputs}"
        );
    }
}
