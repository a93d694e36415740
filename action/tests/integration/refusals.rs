//! Refused requests and answers of something else: each fails the step, and says which it was.

use phase_data_wire::ProblemCode;

use crate::backend::{Answer, Backend, Request};
use crate::step::{KEY, Step, StepResult};

fn store(answer: Answer) -> StepResult {
    let backend = Backend::answering(vec![answer]);
    let done = Step::new("store", &backend.url).with("phase", "scan").with("data", "{}").run();
    assert_eq!(backend.requests().len(), 1, "a refusal is not asked again");
    assert_eq!(done.outputs, []);
    done
}

#[test]
fn a_refused_write_fails_with_cause_and_fix() {
    for (code, title, cause, fix) in [
        (
            ProblemCode::CredentialInvalid,
            "phase-data: not allowed",
            "Why it is so (401 credential_invalid, request req-1)",
            "Check the key in api-key: it must be the whole key, for this backend, and not revoked.",
        ),
        (
            ProblemCode::InsufficientScope,
            "phase-data: not allowed",
            "Why it is so (403 insufficient_scope, request req-1)",
            "Set api-key to a key with the right scope: store, cleanup and restore need the scope write.",
        ),
        (
            ProblemCode::PayloadTooLarge,
            "phase-data: refused",
            "Why it is so (413 payload_too_large, request req-1)",
            "Store less, or ask the operator to increase PHASE_DATA_MAX_BODY_BYTES.",
        ),
        (
            ProblemCode::DuplicateKey,
            "phase-data: refused",
            "Why it is so (422 duplicate_key, request req-1)",
            "Remove one of the two members: only one of them could be stored.",
        ),
        (
            ProblemCode::InternalError,
            "phase-data: the backend failed",
            "Why it is so (500 internal_error, request req-1)",
            "Give the operator the request_id, which identifies the cause in the backend's log.",
        ),
    ] {
        let done = store(Answer::problem(code, "Why it is so."));
        let more = format!("More: http://backend/problems#{code}");
        assert_eq!(done.failure(), (title.to_owned(), format!("{cause}\n{fix}\n{more}")));
        let outcome = title.replace("phase-data: ", "failed&#58; ");
        assert!(done.summary.contains(&format!(" | {outcome} |\n\n**Cause:** Why it is so ")));
        assert!(done.summary.contains(" request req-1&#41;\n\n**What to do:** "), "{}", done.summary);
    }
}

#[test]
fn a_problem_of_a_newer_backend_still_says_what_it_is() {
    let body = r#"{"type":"/problems#quota","title":"Quota","status":402,"detail":"The account is full.",
        "code":"quota_exceeded","hint":"Clean up closed issues.","request_id":"r9","more":{"a":1}}"#;
    let (title, message) = store(Answer::new(402, "application/problem+json", body)).failure();
    assert_eq!(title, "phase-data: refused");
    assert_eq!(
        message,
        "The account is full (402 quota_exceeded, request r9)\nClean up closed issues.\nMore: http://backend/problems#quota_exceeded"
    );
}

#[test]
fn what_is_no_backend_of_ours_is_said_to_be_none_and_not_quoted() {
    let page = "<html><body>::error::gotcha hunter2</body></html>";
    for answer in [
        Answer::new(404, "text/html", page),
        Answer::new(200, "text/html", page),
        Answer::new(403, "text/html", page),
        Answer::new(404, "application/json", r#"{"message":"Not Found"}"#),
        Answer::new(400, "application/problem+json", "hunter2"),
        Answer::new(200, "application/json", r#"{"hunter2":1}"#),
        Answer::new(500, "text/plain", ""),
    ] {
        let done = store(answer);
        let (title, message) = done.failure();
        assert_eq!(title, "phase-data: not a phase-data backend");
        assert!(message.contains("is not from a phase-data backend\nCheck backend-url"));
        assert!(!done.stdout.contains("hunter2") && !done.stdout.contains("gotcha"), "{}", done.stdout);
    }
}

#[test]
fn only_the_backend_can_say_that_nothing_is_there() {
    for answer in [
        Answer::new(404, "text/html", "<html>"),
        Answer::new(404, "text/plain", ""),
        Answer::problem(ProblemCode::RouteNotFound, "There is no such path."),
        Answer::new(404, "application/json", r#"{"code":"phase_data_not_found"}"#),
    ] {
        let backend = Backend::answering(vec![answer]);
        let done = Step::new("retrieve", &backend.url).with("if-not-found", "ignore").run();
        assert_ne!(done.failure().0, "phase-data: not found");
        assert_eq!(done.outputs, []);
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let answer = Answer::new(301, "text/html", "").header("location", "https://elsewhere.example/x");
    let (title, message) = store(answer).failure();
    assert_eq!(title, "phase-data: not a phase-data backend");
    assert!(
        message.starts_with("backend-url redirects (301) to https://elsewhere.example/x\nSet backend-url")
    );
}

#[test]
fn an_answer_about_another_issue_is_refused() {
    let body = r#"{"repository":"octo/hello","issue_number":43,"deleted":["scan"],"purged":false}"#;
    let backend = Backend::answering(vec![Answer::json(200, body)]);
    let done = Step::new("cleanup", &backend.url).run();
    let (_, message) = done.failure();
    assert!(message.starts_with("the backend's answer does not match the request for octo/hello#42\n"));
    assert_eq!(done.outputs, []);
}

#[test]
fn what_the_backend_says_is_one_harmless_line() {
    let detail =
        format!("x\n::set-output name=found::true\r\n\u{1b}[31m%0A{KEY} ##[error] {}", "y".repeat(2000));
    let done = store(Answer::problem(ProblemCode::InvalidBody, &detail));
    let lines: Vec<_> = done.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", done.stdout);
    assert_eq!(done.stdout.matches(KEY).count(), 1);
    assert!(!done.stdout.contains('\u{1b}') && done.stdout.len() < 1500, "{}", done.stdout);
    let (_, message) = done.failure();
    assert!(message.starts_with("x ::set-output name=found::true   [31m%0A*** ##[error] yyy"), "{message}");
}

#[test]
fn a_backend_that_lacks_a_call_is_called_older_than_the_action() {
    for operation in ["list", "restore", "doctor"] {
        let backend = Backend::responding(|request: &Request| {
            Some(match request.line.contains("/health/") {
                true => Answer::json(200, r#"{"status":"ok","version":"0.0.1"}"#),
                false => Answer::problem(ProblemCode::RouteNotFound, "This path does not exist."),
            })
        });
        let done = Step::new(operation, &backend.url).run();
        let (_, message) = done.failure();
        assert!(message.contains("(404 route_not_found"), "{operation}: {message}");
        let hint = "The backend (version 0.0.1) is older than this action (version ";
        assert!(message.contains(hint), "{operation}: {message}");
    }
}

#[test]
fn a_proxys_limit_for_bodies_is_named() {
    let backend = Backend::answering(vec![Answer::new(413, "text/html", "<html>")]);
    let step = Step::new("store", &backend.url).with("phase", "scan").with("data", "1");
    let (title, message) = step.run().failure();
    assert_eq!(title, "phase-data: refused");
    assert!(
        message.starts_with(
            "a proxy in front of the backend refuses the request, because it is too large (413)\n"
        ),
        "{message}"
    );
    assert!(message.contains("nginx: client_max_body_size") && !message.contains("backend-url"), "{message}");
}
