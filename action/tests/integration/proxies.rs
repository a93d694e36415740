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
    let step = Step::new("cleanup", "http://backend.invalid")
        .with("allow-insecure-http", "true")
        .with("timeout-seconds", "1");
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

/// A step that sends its requests over TLS to a port where nobody listens.
fn over_tls(proxy: &str) -> (Step, u16) {
    let port = Backend::absent().rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port");
    let step = Step::new("cleanup", &format!("https://127.0.0.1:{port}")).with("timeout-seconds", "1");
    (step.variable("https_proxy", proxy), port)
}

#[test]
fn an_excluded_host_is_not_requested_from_the_proxy_in_any_documented_form() {
    let proxy = Backend::responding(|_| Some(Answer::new(403, "text/plain", "")));
    let (step, _) = over_tls(&proxy.url);
    step.variable("no_proxy", "127.0.0.1:1, example.org").run().failure();
    let before = proxy.requests().len();
    assert!(before > 0, "the proxy is used for other hosts");
    for form in
        ["127.0.0.1", "127.0.0.1:PORT", "example.org, 127.0.0.1", "example.org 127.0.0.1", "*", "127.0.0.0/8"]
    {
        for variable in ["no_proxy", "NO_PROXY"] {
            let (step, port) = over_tls(&proxy.url);
            let (_, message) =
                step.variable(variable, &form.replace("PORT", &port.to_string())).run().failure();
            assert!(!message.contains("proxy"), "{message}");
            assert_eq!(proxy.requests().len(), before, "{variable}={form}");
        }
    }
}

#[test]
fn neither_the_token_service_nor_github_is_requested_from_a_proxy_that_excludes_them() {
    let proxy = Backend::responding(|_| Some(Answer::new(403, "text/plain", "")));
    let list = r#"{"repository":"octo/hello","issues":[{"issue_number":42,"updated_at":"2026-03-02T08:14:55Z","phases":[]}]}"#;
    for (excluded, requests) in [("127.0.0.1:PORT", false), ("127.0.0.1:1", true)] {
        let seen = proxy.requests().len();
        let port = Backend::absent().rsplit_once(':').map(|(_, port)| port.to_owned()).expect("a port");
        let proxied = |step: Step| {
            let step = step.with("timeout-seconds", "1").variable("https_proxy", &proxy.url);
            step.variable("no_proxy", &excluded.replace("PORT", &port)).run().failure()
        };
        let tokens =
            Step::new("cleanup", "http://127.0.0.1:1").with("oidc-audience", "pd").without("INPUT_API-KEY");
        let tokens = tokens.variable("ACTIONS_ID_TOKEN_REQUEST_URL", &format!("https://127.0.0.1:{port}/t"));
        let (_, message) = proxied(tokens.variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token"));
        assert_eq!(message.contains(&format!("through the proxy {}", proxy.url)), requests, "{message}");
        let backend = Backend::responding(move |_| Some(Answer::json(200, list)));
        let github = Step::new("sweep", &backend.url).event("{}").with("github-token", "ghs_token");
        let (_, message) = proxied(github.variable("GITHUB_API_URL", &format!("https://127.0.0.1:{port}")));
        assert_eq!(message.contains(&format!("through the proxy {}", proxy.url)), requests, "{message}");
        assert_eq!(proxy.requests().len() > seen, requests, "{excluded}");
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named_without_its_password() {
    let address = Backend::absent();
    let (step, _) = over_tls(&address.replace("http://", "http://us%20er:hunter2@"));
    let done = step.variable("RUNNER_DEBUG", "1").run();
    let (title, message) = done.failure();
    assert_eq!(title, "phase-data: not reachable");
    assert!(message.starts_with("http://backend could not be reached ("), "{message}");
    assert!(message.contains(&format!(") through the proxy {address} (https_proxy): ")), "{message}");
    assert!(message.contains("no_proxy"), "{message}");
    assert!(!done.stdout.contains("hunter2") && !done.summary.contains("hunter2"), "{}", done.stdout);
}

#[test]
fn user_name_and_password_of_a_proxy_are_decoded_and_a_refusal_ends_the_step() {
    let proxy = Backend::responding(|_| Some(Answer::new(407, "text/plain", "")));
    let with_user = proxy.url.replace("http://", "us%20er:p%40ss%3Aw%25rd@");
    let (step, port) = over_tls(&with_user);
    let (_, message) = step.run().failure();
    // One attempt: another one would be refused, too.
    let request = proxy.request();
    assert_eq!(request.line, format!("CONNECT 127.0.0.1:{port}"));
    // us er:p@ss:w%rd
    assert_eq!(request.header("proxy-authorization"), Some("Basic dXMgZXI6cEBzczp3JXJk"));
    assert!(
        message.contains("the proxy refuses the user name and the password, or requires them (407)"),
        "{message}"
    );
    assert!(!message.contains("p%40ss") && !message.contains("p@ss"), "{message}");
}

#[test]
fn an_empty_variable_is_no_proxy_and_an_unusable_one_fails_the_step() {
    let (step, _) = over_tls("");
    let (_, message) = step.run().failure();
    assert!(!message.contains("proxy"), "{message}");
    let (step, _) = over_tls("socks5://us:hunter2@127.0.0.1:1");
    let (_, message) = step.run().failure();
    let cause = "the variable https_proxy names no usable proxy: only proxies with the scheme http or https are supported";
    assert!(message.starts_with(cause) && !message.contains("hunter2"), "{message}");
}
