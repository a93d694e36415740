//! A token for another service's audience is a credential there: only the backend's own is asked for.

use std::net::TcpListener;

use crate::backend::{Answer, Backend};
use crate::oidc::discovery;
use crate::token_service::TokenService;

#[test]
fn an_audience_that_is_not_the_backends_own_is_not_asked_for() {
    for (audience, shown) in [
        ("sts.amazonaws.com", "sts.amazonaws.com"),
        ("https://vault.example.com", "https://vault.example.com"),
        ("https://127.0.0.1/", "https://127.0.0.1/"),
        ("http://backend@evil.example/", "http://backend@evil.example/"),
        ("http://backend.evil.example/", "http://backend.evil.example/"),
        ("http://backend\n", "http://backend "),
        ("", ""),
    ] {
        let (tokens, backend) = (TokenService::start(), Backend::answering(vec![discovery(audience)]));
        let done = tokens.step("cleanup", &backend.url).run();
        let (title, message) = done.failure();
        assert_eq!(title, "phase-data: audience not trusted");
        assert_eq!(
            message,
            format!(
                "the backend at http://backend requests an id token for the audience \"{shown}\", which is not \
                 its own address: the backend could use such a token at that other service\n\
                 Ask the operator of the backend to set PHASE_DATA_PUBLIC_URL to the address in backend-url. \
                 If you are sure that the audience belongs to this backend, set `oidc-audience` to it."
            )
        );
        assert_eq!(tokens.requests().len(), 0);
        assert_eq!(backend.requests().len(), 1);
    }
}

#[test]
fn each_path_of_a_host_has_an_audience_of_its_own() {
    let gone = r#"{"repository":"octo/hello","issue_number":42,"deleted":[],"purged":false}"#;
    let own = [
        ("", "http://backend/"),
        ("/tools/pd", "http://backend/tools/pd"),
        ("/tools/pd/", "http://backend/tools/pd"),
    ];
    for (prefix, audience) in own {
        let backend = Backend::answering(vec![discovery(audience), Answer::json(200, gone)]);
        let tokens = TokenService::start();
        tokens.step("cleanup", &format!("{}{prefix}", backend.url)).run().succeeded();
        assert_eq!(tokens.requests().len(), 1, "{prefix}");
    }
    for audience in
        ["http://backend/good", "http://backend", "http://backend/evil/good", "http://backend/good/../evil"]
    {
        let (tokens, backend) = (TokenService::start(), Backend::answering(vec![discovery(audience)]));
        let done = tokens.step("cleanup", &format!("{}/evil", backend.url)).run();
        assert_eq!(done.failure().0, "phase-data: audience not trusted", "{audience}");
        assert_eq!(tokens.requests().len(), 0);
    }
}

#[test]
fn nobody_on_a_plain_connection_may_name_the_audience() {
    // Every address of this host answers, yet only a loopback one is known to be of this host.
    let listener = TcpListener::bind("0.0.0.0:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let tokens = TokenService::start();
    let step = tokens.step("cleanup", &format!("http://0.0.0.0:{port}/pd"));
    let done = step.with("allow-insecure-http", "true").run();
    let (title, message) = done.failure();
    assert_eq!(title, "phase-data: audience not trusted");
    assert_eq!(
        message,
        format!(
            "backend-url uses plain http (http://0.0.0.0:{port}). Anyone on the network path could name the audience \
             of the id token, and use the token at another service\n\
             Use https in backend-url. Or set `oidc-audience` to the value of the backend's PHASE_DATA_PUBLIC_URL, so \
             that the step does not request it from the backend."
        )
    );
    assert_eq!(tokens.requests().len(), 0);
    listener.set_nonblocking(true).expect("set");
    assert!(listener.accept().is_err(), "the backend was asked");
}
