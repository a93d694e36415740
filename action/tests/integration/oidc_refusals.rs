//! No id token, or a refused one: each says which it was, why, and what to change.

use phase_data_wire::ProblemCode;
use serde_json::{Value, json};

use crate::backend::{Answer, Backend};
use crate::step::{Step, StepResult};
use crate::token_service::{REQUEST_TOKEN, TokenService, id_token};

const FORK: &str = r#"{"pull_request":{"number":7,"head":{"repo":{"id":2}},"base":{"repo":{"id":1}}}}"#;
const OWN: &str = r#"{"pull_request":{"number":7,"head":{"repo":{"id":1}},"base":{"repo":{"id":1}}}}"#;
const PERMISSION: &str = "`permissions: { contents: read, id-token: write }`";

/// A step that has neither a key nor a token.
fn poor(auth: &str, event_name: &str, event: &str) -> (String, String) {
    let step = Step::new("cleanup", &Backend::absent()).without("INPUT_API-KEY").with("auth", auth);
    let step = step.event(event).variable("GITHUB_EVENT_NAME", event_name).with("issue-number", "42");
    let done = step.run();
    assert!(!done.stdout.contains("Attempt"), "a request was made: {}", done.stdout);
    assert!(done.summary.contains("\n\n**What to do:** "), "{}", done.summary);
    done.failure()
}

#[test]
fn a_job_without_the_permission_learns_how_to_get_it() {
    let lacks = "this job gets no id token: it lacks the permission id-token: write";
    for (auth, event_name, event, cause) in [
        ("auto", "issues", "{}", format!("api-key is empty, and {lacks}")),
        ("oidc", "issues", "{}", format!("auth is oidc, and {lacks}")),
        ("oidc", "pull_request", OWN, format!("auth is oidc, and {lacks}")),
        ("oidc", "pull_request_target", FORK, format!("auth is oidc, and {lacks}")),
    ] {
        let (title, message) = poor(auth, event_name, event);
        assert_eq!(title, "phase-data: no credential");
        let (first, hint) = message.split_once('\n').expect("a hint");
        assert_eq!(first, cause);
        assert!(hint.starts_with(&format!("Add to the job: {PERMISSION}")), "{hint}");
        assert!(hint.contains("A pull request from a fork gets n"), "{hint}");
        assert_eq!(hint.contains("`api-key: ${{ secrets.PHASE_DATA_API_KEY }}`"), auth == "auto", "{hint}");
        assert_eq!(hint.lines().count(), 1);
    }
}

#[test]
fn the_permission_in_the_hint_is_yaml() {
    let yaml = PERMISSION.trim_matches('`');
    let parsed: Value = serde_saphyr::from_str(yaml).expect("YAML");
    assert_eq!(parsed, json!({"permissions": {"contents": "read", "id-token": "write"}}));
}

#[test]
fn a_pull_request_from_a_fork_is_said_to_be_one() {
    for auth in ["auto", "oidc"] {
        let (title, message) = poor(auth, "pull_request", FORK);
        assert_eq!(title, "phase-data: no credential");
        let fork =
            "and this run is for a pull request from a fork, to which GitHub gives no id token\nGitHub gives";
        assert!(message.contains(fork) && !message.contains("Add to the job"), "{message}");
    }
}

#[test]
fn half_an_offer_is_none() {
    let tokens = TokenService::start();
    for variable in ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"] {
        let step = tokens.step("cleanup", &Backend::absent());
        assert_eq!(step.without(variable).run().failure().0, "phase-data: no credential");
        let step = tokens.step("cleanup", &Backend::absent());
        assert_eq!(step.variable(variable, "\t a b").run().failure().0, "phase-data: wrong input");
    }
}

