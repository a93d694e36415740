//! Steps without any secret: the runner's id tokens reach the backend, and nothing else.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use phase_data_wire::ProblemCode;

use crate::backend::{Answer, Backend, Request};
use crate::step::{KEY, Step, StepResult};
use crate::token_service::{REQUEST_TOKEN, TokenService, id_token};

const STORED: &str = r#"{"repository":"octo/hello","issue_number":42,"phase":"scan","effect":"created",
    "revision":1,"etag":"\"1-1a2b3c4d\"","data_bytes":10,"data_sha256":"00","created_at":"2026-03-02T08:14:55Z",
    "updated_at":"2026-03-02T08:14:55Z"}"#;
const GONE: &str = r#"{"repository":"octo/hello","issue_number":42,"deleted":["scan"],"purged":false}"#;
const FOUND: &str = r#"{"repository":"octo/hello","issue_number":42,"phases":[{"phase":"scan","revision":1,"etag":"\"1-1a2b3c4d\"",
    "data_bytes":2,"data_sha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","created_at":"2026-03-02T08:14:55Z",
    "updated_at":"2026-03-02T08:14:55Z","data":{}}]}"#;

pub(crate) fn discovery(audience: &str) -> Answer {
    let issuers = ["https://token.actions.githubusercontent.com"];
    Answer::json(200, serde_json::json!({"audience": audience, "issuers": issuers}).to_string())
}

/// A backend that says its audience before it gives these answers.
fn backend(mut answers: Vec<Answer>) -> Backend {
    answers.insert(0, discovery("http://backend"));
    Backend::answering(answers)
}

/// The backend's address in a query.
fn encoded(url: &str) -> String {
    url.replace(':', "%3A").replace('/', "%2F")
}

fn bearers(requests: &[Request]) -> Vec<&str> {
    requests.iter().map(|request| request.header("authorization").unwrap_or("none")).collect()
}

/// No token left a trace but the masks, and each mask came before anything that could show it.
fn assert_hidden(done: &StepResult, tokens: usize) {
    let secrets = (1..=tokens).map(id_token).chain([REQUEST_TOKEN.to_owned()]);
    for secret in secrets {
        let lines: Vec<_> = done.stdout.lines().filter(|line| line.contains(&secret[..30])).collect();
        assert!(lines.contains(&format!("::add-mask::{secret}").as_str()), "{}", done.stdout);
        assert!(lines.iter().all(|line| line.starts_with("::add-mask::")), "{}", done.stdout);
        let outputs = format!("{:?}{}{}", done.outputs, done.summary, done.stderr);
        assert!(!outputs.contains(&secret[..30]), "{outputs}");
    }
}

#[test]
fn every_operation_works_without_a_secret() {
    for (operation, answer, line) in [
        ("store", Answer::json(201, STORED), "POST /api/v1/phase_data"),
        ("retrieve", Answer::json(200, FOUND), "GET /api/v1/phase_data/octo/hello/42?phase=scan"),
        ("cleanup", Answer::json(200, GONE), "DELETE /api/v1/phase_data/octo/hello/42"),
    ] {
        let (tokens, backend) = (TokenService::start(), backend(vec![answer]));
        let step = tokens.step(operation, &backend.url).without("GITHUB_SHA");
        let step = if operation == "store" { step.with("data", "{}") } else { step };
        let step = if operation == "cleanup" { step } else { step.with("phase", "scan") };
        let done = step.run().succeeded();
        let requests = backend.requests();
        let lines: Vec<_> = requests.iter().map(|request| request.line.as_str()).collect();
        assert_eq!(lines, ["GET /api/v1/auth/oidc", line]);
        assert_eq!(bearers(&requests), ["none", &format!("Bearer {}", id_token(1))]);
        let asked = tokens.requests();
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].line, format!("GET /job/7?api-version=2.0&audience={}", encoded(&backend.url)));
        let masks = format!("::add-mask::{REQUEST_TOKEN}\n");
        let sent = "\nSending an id token of this job for the audience http://backend.\n";
        assert!(done.stdout.starts_with(&masks) && done.stdout.contains(sent), "{}", done.stdout);
        assert!(done.stdout.contains(&format!("{sent}::add-mask::{}\n", id_token(1))), "{}", done.stdout);
        assert_hidden(&done, 1);
    }
}

#[test]
fn each_attempt_has_a_token_of_its_own() {
    let away = || Answer::problem(ProblemCode::DatabaseUnavailable, "The database is away.");
    let nothing = || Answer::events(&[]);
    let answers = vec![away(), nothing(), away(), nothing(), Answer::json(201, STORED)];
    let (tokens, backend) = (TokenService::start(), backend(answers));
    let step = tokens.step("store", &backend.url).with("phase", "scan").with("data", "{}");
    let done = step.run().succeeded();
    let sent = (1..=5).map(|n| format!("Bearer {}", id_token(n)));
    let sent: Vec<_> = std::iter::once("none".to_owned()).chain(sent).collect();
    assert_eq!(bearers(&backend.requests()), sent);
    assert_eq!(tokens.requests().len(), 5);
    assert_hidden(&done, 5);
}

