//! The backend's address.

use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

/// The backend's address: `http` or `https`, optionally with a path prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendUrl(Url);

/// A text is not a [`BackendUrl`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendUrlError {
    /// The text is not a URL.
    #[error("not a URL ({0}): write it like https://phase-data.example.com")]
    NotAnAddress(String),
    /// The scheme is not `http` or `https`.
    #[error("the scheme must be http or https: write it like https://phase-data.example.com")]
    Scheme,
    /// The address contains a user name or a password.
    #[error("remove the user name and the password: the key belongs in api-key")]
    Userinfo,
    /// The address has a query or a fragment.
    #[error("remove the query (`?`) and the fragment (`#`)")]
    Query,
    /// The address contains the path that the action adds.
    #[error("remove /api/v1: the action adds it")]
    ApiPath,
}

impl BackendUrl {
    /// Returns the address of a call, with each segment percent-encoded.
    pub(crate) fn call(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        // An http address always has a path, so this never fails.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["api", "v1"]).extend(segments);
        }
        url
    }

    /// Returns an address outside the API, like that of the backend's health.
    pub(crate) fn beside_api(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Returns the address.
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// Checks if another address is the same: scheme, host, port and path, with or without a final slash.
    ///
    /// Several services may share a host, each below a path of its own.
    pub(crate) fn is_same(&self, other: &str) -> bool {
        // The other text is sent unchanged, so it must not contain what the parser removes or resolves.
        let plain = !other.chars().any(|it| it.is_control() || matches!(it, ' ' | '\\'))
            && !other
                .split('/')
                .any(|segment| matches!(segment.to_lowercase().replace("%2e", ".").as_str(), "." | ".."));
        let other = other.parse::<Self>().ok();
        plain && other.is_some_and(|other| other.as_str() == self.as_str())
    }

    /// Checks that nobody can read or change what is sent.
    pub(crate) fn is_tamper_proof(&self) -> bool {
        is_tamper_proof(&self.0)
    }

    /// Returns scheme, host and port, the start of an audience.
    pub(crate) fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Returns the address without a final slash.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

/// Checks that nobody can read or change what is sent: the connection uses TLS or stays on this host.
pub(crate) fn is_tamper_proof(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let on_this_host = match address {
        Ok(address) => address.is_loopback(),
        Err(_) => is_localhost(host),
    };
    url.scheme() == "https" || on_this_host
}

/// Checks if a name always means this host. Another name may resolve to a loopback address now, and to another one later.
pub(crate) fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

impl FromStr for BackendUrl {
    type Err = BackendUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|error| BackendUrlError::NotAnAddress(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BackendUrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BackendUrlError::Userinfo);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BackendUrlError::Query);
        }
        if url.path().contains("/api/v1") {
            return Err(BackendUrlError::ApiPath);
        }
        Ok(Self(url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_and_a_trailing_slash_are_kept_apart_from_ours() {
        for (base, call) in [
            ("http://h", "http://h/api/v1/phase_data/o/.r"),
            ("http://h:8080/", "http://h:8080/api/v1/phase_data/o/.r"),
            ("https://h/tools/pd", "https://h/tools/pd/api/v1/phase_data/o/.r"),
            ("https://h/tools/pd/", "https://h/tools/pd/api/v1/phase_data/o/.r"),
        ] {
            let url: BackendUrl = base.parse().expect(base);
            assert_eq!(url.call(&["phase_data", "o", ".r"]).as_str(), call);
        }
    }

    #[test]
    fn an_address_is_scheme_host_port_and_path() {
        let same = |other| "https://H.example/pd".parse::<BackendUrl>().expect("an address").is_same(other);
        for other in ["https://h.example/pd", "https://h.example:443/pd", "HTTPS://H.EXAMPLE/pd/"] {
            assert!(same(other), "{other}");
        }
        let root = "https://h.example/".parse::<BackendUrl>().expect("an address");
        assert!(root.is_same("https://h.example") && !root.is_same("https://h.example/pd"));
        for other in [
            "http://h.example/pd",
            "https://h.example:444/pd",
            "https://h.example",
            "https://h.example/good",
            "https://h.example/PD",
            "https://h.example/pd2",
            "https://h.example/pd/x",
            "https://h.example/good/../pd",
            "https://h.example/good/%2e%2e/pd",
            "https://h.example\\pd",
            "https://h.example/pd?x",
            "https://h.example/pd#x",
            "https://x@h.example/pd",
            "https://h.example.evil/pd",
            "https://h.example@evil/pd",
            "https://sub.h.example/pd",
            "h.example/pd",
            "sts.amazonaws.com",
            "api://AzureADTokenExchange",
            "https://h.exa\nmple/pd",
            " https://h.example/pd",
            "",
        ] {
            assert!(!same(other), "{other}");
        }
    }

    #[test]
    fn only_encryption_or_the_own_host_keeps_answers_whole() {
        let proof = |text: &str| text.parse::<BackendUrl>().expect(text).is_tamper_proof();
        for url in
            ["https://h", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost", "http://a.localhost"]
        {
            assert!(proof(url), "{url}");
        }
        for url in ["http://h", "http://localhost.example", "http://10.0.0.1", "http://127.0.0.1.nip.io"] {
            assert!(!proof(url), "{url}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_backend_is_refused() {
        use BackendUrlError::{ApiPath, NotAnAddress, Query, Scheme, Userinfo};
        assert!(matches!("phase-data.example.com".parse::<BackendUrl>(), Err(NotAnAddress(_))));
        for (text, error) in [
            ("localhost:8080", Scheme),
            ("ftp://h", Scheme),
            ("http://u:p@h", Userinfo),
            ("http://h/?x=1", Query),
            ("http://h/#x", Query),
            ("https://h/api/v1/", ApiPath),
        ] {
            assert_eq!(text.parse::<BackendUrl>(), Err(error), "{text}");
        }
    }
}