/// A step whose token service answers just this, and whose backend must not be asked for more.
fn served(answer: Answer) -> StepResult {
    let tokens = TokenService::failing_first(vec![answer]);
    let backend =
        Backend::answering(vec![Answer::json(200, r#"{"audience":"http://backend","issuers":[]}"#)]);
    let done = tokens.step("cleanup", &backend.url).run();
    assert_eq!(tokens.requests().len(), 1, "{}", done.stdout);
    assert_eq!(backend.requests().len(), 1);
    done
}

#[test]
fn a_token_service_that_refuses_names_the_permission() {
    for status in [401, 403] {
        let (title, message) = served(Answer::new(status, "text/plain", "hunter2")).failure();
        assert_eq!(title, "phase-data: no id token");
        let cause =
            format!("the runner's token service refused to issue an id token for this job ({status})\n");
        assert!(message.starts_with(&format!("{cause}Add to the job: {PERMISSION}")), "{message}");
    }
}

#[test]
fn what_is_no_token_is_neither_sent_nor_shown() {
    for answer in [
        Answer::json(200, "hunter2"),
        Answer::json(200, r#"{"value":"hunter2"}"#),
        Answer::json(200, r#"{"value":"a.b.hunter2\n::error::x"}"#),
        Answer::json(200, r#"{"value":"a..hunter2"}"#),
        Answer::json(200, r#"{"value":null}"#),
        Answer::json(200, r#"{"token":"a.b.hunter2"}"#),
        Answer::json(404, r#"{"value":"a.b.hunter2"}"#),
        // A redirect would carry the request token to another host.
        Answer::new(302, "text/html", "").header("location", "http://127.0.0.1:1/hunter2"),
    ] {
        let done = served(answer);
        let (title, message) = done.failure();
        assert_eq!(title, "phase-data: no id token");
        assert!(message.contains(" without an id token\nGitHub may have a problem"), "{message}");
        assert!(!done.stdout.contains("hunter2"), "{}", done.stdout);
    }
}

#[test]
fn a_backend_without_id_tokens_says_so() {
    let unset = r#"{"code":"oidc_not_configured","detail":"No issuer is configured.","status":404}"#;
    for answer in [
        Answer::problem(ProblemCode::RouteNotFound, "There is no such path."),
        Answer::new(404, "application/problem+json", unset),
    ] {
        let (tokens, backend) = (TokenService::start(), Backend::answering(vec![answer]));
        let (title, message) = tokens.step("cleanup", &backend.url).run().failure();
        assert_eq!(title, "phase-data: id tokens not accepted");
        assert!(
            message.starts_with("this backend does not accept id tokens (OIDC)\nPass a key: "),
            "{message}"
        );
        assert!(tokens.requests().is_empty());
    }
    for answer in [Answer::new(404, "text/html", "<html>"), Answer::json(200, r#"{"issuers":[]}"#)] {
        let (tokens, backend) = (TokenService::start(), Backend::answering(vec![answer]));
        let (title, _) = tokens.step("cleanup", &backend.url).run().failure();
        assert_eq!(title, "phase-data: not a phase-data backend");
        assert!(tokens.requests().is_empty());
    }
}

/// A step whose token the backend refuses with this problem.
fn refused(status: u16, problem: &Value) -> StepResult {
    let refusal = Answer::new(status, "application/problem+json", problem.to_string());
    let (tokens, backend) = (TokenService::start(), Backend::answering(vec![refusal]));
    let done = tokens.step("cleanup", &backend.url).with("oidc-audience", "pd").run();
    assert_eq!(tokens.requests().len(), 1, "a refusal is not asked again");
    for secret in [&id_token(1)[..30], &REQUEST_TOKEN[..30]] {
        let shown = done.stdout.lines().filter(|line| line.contains(secret));
        assert!(shown.into_iter().all(|line| line.starts_with("::add-mask::")), "{}", done.stdout);
        assert!(!done.summary.contains(secret) && !done.summary.contains("8ZGE4"), "{}", done.summary);
    }
    done
}

#[test]
fn a_refused_token_is_explained_in_the_backends_words() {
    for (status, code, title) in [
        (401, "audience_mismatch", "phase-data: not allowed"),
        (401, "credential_invalid", "phase-data: not allowed"),
        (403, "event_refused", "phase-data: not allowed"),
        (404, "account_unknown", "phase-data: refused"),
    ] {
        let problem = json!({"code": code, "detail": "Which check failed.", "hint": "What to change.",
            "request_id": "req-7"});
        let done = refused(status, &problem);
        let cause = format!("Which check failed ({status} {code}, request req-7)");
        let more = format!("More: http://backend/problems#{code}");
        assert_eq!(done.failure(), (title.to_owned(), format!("{cause}\nWhat to change.\n{more}")));
        let (link, code) = (format!("/problems#{code}>)\n\n"), code.replace('_', "&#95;"));
        let cause = format!("**Cause:** Which check failed &#40;{status} {code}, request req-7&#41;\n\n");
        let text = format!("{cause}**What to do:** What to change.\n\n[More about this problem](<http://");
        assert!(done.summary.contains(&text) && done.summary.ends_with(&link), "{}", done.summary);
        assert!(!done.stdout.contains("::group::"));
    }
}

#[test]
fn the_claims_of_a_refused_token_are_shown_as_text() {
    let claims = json!({"aud": "https://other.example", "ref": "x\n::error::gotcha ##[error]y",
        "::endgroup::": "a|b<img>", "echo": id_token(1), "cut": format!("{}{}", "x".repeat(280), id_token(1))});
    let detail = format!("No. {}{}", "y".repeat(470), id_token(1));
    let problem = json!({"code": "token_invalid", "detail": detail, "hint": "Fix.", "claims": claims});
    let done = refused(401, &problem);
    let group = format!(
        "\n::group::Claims of the refused token (unverified, for debugging)\n\
         > ::endgroup::: a|b<img>\naud: https://other.example\ncut: {}***\necho: ***\n\
         ref: x ::error::gotcha # #[error]y\n::endgroup::\n",
        "x".repeat(280)
    );
    assert!(done.stdout.ends_with(&group), "{}", done.stdout);
    let table = format!(
        "Claims of the refused token (unverified, for debugging):\n\n| Claim | Value |\n| --- | --- |\n\
         | &#58;&#58;endgroup&#58;&#58; | a&#124;b&#60;img&#62; |\n\
         | aud | https&#58;//other.example |\n| cut | {}&#42;&#42;&#42; |\n| echo | &#42;&#42;&#42; |\n\
         | ref | x &#58;&#58;error&#58;&#58;gotcha &#35;&#35;&#91;error&#93;y |\n\n",
        "x".repeat(280)
    );
    assert!(done.summary.ends_with(&table), "{}", done.summary);
}
