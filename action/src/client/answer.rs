//! One answer: from the backend, from another server, or none.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::time::Duration;

use phase_data_wire::PROBLEM_MEDIA_TYPE;
use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{Client, Request, Response, StatusCode};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::error::{BackendProblem, CredentialKind, Error};
use crate::log::Log;
use crate::text::one_line;

/// A complete answer.
pub(crate) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// The limit, if the body is longer and was not read.
    cut_at: Option<usize>,
    problem: Option<BackendProblem>,
    /// The request ids of earlier attempts without an answer, which the backend may have executed.
    pub(super) earlier: Vec<String>,
    /// The time until the first byte of the answer.
    pub(super) first_byte: Duration,
}

/// An answer's body with the entity tag of its header.
#[derive(Debug)]
pub(crate) struct Tagged<T> {
    /// The `ETag`, without the prefix of a weak one, which a compressing proxy adds. Empty if absent.
    pub(crate) etag: String,
    pub(crate) body: T,
}

/// A request has no answer.
#[derive(Debug)]
pub(crate) enum TransportError {
    /// The connection failed.
    Network(reqwest::Error),
    /// The time elapsed before the answer was complete.
    TimedOut,
}

type Cause<'a> = &'a (dyn std::error::Error + 'static);

const TLS_PORT_PAGES: [&str; 3] = [
    "plain HTTP request was sent to HTTPS port",
    "Client sent an HTTP request to an HTTPS server",
    "speaking plain HTTP to an SSL-enabled server port",
];

/// A problem of the backend is shorter.
const ERROR_BODY_LIMIT: usize = 64 * 1024;

impl Answer {
    /// Sends a request and reads its answer, up to `limit` bytes if it is a success.
    pub(super) async fn to(client: Client, request: Request, limit: usize) -> Result<Self, TransportError> {
        let start = Instant::now();
        let mut response = client.execute(request).await.map_err(TransportError::Network)?;
        let first_byte = start.elapsed();
        let (status, headers) = (response.status(), response.headers().clone());
        let limit = if status.is_success() { limit } else { limit.min(ERROR_BODY_LIMIT) };
        let (body, cut_at) = match body(&mut response, limit).await.map_err(TransportError::Network)? {
            Some(body) => (body, None),
            None => (Vec::new(), Some(limit)),
        };
        Ok(Self { status, headers, body, cut_at, problem: None, earlier: Vec::new(), first_byte })
    }

    /// Parses the problem in the answer, without secrets that it may repeat.
    pub(super) fn with_problem(mut self, log: &Log<'_>) -> Self {
        let media_type = self.header(&CONTENT_TYPE).unwrap_or_default();
        if !self.status.is_success() && media_type.starts_with(PROBLEM_MEDIA_TYPE) {
            let redact = |text: &str| log.without_secrets(text);
            self.problem = BackendProblem::parse(self.status.as_u16(), &self.body, &redact);
        }
        self
    }

    /// Returns the backend's problem; `None` if this is another answer.
    pub(super) fn problem(&self) -> Option<&BackendProblem> {
        self.problem.as_ref()
    }

    /// Returns the header `Retry-After`.
    pub(super) fn retry_after(&self) -> Option<&str> {
        self.header(&RETRY_AFTER)
    }

    /// Parses the body of a successful answer, or returns the error.
    pub(super) fn read<T: DeserializeOwned>(self, credential: CredentialKind) -> Result<Tagged<T>, Error> {
        let status = self.status.as_u16();
        if self.status.is_redirection() {
            let location = one_line(self.header(&LOCATION).unwrap_or("an unknown address"), 200);
            return Err(Error::Redirected { status, location });
        }
        if !self.status.is_success() {
            let refused = |problem: BackendProblem| Error::Refused {
                problem: problem.into(),
                credential,
                versions: None,
            };
            let other = match self.is_of_tls_port() {
                true => Error::WrongScheme { proxy: None, is_tls: false },
                false => Error::NotPhaseData { status },
            };
            return Err(self.problem.map_or(other, refused));
        }
        if let Some(limit) = self.cut_at {
            return Err(Error::AnswerTooLarge { limit });
        }
        let body = serde_json::from_slice(&self.body).map_err(|_| Error::NotPhaseData { status })?;
        let etag = self.header(&ETAG).unwrap_or_default();
        let etag = etag.strip_prefix("W/").unwrap_or(etag).to_owned();
        Ok(Tagged { etag, body })
    }

    /// Recognises the pages for plain HTTP at a port for TLS: those of nginx, of Go's servers (Caddy, Traefik) and of Apache.
    fn is_of_tls_port(&self) -> bool {
        let text = String::from_utf8_lossy(&self.body);
        self.status == StatusCode::BAD_REQUEST && TLS_PORT_PAGES.iter().any(|page| text.contains(page))
    }

    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Checks if the backend may have executed a failed attempt.
pub(super) fn may_have_arrived(outcome: &Result<Answer, TransportError>) -> bool {
    match outcome {
        Ok(answer) => answer.status != StatusCode::TOO_MANY_REQUESTS,
        Err(error) => error.is_lost_answer(),
    }
}

/// Reads a whole body; `None` if it is longer than the limit, by its header or by its content.
async fn body(response: &mut Response, limit: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    if response.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |it| it > limit)) {
        return Ok(None);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

impl TransportError {
    /// Returns `true` if the server's certificate is not trusted. A retry changes nothing.
    pub(super) fn is_certificate(&self) -> bool {
        let Self::Network(error) = self else { return false };
        let tls = causes(error).find_map(|cause| unwrapped(cause).downcast_ref());
        matches!(tls, Some(rustls::Error::InvalidCertificate(_)))
    }

    /// Returns `true` if the server speaks TLS and the request does not, or the other way around.
    pub(super) fn is_wrong_scheme(&self) -> bool {
        let Self::Network(error) = self else { return false };
        let tls = causes(error).find_map(|cause| unwrapped(cause).downcast_ref());
        matches!(tls, Some(rustls::Error::InvalidMessage(_))) || innermost(error) == NOT_HTTP
    }

    /// Returns `true` if a retry would fail in the same way.
    pub(super) fn is_permanent(&self) -> bool {
        self.is_local() || self.is_certificate() || self.is_wrong_scheme() || self.is_proxy_credential()
    }

    /// Returns `true` if the proxy requires another user name or password. A retry changes nothing.
    pub(super) fn is_proxy_credential(&self) -> bool {
        matches!(self, Self::Network(error) if innermost(error) == PROXY_AUTHORIZATION)
    }

    /// Returns `true` if the request may have arrived: only the answer is missing.
    pub(super) fn is_lost_answer(&self) -> bool {
        match self {
            Self::Network(error) => !error.is_connect() && !error.is_builder() && !self.is_wrong_scheme(),
            Self::TimedOut => true,
        }
    }

    /// Returns `true` if the request could not be created.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::Network(error) if error.is_builder())
    }
}

/// Shows the innermost cause, which is the specific one.
impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("no complete answer arrived in time"),
            Self::Network(_) if self.is_proxy_credential() => {
                f.write_str("the proxy refuses the user name and the password, or requires them (407)")
            }
            Self::Network(error) if self.is_wrong_scheme() => f.write_str(match innermost(error).as_str() {
                NOT_HTTP => "the server at this port does not speak plain HTTP",
                _ => "the server at this port does not speak TLS",
            }),
            Self::Network(error) => match innermost(error).as_str() {
                PROXY_REFUSAL => f.write_str("the proxy refuses to connect to this host"),
                cause => f.write_str(&one_line(cause, 300)),
            },
        }
    }
}

