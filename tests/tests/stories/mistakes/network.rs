//! Mistakes in the address of the backend, and what stands between the step and the backend.

use std::time::{Duration, Instant};

use phase_data_tests::{Backend, ScriptedServer, Step, TlsFront};

use super::table::Table;

const PAGE_413: &[u8] = b"<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n</html>";

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_in_an_address_has_its_cause_and_what_to_do() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let url = backend.url();
    let mut table = Table::new(&backend, &octo);
    let step = table.retrieve().input("backend-url", "http://127.0.0.1:1").input("timeout-seconds", "1");
    table.wrong("nobody listens there", step);
    let step =
        table.retrieve().input("backend-url", "https://no-such-host.invalid").input("timeout-seconds", "1");
    table.wrong("a host that there is not", step);
    let step = table.retrieve().input("backend-url", "http://phase-data.internal:8080");
    table.wrong("plain http to another host", step);
    let proxied = |proxy: &str| {
        let step = table.retrieve().input("backend-url", "https://no-such-host.invalid");
        step.input("timeout-seconds", "1").env("https_proxy", proxy)
    };
    let (absent, unusable) = (proxied("http://user:hunter2@127.0.0.1:1"), proxied("socks5://127.0.0.1:1080"));
    table.wrong("a proxy that is not there", absent);
    table.wrong("a proxy of another kind", unusable);
    let step = table.retrieve().input("backend-url", &format!("{url}/prefix"));
    table.wrong("a path that is wrong", step);
    let front = TlsFront::start(url);
    let step = table.retrieve().input("backend-url", &front.url());
    table.wrong("a certificate of an unknown authority", step);
    let step = table.retrieve().input("ca-file", "ca.pem").file("ca.pem", "not a certificate");
    table.wrong("a file without certificates", step);
    // As it is in a new set-up: none of these takes the whole time of a step to fail.
    let begun = Instant::now();
    let plain = url.replace("http://127.0.0.1", "https://localhost");
    let step = table.retrieve().input("backend-url", &plain);
    table.wrong("https to a port for http", step);
    let tls = front.url().replace("https://", "http://");
    let step = table.retrieve().input("backend-url", &tls);
    table.wrong("http to a port for https", step);
    for (mistake, page) in [
        ("http to nginx's port for https", "400 The plain HTTP request was sent to HTTPS port"),
        ("http to Go's port for https", "Client sent an HTTP request to an HTTPS server.\n"),
        (
            "http to Apache's port for https",
            "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
        ),
    ] {
        let server = ScriptedServer::start(move |_| (400, "text/html", page.as_bytes().to_vec()));
        let step = table.retrieve().input("backend-url", &server.url());
        table.wrong(mistake, step);
    }
    let authority = TlsFront::self_signed(url, true);
    let step = table.retrieve().input("backend-url", &authority.url());
    let step = step.input("ca-file", "ca.pem").file("ca.pem", authority.authority());
    table.wrong("a certificate of openssl req -x509", step);
    let step = table.retrieve().input("backend-url", &authority.url());
    table.wrong("a certificate of openssl req -x509 without ca-file", step);
    let proxy = ScriptedServer::start(|_| (413, "text/html", PAGE_413.to_vec()));
    let step = table.store().input("backend-url", &proxy.url());
    table.wrong("a proxy with a lower limit", step);
    for (mistake, status, code, detail) in [
        ("an operation that the backend does not have", 404, "route_not_found", "This path does not exist."),
        (
            "a parameter that the backend does not have",
            400,
            "invalid_parameter",
            "This call has no query parameter \"wait_seconds\". Its query parameters are phase.",
        ),
        (
            "a member that the backend does not have",
            422,
            "invalid_body",
            "unknown field `expires_in_seconds`.",
        ),
    ] {
        let older = ScriptedServer::older_backend(status, code, detail);
        let step = table.store().input("backend-url", &older.url());
        table.wrong(mistake, step);
    }
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    table.compare("addresses");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_signed_certificate_of_a_server_is_trusted_by_its_own_file() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let front = TlsFront::self_signed(backend.url(), false);
    let step = Step::new("store", &front.url(), &octo.key, 42).input("phase", "scan").input("data", "{}");
    let step = step.input("ca-file", "ca.pem").file("ca.pem", front.authority()).run();
    assert!(step.success, "{}", step.log);
}
