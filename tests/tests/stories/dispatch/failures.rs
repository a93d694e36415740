//! Workflows that GitHub does not start, or not for certain.

use phase_data_tests::{Fault, Workflow, World};

use super::{Stage, annotation};

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_of_github_says_what_to_change_and_the_store_counts() {
    type Change = fn(&mut World);
    let cases: [(&str, Change, &str, &str); 7] = [
        (
            "no permission",
            |world| world.may_dispatch = false,
            "GitHub does not allow it (403): Resource not accessible by integration (it takes actions=write)",
            "Add `actions: write` to the job's `permissions:`.",
        ),
        (
            "no such workflow",
            |world| world.workflows[0].file = "other.yml",
            "GitHub refuses the request (404): Not Found",
            "Check that mitigate.yml is in .github/workflows on the default branch of octo/hello",
        ),
        (
            "no trigger",
            |world| world.workflows[0].has_trigger = false,
            "(422): Workflow does not have 'workflow_dispatch' trigger",
            "Check that mitigate.yml exists on main, is valid YAML, and has `on: workflow_dispatch:`",
        ),
        (
            "input not declared",
            |world| world.workflows[0].inputs = vec!["issue_number"],
            "(422): Unexpected inputs provided: [\"issue-number\"]",
            "Declare the input issue-number below `on: workflow_dispatch: inputs:` in mitigate.yml on main.",
        ),
        (
            "another input is required",
            |world| world.workflows[0].required = vec!["reason"],
            "(422): Required input 'reason' not provided",
            "Make the other inputs of mitigate.yml optional",
        ),
        (
            "disabled",
            |world| world.workflows[0].is_disabled = true,
            "(422): Cannot trigger a 'workflow_dispatch' on a disabled workflow",
            "Enable mitigate.yml on the page Actions of octo/hello.",
        ),
        (
            "no such branch",
            |world| world.branches.clear(),
            "(422): No ref found for: main",
            "Set dispatch-ref to a branch or tag of octo/hello",
        ),
    ];
    let stage = Stage::new().await;
    let again = "run the job again, which is harmless: it stores the document again and starts the workflow";
    for (revision, (case, change, cause, fix)) in (1..).zip(cases) {
        {
            let mut world = stage.github.world();
            world.workflows = vec![Workflow::for_issues(1, "mitigate.yml")];
            (world.may_dispatch, world.branches) = (true, ["main".to_owned()].into());
            change(&mut world);
        }
        let step = stage.store().input("data", &revision.to_string()).run();
        assert!(!step.success, "{case}: {}", step.log);
        let error = annotation(&step, "error");
        assert!(
            error.starts_with("workflow not started::mitigate.yml of octo/hello was not started on main: "),
            "{error}"
        );
        for expected in [cause, fix, "The document is stored.", again] {
            assert!(error.contains(expected), "{case}: {error}");
        }
        let outputs = ["revision", "storage", "dispatched-run-url"].map(|name| step.output(name));
        assert_eq!(outputs, [&*revision.to_string(), "backend", ""], "{case}");
        let alone = annotation(&stage.dispatch().run(), "error");
        assert!(alone.contains(fix) && !alone.contains("stored"), "{case}: {alone}");
    }
    assert_eq!(stage.dispatches(), []);
    let tied = annotation(&stage.store().input("if-match", "7").input("data", "7").run(), "error");
    assert!(tied.contains("start the workflow with `operation: dispatch`"), "{tied}");
    assert!(!tied.contains("harmless"), "{tied}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_github_is_retried_and_a_lost_answer_starts_the_workflow_twice() {
    let stage = Stage::new().await;
    stage.github.world().fail("/dispatches", Fault::Status(502, Vec::new()));
    let step = stage.store().run();
    assert!(step.success && stage.dispatches().len() == 1, "{}", step.log);

    stage.github.world().fail("/dispatches", Fault::LostAnswer);
    let step = stage.store().run();
    assert!(step.success, "{}", step.log);
    assert_eq!(stage.dispatches().len(), 3, "at least once");
    assert_eq!(step.output("dispatched-run-url"), "https://github.com/octo/hello/actions/runs/3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_an_answer_is_not_called_a_failure_to_start() {
    let stage = Stage::new().await;
    stage.github.world().fail_all(Some(Fault::Status(503, Vec::new())));
    let unasked = annotation(&stage.dispatch().input("timeout-seconds", "1").run(), "error");
    let expected = "workflow not started::mitigate.yml of octo/hello was not started: GitHub answered 503";
    assert!(unasked.starts_with(expected), "only its default branch was asked for: {unasked}");
    for fault in [Fault::Silence, Fault::Status(503, Vec::new())] {
        stage.github.world().fail_all(Some(fault));
        let step = stage.store().input("dispatch-ref", "main").input("timeout-seconds", "2").run();
        assert!(!step.success && step.output("revision") == "1", "{}", step.log);
        let error = annotation(&step, "error");
        assert!(error.starts_with("start of the workflow not confirmed::"), "{error}");
        let expected = "GitHub did not confirm that mitigate.yml of octo/hello was started on main";
        assert!(error.contains(expected) && error.contains("The document is stored."), "{error}");
        assert!(error.ends_with("starts the workflow, possibly for the second time."), "{error}");
    }
}
