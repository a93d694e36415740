//! The ways to a backend: TLS with a private authority, proxies, IPv6.

use phase_data_tests::{Backend, ConnectProxy, Step, TlsFront};

fn store(url: &str, key: &str) -> Step {
    Step::new("store", url, key, 42).input("phase", "scan").input("data", "1").input("timeout-seconds", "5")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_authority_is_trusted_if_ca_file_names_it() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let front = TlsFront::start(backend.url());
    let unknown = store(&front.url(), &octo.key).run();
    assert!(
        !unknown.success && unknown.log.contains("is not trusted: invalid peer certificate"),
        "{}",
        unknown.log
    );
    assert!(unknown.log.contains("set ca-file to that file"), "{}", unknown.log);
    let trusted =
        store(&front.url(), &octo.key).file("ca.pem", front.authority()).input("ca-file", "ca.pem").run();
    assert!(trusted.success, "{}", trusted.log);
    let other = TlsFront::start(backend.url());
    let wrong =
        store(&front.url(), &octo.key).file("ca.pem", other.authority()).input("ca-file", "ca.pem").run();
    assert!(!wrong.success && wrong.log.contains("not trusted"), "{}", wrong.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ca_file_that_is_none_fails_before_any_request() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for (content, expected) in [
        (None, "No such file"),
        (Some(""), "no PEM certificate"),
        (
            Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "certificate 1 can't be read",
        ),
    ] {
        let mut step = store(backend.url(), &octo.key).input("ca-file", "ca.pem");
        if let Some(content) = content {
            step = step.file("ca.pem", content);
        }
        let refused = step.run();
        assert!(!refused.success && refused.log.contains("ca-file ca.pem: "), "{}", refused.log);
        assert!(refused.log.contains(expected), "{content:?}: {}", refused.log);
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 404, "nothing was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_used_unless_the_host_is_excepted() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let (front, proxy) = (TlsFront::start(backend.url()), ConnectProxy::start());
    let step = || store(&front.url(), &octo.key).file("ca.pem", front.authority()).input("ca-file", "ca.pem");
    for (variable, connections) in [("HTTPS_PROXY", 1), ("https_proxy", 2)] {
        let done = step().env(variable, &proxy.url()).run();
        assert!(done.success, "{variable}: {}", done.log);
        assert_eq!(proxy.connections(), connections, "{variable}");
    }
    for variable in ["NO_PROXY", "no_proxy"] {
        let done = step().env("HTTPS_PROXY", &proxy.url()).env(variable, "localhost").run();
        assert!(done.success, "{variable}: {}", done.log);
        assert_eq!(proxy.connections(), 2, "{variable}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_is_reached_by_its_ipv6_address() {
    let backend = Backend::start_listening("[::1]:0").await;
    let octo = backend.tenant("octo", 9919);
    assert!(backend.url().starts_with("http://[::1]:"), "{}", backend.url());
    let done = store(backend.url(), &octo.key).run();
    assert!(done.success, "{}", done.log);
}
