//! The run's log and the backend's can be joined, and a debug run shows what was asked and answered.

use phase_data_wire::ProblemCode;

use crate::backend::{Answer, Backend};
use crate::oidc::discovery;
use crate::step::{KEY, Step, program};
use crate::token_service::{REQUEST_TOKEN, TokenService, id_token};

const GONE: &str = r#"{"repository":"octo/hello","issue_number":42,"deleted":[],"purged":false}"#;

fn in_run(step: Step) -> Step {
    step.variable("GITHUB_RUN_ID", "1658821493")
        .variable("GITHUB_RUN_ATTEMPT", "2")
        .variable("GITHUB_ACTION", "__octo_phase data")
}

#[test]
fn requests_name_their_run_and_step_and_each_attempt_is_another() {
    let away = Answer::problem(ProblemCode::DatabaseUnavailable, "The database is away.");
    let nothing = || Answer::events(&[]);
    let backend = Backend::answering(vec![away, nothing(), Answer::json(200, GONE), nothing()]);
    in_run(Step::new("cleanup", &backend.url)).run().succeeded();
    let mut ids = Vec::new();
    let agent = format!("{} (run 1658821493/2)", program());
    for request in backend.requests() {
        assert_eq!(request.header("user-agent"), Some(agent.as_str()));
        let id = request.header("x-request-id").expect("an id").to_owned();
        assert!(id.starts_with("run-1658821493-2-__octo_phase_data-"), "{id}");
        ids.push(id);
    }
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn the_runners_token_service_gets_no_name_of_ours_and_discovery_does() {
    let (tokens, backend) = (
        TokenService::start(),
        Backend::answering(vec![discovery("http://backend"), Answer::json(200, GONE)]),
    );
    in_run(tokens.step("cleanup", &backend.url)).run().succeeded();
    assert!(backend.requests().iter().all(|request| request.header("x-request-id").is_some()));
    assert_eq!(tokens.requests()[0].header("x-request-id"), None);
}

#[test]
fn a_debug_run_shows_each_request_and_no_secret() {
    let answers = vec![discovery("http://backend"), Answer::json(200, GONE).header("set-cookie", "hunter2")];
    let (tokens, backend) = (TokenService::start(), Backend::answering(answers));
    let done = tokens.step("cleanup", &backend.url).variable("RUNNER_DEBUG", "1").run().succeeded();
    let lines: Vec<_> = done.stdout.lines().filter_map(|line| line.strip_prefix("::debug::")).collect();
    let [asked, token, call] = lines.as_slice() else { panic!("{}", done.stdout) };
    for (line, start, end) in [
        (asked, "GET /api/v1/auth/oidc [local-", "connection, content-length, content-type"),
        (
            token,
            "GET /job/7 (query: api-version, audience): 200, first byte",
            "connection, content-length, content-type",
        ),
        (
            call,
            "DELETE /api/v1/phase_data/octo/hello/42 [local-",
            "connection, content-length, content-type, set-cookie",
        ),
    ] {
        assert!(line.starts_with(start) && line.ends_with(&format!(" ms, headers: {end}")), "{line}");
    }
    for secret in [REQUEST_TOKEN, "hunter2", &id_token(1)] {
        assert!(lines.iter().all(|line| !line.contains(secret)), "{lines:?}");
    }
}

#[test]
fn a_debug_run_says_why_no_answer_came_and_another_run_says_nothing() {
    let step = || Step::new("cleanup", &Backend::absent()).with("timeout-seconds", "1");
    let done = step().variable("RUNNER_DEBUG", "1").run();
    let line = " ms: Connection refused (os error 111)\n";
    assert!(
        done.stdout.contains("::debug::DELETE /api/v1/phase_data/octo/hello/42 [local-"),
        "{}",
        done.stdout
    );
    assert!(done.stdout.contains(line), "{}", done.stdout);
    assert_eq!(done.stdout.matches(KEY).count(), 1, "only the mask shows it");
    assert!(!step().run().stdout.contains("::debug::"));
}
