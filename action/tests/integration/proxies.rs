//! A proxy sees no credential.

use phase_data_wire::ProblemCode;

use crate::backend::{Answer, Backend};
use crate::oidc::discovery;
use crate::operations::STORED;
use crate::step::Step;
use crate::token_service::TokenService;

/// A proxy that answers every plain request in its target's place.
fn proxy() -> Backend {
    Backend::responding(|_| Some(Answer::json(200, STORED)))
}

fn through(step: Step, proxy: &Backend) -> Step {
    let names = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy", "HTTPS_PROXY"];
    names.into_iter().fold(step, |step, name| step.variable(name, &proxy.url))
}

#[test]
fn plain_requests_go_straight_to_their_host() {
    let (proxy, backend) = (proxy(), Backend::answering(vec![Answer::json(201, STORED)]));
    let step = Step::new("store", &backend.url).with("phase", "scan").with("data", "1");
    through(step, &proxy).run().succeeded();
    assert_eq!(proxy.requests().len(), 0);
    let step = Step::new("cleanup", "http://backend.invalid").with("timeout-seconds", "1");
    assert_eq!(through(step, &proxy).run().failure().0, "phase-data: not reachable");
    assert_eq!(proxy.requests().len(), 0);
}

#[test]
fn neither_id_tokens_nor_what_they_are_asked_for_with_reach_a_proxy() {
    let (proxy, tokens) = (proxy(), TokenService::start());
    let backend = Backend::answering(vec![discovery("http://backend"), Answer::json(201, STORED)]);
    let step = tokens.step("store", &backend.url).with("phase", "scan").with("data", "1");
    through(step, &proxy).run().succeeded();
    assert_eq!((proxy.requests().len(), tokens.requests().len()), (0, 1));
}

#[test]
fn githubs_token_reaches_no_proxy() {
    let list = || Answer::json(200, r#"{"repository":"octo/hello","issues":[]}"#);
    let issue = r#"{"repository":"octo/hello","issues":[{"issue_number":42,"updated_at":"2026-03-02T08:14:55Z",
        "phases":[]}]}"#;
    let backend = Backend::answering(vec![Answer::json(200, issue), list()]);
    let (proxy, github) = (proxy(), Backend::answering(vec![Answer::json(401, "{}")]));
    let step = Step::new("sweep", &backend.url).event("{}").variable("GITHUB_API_URL", &github.url);
    through(step.with("github-token", "ghs_token"), &proxy).run().failure();
    assert_eq!((proxy.requests().len(), github.requests().len()), (0, 1));
}

#[test]
fn a_tls_connection_is_asked_for_without_the_credential() {
    // It refuses to connect anybody.
    let refusal = || Some(Answer::problem(ProblemCode::CredentialInvalid, "No."));
    let proxy = Backend::responding(move |_| refusal());
    let step = Step::new("cleanup", "https://backend.invalid").with("timeout-seconds", "1");
    through(step, &proxy).run().failure();
    let requests = proxy.requests();
    assert!(!requests.is_empty());
    for request in requests {
        assert_eq!(request.line, "CONNECT backend.invalid:443");
        assert_eq!(request.header("authorization"), None);
    }
}
