//! The action sends only a key or a token as a credential, and in clear text only within this host.

use std::net::TcpListener;

use crate::backend::{Answer, Backend};
use crate::inputs::wrong_input;
use crate::operations::STORED;
use crate::step::{KEY, Step};

#[test]
fn no_credential_is_sent_in_clear_text_to_another_host() {
    let clear = "http:// would send the credential in clear text, so nothing was sent. Use https://. If the network is trusted \
                 (a service container), set allow-insecure-http to true";
    // These addresses lead to this host, but only loopback names and addresses are sure to.
    let listener = TcpListener::bind("0.0.0.0:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    for host in ["0.0.0.0", "backend", "localhost.example.com", "10.0.0.1", "[::ffff:127.0.0.1]"] {
        let message = wrong_input(|step| step.with("backend-url", &format!("http://{host}:{port}")));
        assert_eq!(message, format!("backend-url: {clear}"), "{host}");
    }
    let message = wrong_input(|step| {
        let step = step.without("INPUT_API-KEY").with("auth", "oidc");
        let step = step.variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token");
        step.variable("ACTIONS_ID_TOKEN_REQUEST_URL", &format!("http://0.0.0.0:{port}/token"))
    });
    assert_eq!(message, format!("ACTIONS_ID_TOKEN_REQUEST_URL: {clear}"));
    listener.set_nonblocking(true).expect("set");
    assert!(listener.accept().is_err(), "a request was sent");
}

#[test]
fn a_workflow_can_allow_clear_text_with_a_warning_and_loopback_needs_none() {
    let backend = Backend::responding(|_| Some(Answer::json(201, STORED)));
    let port = backend.url.rsplit_once(':').map(|(_, port)| port.to_owned()).expect("a port");
    let step = |host: &str| {
        let step = Step::new("store", &format!("http://{host}:{port}"));
        step.with("phase", "scan").with("data", "{}")
    };
    for host in ["127.0.0.1", "localhost", "backend.localhost"] {
        let done = step(host).run().succeeded();
        assert!(!done.stdout.contains("::warning"), "{host}: {}", done.stdout);
    }
    let done = step("0.0.0.0").with("allow-insecure-http", "true").run().succeeded();
    assert!(
        done.stdout.contains("::warning title=phase-data%3A credential in clear text::"),
        "{}",
        done.stdout
    );
    assert_eq!(backend.requests().len(), 4);
}

#[test]
fn another_secret_is_named_by_its_kind_and_not_sent() {
    let secret = concat!("ghp_", "0123456789abcdefghijklmnopqrstuvwxyz");
    let done = Step::new("cleanup", &Backend::absent()).with("api-key", secret).run();
    let (title, message) = done.failure();
    assert_eq!(title, "phase-data: wrong input");
    let cause = "api-key: this looks like a personal access token of GitHub (ghp_…), not like an API key of phase-data";
    assert!(message.starts_with(cause) && message.contains("revoke"), "{message}");
    assert!(!message.contains("0123") && !done.stdout.contains("Attempt"), "{}", done.stdout);
    // White space around a key, as from a YAML block, does not count.
    let message = wrong_input(|step| step.with("api-key", &format!(" {KEY}\n")).with("phase", "x"));
    assert!(!message.contains("api-key"), "{message}");
    for (damaged, cause) in [
        (&KEY[..50], "not a whole API key: a key is pd_ and 48 letters and digits"),
        (
            &KEY.replace("test", "tset"),
            "not an API key: its checksum does not match, so a character of it is wrong",
        ),
        ("hunter2", "not an API key of phase-data: a key is pd_ and 48 letters and digits"),
    ] {
        let message = wrong_input(|step| step.with("api-key", damaged));
        assert_eq!(message, format!("api-key: {cause}. It was not sent. Copy the whole key"));
    }
}
