//! Temporary failures are retried within the time limit; a missing answer is reported as not reachable.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use phase_data_wire::ProblemCode;

use crate::backend::{Answer, Backend};
use crate::step::Step;

const GONE: &str = r#"{"repository":"octo/hello","issue_number":42,"deleted":[],"purged":false}"#;

#[test]
fn a_passing_failure_is_tried_again() {
    for first in [
        Answer::problem(ProblemCode::DatabaseUnavailable, "The database is away."),
        Answer::new(502, "text/html", "<html>"),
        Answer::new(504, "text/html", ""),
        Answer::problem(ProblemCode::RequestTimeout, "Too slow."),
    ] {
        let nothing = || Answer::events(&[]);
        let backend = Backend::answering(vec![first, nothing(), Answer::json(200, GONE), nothing()]);
        let done = Step::new("cleanup", &backend.url).run().succeeded();
        assert_eq!(backend.requests().len(), 4);
        let logged = done.stdout.lines().filter(|line| line.starts_with("Attempt 1: the backend answered "));
        assert_eq!(logged.count(), 1, "{}", done.stdout);
    }
}

#[test]
fn a_stored_document_is_sent_whole_each_time() {
    let stored = r#"{"repository":"octo/hello","issue_number":42,"phase":"scan","effect":"unchanged",
        "revision":1,"etag":"\"1-1a2b3c4d\"","data_bytes":2,"data_sha256":"00","created_at":"2026-03-02T08:14:55Z",
        "updated_at":"2026-03-02T08:14:55Z"}"#;
    let away = || Answer::problem(ProblemCode::DatabaseUnavailable, "The database is away.");
    let nothing = || Answer::events(&[]);
    let backend = Backend::answering(vec![away(), nothing(), away(), nothing(), Answer::json(200, stored)]);
    Step::new("store", &backend.url).with("phase", "scan").with("data", "[1]").run().succeeded();
    let bodies = backend.requests().into_iter().map(|request| request.body);
    let bodies: Vec<_> = bodies.filter(|body| !body.is_empty()).collect();
    assert_eq!(bodies.len(), 3);
    assert!(bodies.iter().all(|body| body.ends_with(r#""data":[1]}"#)), "{bodies:?}");
}

#[test]
fn a_wait_that_the_backend_asks_for_is_kept() {
    let busy = Answer::new(429, "text/plain", "").header("retry-after", "1");
    let backend = Backend::answering(vec![busy, Answer::json(200, GONE)]);
    let start = Instant::now();
    let done = Step::new("cleanup", &backend.url).run().succeeded();
    assert!(start.elapsed() >= Duration::from_secs(1));
    assert!(done.stdout.contains("Attempt 1: the backend answered 429. Retrying in 1.0 s.\n"));
}

#[test]
fn a_wait_that_is_too_long_ends_the_step_at_once() {
    let busy = Answer::new(429, "text/plain", "").header("retry-after", "60");
    let backend = Backend::answering(vec![busy]);
    let start = Instant::now();
    let done = Step::new("cleanup", &backend.url).run();
    assert!(start.elapsed() < Duration::from_secs(4));
    let line =
        "Attempt 1: the backend requests a wait of 60 s, which is longer than timeout-seconds allows.\n";
    assert!(done.stdout.contains(line), "{}", done.stdout);
    let (title, message) = done.failure();
    assert_eq!(title, "phase-data: too many requests");
    assert!(message.contains("A proxy answered instead of the backend."), "{message}");
}

#[test]
fn a_backend_that_stays_unavailable_is_said_to_be_so() {
    let away = |_| Answer::problem(ProblemCode::DatabaseUnavailable, "The database is away.");
    let backend = Backend::answering((0..50).map(away).collect());
    let done = Step::new("cleanup", &backend.url).with("timeout-seconds", "1").run();
    let (title, message) = done.failure();
    assert_eq!(title, "phase-data: not available");
    assert!(message.starts_with("The database is away (503 database_unavailable, request req-1)\n"));
    assert!(backend.requests().len() > 1);
}

#[test]
fn a_backend_that_is_down_is_not_reachable() {
    let done = Step::new("cleanup", &Backend::absent()).with("timeout-seconds", "1").run();
    let (title, message) = done.failure();
    assert_eq!(title, "phase-data: not reachable");
    assert!(message.starts_with("http://backend could not be reached ("), "{message}");
    assert!(message.contains("Connection refused (os error 111)\nCheck backend-url"), "{message}");
}

#[test]
fn a_name_that_does_not_resolve_is_not_reachable() {
    let done = Step::new("cleanup", "http://backend.invalid")
        .with("allow-insecure-http", "true")
        .with("timeout-seconds", "1")
        .run();
    assert_eq!(done.failure().0, "phase-data: not reachable");
}

#[test]
fn a_backend_that_never_answers_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let start = Instant::now();
    let done = Step::new("cleanup", &url).with("timeout-seconds", "1").run();
    assert!(start.elapsed() < Duration::from_secs(4));
    let (title, message) = done.failure();
    assert_eq!(title, "phase-data: not reachable");
    assert!(message.contains("no complete answer arrived in time"), "{message}");
}

#[test]
fn a_wait_of_no_time_does_not_replace_the_own_pauses() {
    for asked in ["0", "Sun, 06 Nov 1994 08:49:37 GMT"] {
        let busy = |_| Answer::new(429, "text/plain", "").header("retry-after", asked);
        let backend = Backend::answering((0..1000).map(busy).collect());
        let done = Step::new("cleanup", &backend.url).with("timeout-seconds", "2").run();
        assert_eq!(done.failure().0, "phase-data: too many requests");
        assert!(backend.requests().len() < 30, "{}", backend.requests().len());
        let line = ": timeout-seconds leaves no time for another attempt.\n";
        assert!(done.stdout.contains(line), "{}", done.stdout);
    }
}

#[test]
fn a_backend_that_does_not_wait_is_asked_with_pauses_until_the_time_is_over() {
    for (seconds, most) in [(1, 20), (3, 25)] {
        let nothing = |_| Answer::problem(ProblemCode::PhaseDataNotFound, "Nothing is stored.");
        let backend = Backend::answering((0..10_000).map(nothing).collect());
        let step = Step::new("retrieve", &backend.url).with("phase", "scan");
        let start = Instant::now();
        let done = step.with("wait-seconds", &seconds.to_string()).run();
        assert_eq!(done.failure().0, "phase-data: not found");
        assert!(start.elapsed() >= Duration::from_secs(seconds), "{:?}", start.elapsed());
        let lines: Vec<_> = backend.requests().into_iter().map(|request| request.line).collect();
        assert!(lines.len() < most, "{}", lines.len());
        assert!(lines[0].ends_with(&format!("&wait_seconds={seconds}")), "{lines:?}");
    }
}

#[test]
fn the_pauses_between_attempts_get_longer() {
    let away = |_: &crate::backend::Request| Some(Answer::new(503, "text/html", ""));
    let backend = Backend::responding(away);
    let start = Instant::now();
    let done = Step::new("list", &backend.url).with("timeout-seconds", "10").run();
    let pauses: Vec<f64> = done
        .stdout
        .lines()
        .filter_map(|line| line.split_once("Retrying in ")?.1.strip_suffix(" s.")?.parse().ok())
        .collect();
    assert!((5..=7).contains(&pauses.len()), "{pauses:?}");
    // The last one is shortened to what is left.
    let [longer @ .., _] = pauses.as_slice() else { panic!("{pauses:?}") };
    assert!(longer.is_sorted(), "{pauses:?}");
    assert_eq!(backend.requests().len(), pauses.len() + 1);
    assert!((Duration::from_secs(5)..Duration::from_secs(11)).contains(&start.elapsed()), "{pauses:?}");
}
