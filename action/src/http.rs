//! The HTTP client for requests of this step.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::{ClientBuilder, Proxy, Url, redirect};

use crate::backend_url::is_localhost;
use crate::ca_roots::CaRoots;
use crate::error::Error;
use crate::runner::Runner;

/// Limits one attempt, not the whole call, if a host accepts no connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Creates the client that sends this step's requests to one address, or to several with the same scheme.
pub(crate) fn client(runner: &Runner, url: &Url, ca_roots: &CaRoots) -> Result<reqwest::Client, Error> {
    // Parsing the certificates takes longer than a plain request, which does not need them.
    let roots = if is_tls(url) { ca_roots.with_public()? } else { Vec::new() };
    // This fails only if a provider is already installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    connecting(reqwest::Client::builder(), runner, url)
        .user_agent(runner.trace.user_agent())
        .tls_certs_only(roots)
        .connect_timeout(CONNECT_TIMEOUT)
        // A followed redirect would turn a POST into a GET, and lose the document silently.
        .redirect(redirect::Policy::none())
        .build()
        .map_err(|error| Error::client(&error))
}

/// Chooses between a proxy and a direct connection.
fn connecting(builder: ClientBuilder, runner: &Runner, url: &Url) -> ClientBuilder {
    if is_tls(url) {
        let proxies = runner.proxies.clone();
        return builder.proxy(Proxy::custom(move |url| proxies.url(url)));
    }
    let builder = builder.no_proxy();
    match url.host_str().filter(|host| is_localhost(host)) {
        // Plain HTTP is sent to this name because it means this host (RFC 6761, section 6.3). A name server may disagree.
        Some(host) => {
            let loopback = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), (Ipv6Addr::LOCALHOST, 0).into()];
            builder.resolve_to_addrs(host, &loopback)
        }
        None => builder,
    }
}

/// Checks if requests to this address use TLS.
pub(crate) fn is_tls(url: &Url) -> bool {
    url.scheme() == "https"
}
