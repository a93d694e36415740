//! The HTTP client for requests of this step.

use std::time::Duration;

use reqwest::{Url, redirect};

use crate::ca_roots::CaRoots;
use crate::error::Error;
use crate::trace::Trace;

/// Limits one attempt, not the whole call, if a host accepts no connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Creates the client that sends this step's requests to one address.
///
/// A proxy from the environment can't read a TLS connection. Without TLS it would read the credential, and take a
/// loopback address for its own: plain HTTP bypasses the proxy.
pub(crate) fn client(trace: &Trace, url: &Url, ca_roots: &CaRoots) -> Result<reqwest::Client, Error> {
    // Parsing the certificates takes longer than a plain request, which does not need them.
    let roots = if is_tls(url) { ca_roots.with_public()? } else { Vec::new() };
    // This fails only if a provider is already installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder();
    let builder = if is_tls(url) { builder } else { builder.no_proxy() };
    builder
        .user_agent(trace.user_agent())
        .tls_certs_only(roots)
        .connect_timeout(CONNECT_TIMEOUT)
        // A followed redirect would turn a POST into a GET, and lose the document silently.
        .redirect(redirect::Policy::none())
        .build()
        .map_err(|error| Error::client(&error))
}

/// Checks if requests to this address use TLS.
pub(crate) fn is_tls(url: &Url) -> bool {
    url.scheme() == "https"
}
