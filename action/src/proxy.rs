//! The proxies that the environment names, and the hosts that are reached without one.
//!
//! GitHub documents these variables for its runners; this file reads them as the runner does: the lower-case name counts
//! before the upper-case one, an empty variable is an absent one, and entries of `no_proxy` may have a port.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use reqwest::Url;

use crate::error::Error;
use crate::inputs::Inputs;

/// The proxy for `https://` addresses, and its exclusions.
///
/// A proxy can't read a TLS connection. Without TLS it would read the credential, and take a loopback address for its own,
/// so requests to `http://` addresses use no proxy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies {
    https: Option<Proxy>,
    excluded: Vec<Exclusion>,
}

/// A proxy, and the variable that names it.
#[derive(Clone)]
struct Proxy {
    variable: &'static str,
    /// Contains the user name and the password. `Err`: the value is not the address of a proxy.
    url: Result<Url, &'static str>,
}

/// An entry of `no_proxy`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Exclusion {
    hosts: Hosts,
    /// `None`: every port.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    All,
    Network(IpNet),
    /// A domain, in lower case, and everything below it.
    Domain(String),
}

const HTTPS: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const EXCLUDED: [&str; 2] = ["no_proxy", "NO_PROXY"];

impl Proxies {
    pub(crate) fn from_inputs(inputs: &Inputs<'_>) -> Self {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| Some((*name, inputs.variable(name)?.trim().to_owned())))
        };
        let https = first(&HTTPS).filter(|(_, text)| !text.is_empty());
        let https = https.map(|(variable, text)| Proxy { variable, url: proxy_address(&text) });
        let excluded = first(&EXCLUDED).map(|(_, text)| text).unwrap_or_default();
        let entries = excluded.split(|it: char| it == ',' || it.is_whitespace());
        Self { https, excluded: entries.filter_map(Exclusion::parse).collect() }
    }

    /// Returns the proxy for requests to this address.
    fn proxy(&self, url: &Url) -> Option<&Proxy> {
        let excluded = self.excluded.iter().any(|exclusion| exclusion.contains(url));
        self.https.as_ref().filter(|_| url.scheme() == "https" && !excluded)
    }

    /// Returns the address of the proxy for requests to this address, with user name and password.
    pub(crate) fn url(&self, url: &Url) -> Option<Url> {
        self.proxy(url)?.url.clone().ok()
    }

    /// Checks that the proxy for requests to this address can be used.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Error> {
        let Some(Proxy { variable, url: Err(cause) }) = self.proxy(url) else { return Ok(()) };
        Err(Error::Proxy { variable, cause })
    }

    /// Describes the proxy for requests to this address, without user name and password.
    pub(crate) fn description(&self, url: &Url) -> Option<String> {
        let Proxy { variable, url } = self.proxy(url)?;
        let url = url.as_ref().ok()?;
        Some(format!("{} ({variable})", url.origin().ascii_serialization()))
    }
}

/// Parses the value of a variable. Without a scheme it is the address of an HTTP proxy.
fn proxy_address(text: &str) -> Result<Url, &'static str> {
    let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&text).map_err(|_| "it is not an address like http://proxy.example.com:3128")?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err("only proxies with the scheme http or https are supported"),
    }
}

