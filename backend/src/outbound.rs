//! The HTTP client for requests that the backend makes itself.

use std::str::FromStr;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Url};

/// The longest time of a request, to the last byte.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// Makes the client. It uses the usual proxy variables.
///
/// The root certificates are built in, because an image made `FROM scratch` has none. No redirect is
/// followed: an attacker who makes a peer redirect could choose addresses inside our network.
///
/// # Errors
/// If TLS can't be set up.
pub(crate) fn client() -> reqwest::Result<Client> {
    let ca_roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|der| Certificate::from_der(der));
    Client::builder()
        .user_agent(concat!("phase-data-backend/", env!("CARGO_PKG_VERSION")))
        .tls_certs_only(ca_roots.collect::<reqwest::Result<Vec<_>>>()?)
        .timeout(TIMEOUT)
        .redirect(Policy::none())
        .build()
}

/// The place where an answer is not the expected JSON. serde's own text would quote the answer.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("unexpected JSON at line {line} column {column}")]
pub(crate) struct UnexpectedJson {
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for UnexpectedJson {
    fn from(error: serde_json::Error) -> Self {
        Self { line: error.line(), column: error.column() }
    }
}

/// The base address of an API. Plain HTTP is accepted for this machine only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// The expected form, for errors about settings.
    pub(crate) const EXPECTED: &str = "an address like https://api.github.com, without `?` and `#`";

    /// The API of github.com.
    pub(crate) fn github_api() -> Self {
        Self("https://api.github.com".to_owned())
    }

    /// Returns the address.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of this path below it, which begins without a slash.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}/{path}", self.0)
    }
}

impl FromStr for BaseUrl {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let url: Url = text.parse().map_err(drop)?;
        let local = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        let safe = url.scheme() == "https" || (url.scheme() == "http" && local);
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if safe && bare { Ok(Self(url.as_str().trim_end_matches('/').to_owned())) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::BaseUrl;

    #[test]
    fn a_base_is_https_or_this_machine() {
        let joined = |base: &str| base.parse::<BaseUrl>().map(|base| base.join("meta"));
        assert_eq!(joined("https://api.github.com"), Ok("https://api.github.com/meta".to_owned()));
        assert_eq!(joined("https://ghe.example/api/v3/"), Ok("https://ghe.example/api/v3/meta".to_owned()));
        assert_eq!(joined("http://127.0.0.1:8080"), Ok("http://127.0.0.1:8080/meta".to_owned()));
        for bad in ["", "api.github.com", "http://api.github.com", "ftp://x", "https://x/?a", "https://me@x"]
        {
            assert_eq!(joined(bad), Err(()), "{bad}");
        }
    }

    #[test]
    fn a_client_needs_nothing_from_the_system() {
        // Fails only if a provider is there already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        assert!(super::client().is_ok());
    }
}
