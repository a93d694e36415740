//! Whose id tokens are taken.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use reqwest::Url;

/// A forge that issues id tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issuer {
    forge: String,
    url: Url,
    /// The address exactly as it stands in `iss`: two spellings of one address are two issuers.
    iss: String,
}

/// The allow-list, written `github=https://token.actions.githubusercontent.com,ghes=https://…`.
///
/// No forge stands in it twice, and no address: an owner's id means something only within one forge, so a
/// second issuer for `github` could hand out the ids of that forge's owners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issuers(Vec<Issuer>);

/// Why a text is no [`Issuer`] or no list of [`Issuers`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IssuerError {
    #[error("an issuer must have the form forge=address, like github={GITHUB} (got {0:?})")]
    NotAPair(String),
    #[error("a forge's name is 1 to 32 lower-case letters, digits and hyphens, like ghes (got {0:?})")]
    Forge(String),
    #[error("an issuer's address is an absolute URL, exactly as in the token's `iss` (got {0:?})")]
    NotAnAddress(String),
    #[error("an issuer's address starts with https:// (http:// only on this computer) (got {0:?})")]
    NotHttps(String),
    #[error("an issuer's address has no user, password, query or fragment (got {0:?})")]
    Extra(String),
    #[error("an issuer's address has no slash at its end: write {without:?}, as in the token's `iss`")]
    TrailingSlash { without: String },
    #[error("an issuer's address is compared exactly: write {normal:?} (got {given:?})")]
    Spelling { given: String, normal: String },
    #[error("the forge {0:?} has two issuers; give each its own name, and its own accounts")]
    ForgeTwice(String),
    #[error("the issuer {0:?} is listed twice")]
    AddressTwice(String),
}

/// The `iss` of github.com.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

impl Issuer {
    /// An issuer and the forge whose accounts it speaks for.
    ///
    /// # Errors
    /// [`IssuerError`] says what to write instead.
    pub(crate) fn new(forge: &str, address: &str) -> Result<Self, IssuerError> {
        let letters = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if !(1..=32).contains(&forge.len()) || !forge.bytes().all(letters) {
            return Err(IssuerError::Forge(forge.to_owned()));
        }
        let url = address.parse::<Url>().ok().filter(Url::has_host);
        let url = url.ok_or_else(|| IssuerError::NotAnAddress(address.to_owned()))?;
        check(&url, address)?;
        Ok(Self { forge: forge.to_owned(), url, iss: address.to_owned() })
    }

    /// The name under which this issuer's owners are registered.
    pub(crate) fn forge(&self) -> &str {
        &self.forge
    }

    /// The address exactly as it stands in `iss`.
    pub(crate) fn iss(&self) -> &str {
        &self.iss
    }

    /// Where the issuer says where its keys are (OpenID Connect Discovery 1.0, section 4).
    pub(super) fn discovery(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.iss)
    }

    /// Returns `true` if an address has the issuer's origin: scheme, host and port.
    pub(super) fn is_origin_of(&self, other: &Url) -> bool {
        self.url.origin() == other.origin()
    }
}

fn check(url: &Url, address: &str) -> Result<(), IssuerError> {
    let given = || address.to_owned();
    // Over plain http, whoever sits on the way could put in keys of their own.
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(url)) {
        return Err(IssuerError::NotHttps(given()));
    }
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || url.query().is_some() || url.fragment().is_some() {
        return Err(IssuerError::Extra(given()));
    }
    if let Some(without) = address.strip_suffix('/') {
        return Err(IssuerError::TrailingSlash { without: without.to_owned() });
    }
    let normal = url.as_str().trim_end_matches('/');
    if normal == address {
        Ok(())
    } else {
        Err(IssuerError::Spelling { given: given(), normal: normal.to_owned() })
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

impl FromStr for Issuer {
    type Err = IssuerError;

    fn from_str(text: &str) -> Result<Self, IssuerError> {
        let (forge, address) = text.split_once('=').ok_or_else(|| IssuerError::NotAPair(text.to_owned()))?;
        Self::new(forge.trim(), address.trim())
    }
}

impl Issuers {
    /// The allow-list of these.
    ///
    /// # Errors
    /// [`IssuerError`] if a forge or an address stands there twice.
    pub(crate) fn new(issuers: Vec<Issuer>) -> Result<Self, IssuerError> {
        for (at, issuer) in issuers.iter().enumerate() {
            let before = &issuers[..at];
            if before.iter().any(|other| other.iss == issuer.iss) {
                return Err(IssuerError::AddressTwice(issuer.iss.clone()));
            }
            if before.iter().any(|other| other.forge == issuer.forge) {
                return Err(IssuerError::ForgeTwice(issuer.forge.clone()));
            }
        }
        Ok(Self(issuers))
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Issuer> {
        self.0.iter()
    }
}

impl Default for Issuers {
    /// github.com alone.
    fn default() -> Self {
        Self(Issuer::new("github", GITHUB).into_iter().collect())
    }
}

impl FromStr for Issuers {
    type Err = IssuerError;

    fn from_str(text: &str) -> Result<Self, IssuerError> {
        Self::new(text.split(',').map(|pair| pair.trim().parse()).collect::<Result<_, _>>()?)
    }
}

impl fmt::Display for Issuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, issuer) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{} ({})", issuer.iss, issuer.forge)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_issuers_reads_back() {
        let list: Issuers = format!("github={GITHUB}, ghes=https://ghe.example.com/_services/token")
            .parse()
            .expect("two issuers");
        let read: Vec<_> = list.iter().map(|issuer| (issuer.forge(), issuer.iss())).collect();
        assert_eq!(read, [("github", GITHUB), ("ghes", "https://ghe.example.com/_services/token")]);
        assert_eq!(Issuers::default().to_string(), format!("{GITHUB} (github)"));
        for local in
            ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1/x", "https://a.example:444"]
        {
            assert!(Issuer::new("local", local).is_ok(), "{local}");
        }
    }

    #[test]
    fn a_list_that_is_not_meant_so_is_refused_with_what_to_write() {
        for (text, part) in [
            ("", "forge=address"),
            ("https://a.example", "forge=address"),
            ("github=https://a.example,", "forge=address"),
            ("GitHub=https://a.example", "lower-case"),
            ("=https://a.example", "a forge's name"),
            ("github=a.example", "absolute URL"),
            ("github=data:x", "absolute URL"),
            ("github=http://a.example", "starts with https://"),
            ("github=http://127.0.0.1.example", "starts with https://"),
            ("github=http://localhost.example", "starts with https://"),
            ("github=ftp://127.0.0.1", "starts with https://"),
            ("github=https://me@a.example", "no user"),
            ("github=https://a.example?x=1", "no user, password, query"),
            ("github=https://a.example#x", "no user"),
            ("github=https://a.example/", "write \"https://a.example\""),
            ("github=https://A.example", "write \"https://a.example\""),
            ("github=https://a.example:443", "write \"https://a.example\""),
            ("github=https://a.example/x/../y", "write \"https://a.example/y\""),
            ("github=https://a.example,github=https://b.example", "has two issuers"),
            ("github=https://a.example,ghes=https://a.example", "is listed twice"),
        ] {
            let refusal = text.parse::<Issuers>().expect_err(text).to_string();
            assert!(refusal.contains(part), "{text}: {refusal}");
        }
    }
}