impl Exclusion {
    fn parse(entry: &str) -> Option<Self> {
        let (host, port) = match entry.rsplit_once(':') {
            // A colon is also part of an IPv6 address.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse().ok()?))
            }
            _ => (entry, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_lowercase();
        let network = host.parse().or_else(|_| host.parse::<IpAddr>().map(IpNet::from));
        let domain = host.strip_prefix('*').unwrap_or(&host).trim_matches('.');
        let hosts = match network {
            Ok(network) => Hosts::Network(network),
            Err(_) if host == "*" => Hosts::All,
            Err(_) if domain.is_empty() => return None,
            Err(_) => Hosts::Domain(domain.to_owned()),
        };
        Some(Self { hosts, port })
    }

    fn contains(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let of_host = match (&self.hosts, host.parse::<IpAddr>()) {
            (Hosts::All, _) => true,
            (Hosts::Network(network), Ok(address)) => network.contains(&address),
            (Hosts::Domain(domain), Err(_)) => {
                let above = host.trim_end_matches('.').strip_suffix(domain.as_str());
                above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
            }
            _ => false,
        };
        of_host && self.port.is_none_or(|port| url.port_or_known_default() == Some(port))
    }
}

/// Omits the address, which may contain a password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("variable", &self.variable).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        let environment = Environment::of(variables.iter().copied());
        Proxies::from_inputs(&Inputs::new(&environment))
    }

    /// Returns the address of the proxy for a request, or the cause why the proxy can't be used.
    fn used(variables: &[(&str, &str)], address: &str) -> Option<Result<String, &'static str>> {
        let url = address.parse().expect(address);
        let proxies = proxies(variables);
        proxies.proxy(&url).map(|proxy| proxy.url.clone().map(String::from))
    }

    #[test]
    fn every_documented_form_of_no_proxy_excludes_its_hosts_and_no_others() {
        let excluded = |no_proxy: &str, address: &str| {
            used(&[("https_proxy", "http://proxy:3128"), ("no_proxy", no_proxy)], address).is_none()
        };
        for (no_proxy, inside, outside) in [
            ("a.example", "https://a.example/x", "https://b.example"),
            ("a.example", "https://x.A.example:8443", "https://xa.example"),
            (".a.example", "https://x.a.example", "https://xa.example"),
            (".a.example", "https://a.example", "https://a.example.evil"),
            ("*.a.example", "https://x.a.example", "https://xa.example"),
            ("A.Example.", "https://a.example.", "https://example"),
            ("a.example:8443", "https://a.example:8443", "https://a.example"),
            ("a.example:443", "https://a.example", "https://a.example:8443"),
            ("a.example:no, b.example", "https://b.example", "https://a.example"),
            ("x, a.example", "https://a.example", "https://b.example"),
            ("x a.example,,", "https://a.example", "https://b.example"),
            ("10.0.0.1", "https://10.0.0.1:8443", "https://10.0.0.10"),
            ("10.0.0.1:443", "https://10.0.0.1", "https://10.0.0.1:8443"),
            ("10.1.0.0/16", "https://10.1.2.3", "https://10.2.0.1"),
            ("::1", "https://[::1]", "https://[::2]"),
            ("[::1]:8443", "https://[::1]:8443", "https://[::1]"),
            ("fd00::/8", "https://[fd12::1]", "https://[fe80::1]"),
        ] {
            assert!(excluded(no_proxy, inside), "{no_proxy}: {inside}");
            assert!(!excluded(no_proxy, outside), "{no_proxy}: {outside}");
        }
        for address in ["https://a.example", "https://10.0.0.1:8443", "https://[::1]"] {
            assert!(excluded("*", address) && excluded("x, *", address), "{address}");
            assert!(!excluded("", address) && !excluded(" , .", address), "{address}");
        }
    }

    #[test]
    fn the_lower_case_variable_counts_first_and_an_empty_one_is_none() {
        let proxy = |variables: &[(&str, &str)]| used(variables, "https://a.example").and_then(Result::ok);
        let [lower, upper, all] =
            [("https_proxy", "http://l"), ("HTTPS_PROXY", "http://u"), ("all_proxy", "http://a")];
        assert_eq!(proxy(&[upper, lower, all]), Some("http://l/".to_owned()));
        assert_eq!(proxy(&[upper, ("https_proxy", ""), all]), Some("http://u/".to_owned()));
        assert_eq!(proxy(&[all]), Some("http://a/".to_owned()));
        assert_eq!(proxy(&[("https_proxy", ""), ("http_proxy", "http://h")]), None);
        assert_eq!(proxy(&[lower, ("NO_PROXY", "*"), ("no_proxy", "")]), None);
        assert_eq!(used(&[lower], "http://a.example"), None);
    }

    #[test]
    fn a_proxy_is_described_without_its_password_and_refused_if_it_is_none() {
        let url = "https://a.example".parse().expect("an address");
        for (text, shown) in [
            ("http://us%20er:p%40ss@proxy:3128", "http://proxy:3128 (https_proxy)"),
            ("user:pass@proxy:3128", "http://proxy:3128 (https_proxy)"),
            ("https://proxy", "https://proxy (https_proxy)"),
        ] {
            let proxies = proxies(&[("https_proxy", text)]);
            assert_eq!(proxies.description(&url), Some(shown.to_owned()));
            assert!(!format!("{proxies:?}").contains('@'));
            assert!(proxies.check(&url).is_ok());
        }
        for wrong in ["socks5://secret@proxy:1080", "http://:secret@", "http://pro xy:secret"] {
            let error = proxies(&[("https_proxy", wrong)]).check(&url).expect_err(wrong).to_string();
            assert!(error.contains("https_proxy") && !error.contains("secret"), "{error}");
            let plain = "http://127.0.0.1:8080".parse().expect("an address");
            assert!(proxies(&[("https_proxy", wrong)]).check(&plain).is_ok());
        }
    }
}
