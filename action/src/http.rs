//! The HTTP client for requests of this step.

use std::time::Duration;

use reqwest::{Url, redirect};

use crate::ca_roots::CaRoots;
use crate::error::Error;
use crate::trace::Trace;

/// A host that does not even accept a connection is given up for this attempt, not for the whole call.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes the client that sends this step's requests to one address.
///
/// A proxy that the environment names sees nothing of a TLS connection. Without TLS it would read the credential, and
/// take a loopback address for its own machine's: plain HTTP goes straight to its host.
pub(crate) fn client(trace: &Trace, url: &Url, ca_roots: &CaRoots) -> Result<reqwest::Client, Error> {
    // Reading the authorities takes longer than a plain request, which has no use for them.
    let roots = if is_tls(url) { ca_roots.with_public()? } else { Vec::new() };
    // It fails only where a provider is installed already, and then that one serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder();
    let builder = if is_tls(url) { builder } else { builder.no_proxy() };
    builder
        .user_agent(trace.user_agent())
        .tls_certs_only(roots)
        .connect_timeout(CONNECT_TIMEOUT)
        // A followed redirect would turn a POST into a GET and lose the document without a word.
        .redirect(redirect::Policy::none())
        .build()
        .map_err(|error| Error::client(&error))
}

/// Checks if requests to this address use TLS.
pub(crate) fn is_tls(url: &Url) -> bool {
    url.scheme() == "https"
}