#[test]
fn a_token_that_is_lost_with_its_connection_is_not_sent_again() {
    // The first attempt of the call meets a socket that hangs up without an answer.
    let (tokens, listener) = (TokenService::start(), TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let step = tokens.step("cleanup", &url).with("oidc-audience", "pd").with("timeout-seconds", "2");
    std::thread::spawn(move || listener.incoming().flatten().for_each(drop));
    let done = step.run();
    assert_eq!(done.failure().0, "phase-data: not reachable");
    let asked = tokens.requests().len();
    assert!(asked > 1);
    assert_hidden(&done, asked);
}

#[test]
fn the_token_service_is_asked_again_when_it_fails() {
    for status in [500, 503, 429] {
        let tokens = TokenService::failing_first(vec![Answer::new(status, "text/html", "<html>")]);
        let backend = backend(vec![Answer::json(200, GONE)]);
        let done = tokens.step("cleanup", &backend.url).run().succeeded();
        assert_eq!(bearers(&backend.requests()), ["none", &format!("Bearer {}", id_token(2))]);
        let line = format!("\nAttempt 1: the runner's token service answered {status}. Retrying in ");
        assert!(done.stdout.contains(&line), "{}", done.stdout);
    }
}

#[test]
fn the_discovery_is_asked_again_when_it_fails() {
    let busy = Answer::problem(ProblemCode::DatabaseUnavailable, "The database is away.");
    let backend = Backend::answering(vec![busy, discovery("http://backend"), Answer::json(200, GONE)]);
    let tokens = TokenService::start();
    tokens.step("cleanup", &backend.url).run().succeeded();
    assert_eq!(backend.requests().len(), 3);
}

#[test]
fn a_token_service_that_never_answers_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/?x=y", listener.local_addr().expect("an address"));
    let (tokens, backend) = (TokenService::start(), backend(Vec::new()));
    let step = tokens.step("cleanup", &backend.url).variable("ACTIONS_ID_TOKEN_REQUEST_URL", &url);
    let start = Instant::now();
    let (title, message) = step.with("timeout-seconds", "1").run().failure();
    assert!(start.elapsed() < Duration::from_secs(4));
    assert_eq!(title, "phase-data: no id token");
    assert!(message.starts_with("the runner's token service could not be reached (1 attempt, "), "{message}");
    assert!(message.contains("no complete answer arrived in time\nGitHub may have a problem"), "{message}");
}

#[test]
fn a_backend_that_used_the_time_up_is_to_blame_and_not_the_token_service() {
    let away = Answer::problem(ProblemCode::DatabaseUnavailable, "The database is away.");
    let (tokens, backend) = (TokenService::giving_one(), backend(vec![away]));
    let done = tokens.step("cleanup", &backend.url).with("timeout-seconds", "1").run();
    let (title, message) = done.failure();
    assert_eq!(title, "phase-data: not available");
    assert!(message.starts_with("The database is away (503 database_unavailable, request req-1)\n"));
    assert!(done.stdout.contains(": the runner's token service could not be reached ("), "{}", done.stdout);
    assert_hidden(&done, 1);
}

#[test]
fn an_audience_that_the_workflow_names_arrives_as_it_is() {
    let encoded = "a%20b%26c%3Dd%2Fe%3Ff%23g%2Bh%25%C3%A9%0A%3A%3Aerror%3A%3A";
    let audience = "a b&c=d/e?f#g+h%é\n::error::";
    let line = format!("GET /job/7?api-version=2.0&audience={encoded}");
    // One that the workflow names is not asked for, and may be any.
    let (tokens, backend) = (TokenService::start(), Backend::answering(vec![Answer::json(200, GONE)]));
    let done = tokens.step("cleanup", &backend.url).with("oidc-audience", audience).run().succeeded();
    assert_eq!(tokens.requests()[0].line, line);
    assert_eq!(backend.request().line, "DELETE /api/v1/phase_data/octo/hello/42");
    assert!(done.stdout.contains("\nSending an id token of this job for the audience a b&c=d/e?f#g+h%é ::e"));
    assert!(!done.stdout.contains("\n::error"), "{}", done.stdout);
}

#[test]
fn a_key_comes_first_and_no_token_is_asked_for() {
    for auth in ["auto", "", "api-key"] {
        let (tokens, backend) = (TokenService::start(), Backend::answering(vec![Answer::json(200, GONE)]));
        let step = tokens.offered_to(Step::new("cleanup", &backend.url)).with("auth", auth);
        let done = step.run().succeeded();
        assert_eq!(backend.request().header("authorization"), Some(format!("Bearer {KEY}").as_str()));
        assert!(tokens.requests().is_empty());
        assert!(done.stdout.starts_with(&format!("::add-mask::{KEY}\n::add-mask::{REQUEST_TOKEN}\n")));
        assert_hidden(&done, 0);
    }
}

#[test]
fn auth_oidc_and_an_empty_key_send_a_token() {
    for (auth, key) in [("oidc", ""), ("oidc", " \n"), ("auto", "")] {
        let (tokens, backend) = (TokenService::start(), backend(vec![Answer::json(200, GONE)]));
        let step = tokens.step("cleanup", &backend.url).with("auth", auth).with("api-key", key);
        step.run().succeeded();
        assert_eq!(tokens.requests().len(), 1);
    }
}