/// The texts of errors whose types the HTTP client keeps private.
const PROXY_AUTHORIZATION: &str = "tunnel error: proxy authorization required";
const NOT_HTTP: &str = "invalid HTTP version parsed";
const PROXY_REFUSAL: &str = "tunnel error: unsuccessful";

fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// Returns the inner error of an I/O error, which `source` skips.
fn unwrapped(mut cause: Cause<'_>) -> Cause<'_> {
    while let Some(inner) = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        cause = inner;
    }
    cause
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = Cause<'_>> {
    let mut next: Option<Cause<'_>> = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

/// Describes a request in debug logs. Shows only the names of the query, because its values may be private.
pub(super) fn request_label(request: &Request) -> String {
    let url = request.url();
    let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    let query = if names.is_empty() { String::new() } else { format!(" (query: {})", names.join(", ")) };
    let id = request.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    let id = id.map(|id| format!(" [{id}]")).unwrap_or_default();
    one_line(&format!("{} {}{query}{id}", request.method(), url.path()), 500)
}

/// Describes the outcome in debug logs. Shows only the names of the headers, because their values may be secrets.
pub(super) fn debug_line(label: &str, outcome: &Result<Answer, TransportError>, took: Duration) -> String {
    let took = took.as_millis();
    match outcome {
        Ok(answer) => {
            let mut names: Vec<_> = answer.headers.keys().map(|name| name.as_str()).collect();
            names.sort_unstable();
            format!(
                "{label}: {}, first byte after {} ms, all {} bytes after {took} ms, headers: {}",
                answer.status.as_u16(),
                answer.first_byte.as_millis(),
                answer.body.len(),
                one_line(&names.join(", "), 1000),
            )
        }
        Err(error) => format!("{label}: no answer after {took} ms: {error}"),
    }
}
