//! Retrieving several phases, only what is fresh, and only a part.

use std::time::Duration;

use phase_data_wire::ProblemCode;

use crate::backend::{Answer, Backend};
use crate::operations::{issue, outputs, phase, row};
use crate::step::{COMMIT, Step, StepResult};

fn retrieve(answer: Answer, inputs: &[(&str, &str)]) -> (StepResult, Backend) {
    let backend = Backend::answering(vec![answer]);
    let step = Step::new("retrieve", &backend.url).with("output-file", "out.json");
    let done = inputs.iter().fold(step, |step, (name, value)| step.with(name, value)).run();
    (done, backend)
}

fn two() -> Answer {
    issue(&[phase("scan", 1, r#"{"n":[1e400,"x"]}"#), phase("validate", 2, "[1.0]")])
        .header("etag", "\"s1v2\"")
}

#[test]
fn several_phases_come_with_one_request_and_in_the_order_of_their_names() {
    let (done, backend) = retrieve(two(), &[("phase", "validate, scan")]);
    let line = format!("GET /api/v1/phase_data/octo/hello/42?commit_sha={COMMIT}");
    assert_eq!(backend.request().line, line);
    let document = r#"{"validate":[1.0],"scan":{"n":[1e400,"x"]}}"#;
    assert_eq!(
        outputs(&done.succeeded()),
        [
            ("found", "true"),
            ("phases", r#"["validate","scan"]"#),
            ("data-file", "out.json"),
            ("data", document),
            ("storage", "backend"),
        ]
    );
}

#[test]
fn a_phase_that_nobody_asked_for_is_left_out() {
    let all = [phase("scan", 1, "1"), phase("validate", 2, "2"), phase("mitigate", 3, "3")];
    let (done, _) = retrieve(issue(&all), &[("phase", "mitigate,scan")]);
    assert_eq!(done.succeeded().output("data"), Some(r#"{"mitigate":3,"scan":1}"#));
}

#[test]
fn a_missing_phase_is_named_and_the_others_are_listed() {
    for (choice, success, line) in [
        (
            "fail",
            false,
            "::error title=phase-data%3A not found::nothing is stored for mitigate of octo/hello#42%0AThe phase",
        ),
        (
            "warn",
            true,
            "::warning title=phase-data%3A not found::nothing is stored for mitigate of octo/hello#42%0AThe phase",
        ),
        ("ignore", true, "phase-data: not found: nothing is stored for mitigate of octo/hello#42.\n"),
    ] {
        let inputs = [("phase", "scan,mitigate,validate"), ("if-not-found", choice)];
        let (done, _) = retrieve(two(), &inputs);
        assert_eq!(done.success, success);
        assert!(done.stdout.contains(line), "{}", done.stdout);
        assert_eq!(done.output("found"), Some("false"));
        assert_eq!(done.output("phases"), Some(r#"["scan","validate"]"#));
        let document = r#"{"scan":{"n":[1e400,"x"]},"validate":[1.0]}"#;
        assert_eq!(done.output("data"), success.then_some(document));
        assert_eq!(success, done.summary.contains(" | found in part |"));
    }
    let nothing = Answer::problem(ProblemCode::PhaseDataNotFound, "Nothing is stored.");
    let (done, _) = retrieve(nothing, &[("phase", "scan,mitigate")]);
    let (_, message) = done.failure();
    assert!(message.starts_with("nothing is stored for scan, mitigate of octo/hello#42\n"), "{message}");
    assert_eq!(outputs(&done), [("found", "false"), ("phases", "[]")]);
}

#[test]
fn phases_that_are_named_wrongly_are_refused() {
    for (operation, phases, message) in [
        ("retrieve", "scan,scan", "phase: scan is named twice"),
        ("retrieve", "scan,validation", r#"phase: unknown phase "validation": write validate"#),
        ("retrieve", "scan,", "phase: a phase is missing beside a comma: write them like scan,validate"),
        (
            "store",
            "scan,validate",
            "phase: store and list take one phase: run the operation once for each (got \"scan,validate\")",
        ),
    ] {
        let step = Step::new(operation, &Backend::absent()).with("phase", phases);
        let step = if operation == "store" { step.with("data", "1") } else { step };
        let (title, text) = step.run().failure();
        assert_eq!((title.as_str(), text.lines().next()), ("phase-data: wrong input", Some(message)));
    }
}

#[test]
fn what_was_stored_for_another_commit_fails_a_step_that_requires_it_fresh() {
    let (fresh, stale) = (phase("scan", 1, "1"), phase("validate", 2, "2").replace("\"fresh\"", "\"stale\""));
    let none = phase("mitigate", 3, "3").replace("\"fresh\"", "\"stale\"");
    let none = none.replace(&format!(r#""commit_sha":"{COMMIT}","#), "");
    let other = "b".repeat(40);
    let fresh = fresh.replace(COMMIT, &other);
    let answer = || issue(&[fresh.clone(), stale.clone(), none.clone()]);
    let (done, backend) = retrieve(answer(), &[("require-fresh", "true"), ("commit-sha", &other)]);
    assert!(backend.request().line.ends_with(&format!("?commit_sha={other}")));
    assert_eq!(
        done.failure(),
        (
            "phase-data: stale".to_owned(),
            format!(
                "validate of octo/hello#42 was stored for commit {COMMIT}; mitigate of octo/hello#42 was stored \
                 for no commit, not for {other}\n\
                 Store the phase again for this commit. To require another commit, \
                 set commit-sha; to accept any commit, omit require-fresh."
            )
        )
    );
    assert_eq!(done.output("data"), None);
    let (done, _) = retrieve(answer(), &[("require-fresh", "false"), ("commit-sha", &other)]);
    assert!(row(&done.succeeded()).ends_with("| found, stale |"));
    let inputs = [("require-fresh", "true"), ("phase", "scan"), ("commit-sha", other.as_str())];
    let (done, _) = retrieve(issue(&[fresh]), &inputs);
    assert_eq!(done.succeeded().output("data"), Some("1"));
    let step = Step::new("retrieve", &Backend::absent()).without("GITHUB_SHA").with("require-fresh", "true");
    let (_, message) = step.run().failure();
    assert!(message.starts_with("require-fresh needs a commit to compare with: set commit-sha\n"));
}

#[test]
fn a_query_hands_on_just_that_value_as_it_is_stored() {
    for (phases, query, value) in [
        ("scan", "/n/0", "1e400"),
        ("scan", "/n\n", r#"[1e400, "x"]"#),
        ("", "/scan/n/1", "\"x\""),
        ("scan,validate", "/validate", "[1.0]"),
    ] {
        let scan = phase("scan", 1, r#"{"n": [1e400, "x"]}"#);
        let answer =
            if phases == "scan" { issue(&[scan]) } else { issue(&[scan, phase("validate", 2, "[1.0]")]) };
        let (done, _) = retrieve(answer, &[("phase", phases), ("query", query)]);
        let done = done.succeeded();
        assert_eq!(done.output("data"), Some(value));
        assert_eq!(std::fs::read_to_string(done.path("workspace/out.json")).expect("there"), value);
        assert!(row(&done).contains(&format!(" | {} bytes | found |", value.len())), "{}", done.summary);
    }
}

#[test]
fn a_query_that_leads_nowhere_says_which_part_does() {
    let answer = issue(&[phase("scan", 1, r#"{"n":["hunter2"]}"#)]);
    let (done, _) = retrieve(answer, &[("phase", "scan"), ("query", "/n/0/x"), ("if-not-found", "ignore")]);
    assert_eq!(
        done.failure(),
        (
            "phase-data: query without a match".to_owned(),
            "query \"/n/0/x\" matches nothing in the data of scan of octo/hello#42: the value at /n/0 is a \
             string, and contains no \"x\"\n\
             Correct query, or what stores the phase. To see the whole document, omit query."
                .to_owned()
        )
    );
    assert!(!done.stdout.contains("hunter2"));
    assert_eq!(done.output("data"), None);
    let step = Step::new("retrieve", &Backend::absent()).with("query", "$.n");
    let (_, message) = step.run().failure();
    let wrong = "query: a JSON pointer begins with a slash: write it like /findings/0/id (got \"$.n\")\n";
    assert!(message.starts_with(wrong), "{message}");
}

/// A server that keeps the first request waiting for two seconds, and then answers like this.
fn cutting(cut: fn() -> Answer) -> Backend {
    let mut requests = 0;
    Backend::responding(move |_| {
        requests += 1;
        if requests == 1 {
            return Some(cut().after(Duration::from_millis(2100)));
        }
        Some(issue(&[phase("scan", 1, "1")]))
    })
}

#[test]
fn a_proxy_that_ends_a_wait_means_not_yet_and_the_next_wait_is_shorter() {
    let cuts: [fn() -> Answer; 4] = [
        || Answer::new(504, "text/html", "<html>"),
        || Answer::new(502, "text/html", "<html>"),
        || Answer::new(524, "text/html", "<html>"),
        || Answer::new(200, "", "").closing(),
    ];
    for cut in cuts {
        let backend = cutting(cut);
        let step = Step::new("retrieve", &backend.url).with("phase", "scan").with("wait-seconds", "40");
        let done = step.with("timeout-seconds", "30").run().succeeded();
        let line = "A proxy ended the request after 2 s. Waiting on, 1 s at a time.\n";
        assert!(done.stdout.contains(line) && !done.stdout.contains("Attempt"), "{}", done.stdout);
        let waits: Vec<_> = backend.requests().iter().map(|request| request.line.clone()).collect();
        let waited = |line: &String| line.split_once("wait_seconds=").map(|(_, wait)| wait.to_owned());
        let waits: Vec<_> = waits.iter().map(waited).collect();
        assert_eq!(waits, [Some("40".to_owned()), Some("1".to_owned()), None]);
    }
}

#[test]
fn a_wait_that_a_proxy_always_ends_is_not_found_when_it_is_over() {
    let backend = Backend::responding(move |request| {
        if request.line.contains("wait_seconds") {
            return Some(Answer::new(504, "text/html", "<html>").after(Duration::from_millis(1100)));
        }
        Some(Answer::problem(ProblemCode::PhaseDataNotFound, "Nothing is stored."))
    });
    let step = Step::new("retrieve", &backend.url).with("phase", "scan").with("wait-seconds", "3");
    let done = step.with("if-not-found", "warn").run().succeeded();
    assert_eq!(done.output("found"), Some("false"));
    assert_eq!(backend.requests().len(), 4, "{:?}", backend.requests());
}
