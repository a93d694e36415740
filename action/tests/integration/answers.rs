//! Answers are read up to a limit, whoever gives them.

use std::time::{Duration, Instant};

use crate::backend::{Answer, Backend, Request};
use crate::step::Step;
use crate::token_service::TokenService;

const EVENT: &str = r#"{"issue":{"number":42}}"#;

fn blanks(status: u16) -> Answer {
    Answer::json(status, " ".repeat(1 << 20))
}

#[test]
fn an_answer_without_an_end_is_cut_off() {
    let backend = Backend::answering(vec![blanks(200).endless()]);
    let (title, message) = Step::new("retrieve", &backend.url).with("timeout-seconds", "60").run().failure();
    assert_eq!(title, "phase-data: the backend failed");
    assert!(message.starts_with("the backend's answer is larger than 134217728 bytes\nCheck"), "{message}");
}

#[test]
fn an_answer_that_announces_too_much_is_refused_at_once() {
    let backend = Backend::answering(vec![blanks(200).announcing((128 << 20) + 1)]);
    let start = Instant::now();
    let (_, message) = Step::new("retrieve", &backend.url).run().failure();
    assert!(message.starts_with("the backend's answer is larger than 134217728 bytes\n"), "{message}");
    assert!(start.elapsed() < Duration::from_secs(4));
}

#[test]
fn an_answer_without_a_document_is_cut_off_sooner() {
    for operation in ["list", "cleanup", "doctor", "restore"] {
        let backend = Backend::answering(vec![blanks(200).endless()]);
        let (_, message) = Step::new(operation, &backend.url).event(EVENT).run().failure();
        assert!(message.contains("the backend's answer is larger than 4194304 bytes\n"), "{message}");
    }
}

#[test]
fn a_list_has_one_deadline_for_all_its_pages() {
    let mut number = 0;
    let backend = Backend::responding(move |_: &Request| {
        number += 1;
        let page = format!(
            r#"{{"repository":"octo/hello","issues":[{{"issue_number":{number},
            "updated_at":"2026-03-02T08:14:55Z","phases":[]}}],"next":"n{number}"}}"#
        );
        Some(Answer::json(200, page))
    });
    for operation in ["list", "sweep"] {
        let start = Instant::now();
        let step = Step::new(operation, &backend.url).event("{}").with("timeout-seconds", "1");
        let step = if operation == "sweep" { step.with("github-token", "ghs_token") } else { step };
        let (title, _) = step.run().failure();
        assert!(start.elapsed() < Duration::from_secs(4), "{operation}");
        assert_eq!(title, "phase-data: not reachable");
    }
}

#[test]
fn a_refusal_without_an_end_is_still_a_refusal() {
    for answer in [blanks(404).endless(), blanks(404).announcing(1 << 40)] {
        let backend = Backend::answering(vec![answer]);
        let (_, message) = Step::new("cleanup", &backend.url).run().failure();
        assert!(message.starts_with("the answer (404) is not from a phase-data backend"), "{message}");
    }
}

#[test]
fn a_token_without_an_end_is_none() {
    let tokens = TokenService::failing_first(vec![blanks(200).endless()]);
    let step = tokens.step("cleanup", &Backend::absent()).with("oidc-audience", "pd");
    let (title, message) = step.run().failure();
    assert_eq!(title, "phase-data: no id token");
    assert!(
        message.starts_with("the runner's token service answered 200 without an id token\n"),
        "{message}"
    );
}

#[test]
fn an_answer_of_githubs_without_an_end_is_cut_off() {
    for answer in [blanks(200).endless(), blanks(200).announcing(1 << 40)] {
        let list = |closed| {
            let issue = r#"{"issue_number":42,"updated_at":"2026-03-02T08:14:55Z","phases":[]}"#;
            let issues = if closed { "" } else { issue };
            Answer::json(200, format!(r#"{{"repository":"octo/hello","issues":[{issues}]}}"#))
        };
        let (backend, github) =
            (Backend::answering(vec![list(false), list(true)]), Backend::answering(vec![answer]));
        let step = Step::new("sweep", &backend.url).event("{}").variable("GITHUB_API_URL", &github.url);
        let step = step.with("github-token", "ghs_token").with("timeout-seconds", "60");
        let (_, message) = step.run().failure();
        let cause = "GitHub's answer can't be read: it has more than 33554432 bytes\n";
        assert!(message.starts_with(cause), "{message}");
    }
}
