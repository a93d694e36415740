//! The scope of every request: its id, its log line, and one shape for every error.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use phase_data_wire::{PROBLEM_MEDIA_TYPE, ProblemCode};
use poem::http::{HeaderName, HeaderValue, StatusCode, header};
use poem::{Endpoint, IntoResponse, Middleware, PathPattern, Request, Response, Result};
use poem_openapi::OperationId;
use tracing::Instrument;
use uuid::Uuid;

use super::in_flight::{Budgets, InFlight};
use super::links::Links;
use super::parameters::{anonymous, check_path};
use crate::error::ApiError;
use crate::panics::caught;

/// Names one request, in its answer and in every log line about it.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(String);

/// The `Cache-Control` of answers that are not public: data belongs to one tenant, and caches don't treat `X-API-Key` as a
/// credential.
pub(super) const NO_STORE: &str = "private, no-store";

const HEADER: &str = "x-request-id";
const MAX_CHARS: usize = 128;
/// No path of ours is longer.
const MAX_LOGGED_CHARS: usize = 500;

impl RequestId {
    /// The id that the client gave, if it is fit for a header and a log, else a new one.
    fn of(request: &Request) -> Self {
        let fit = |id: &&str| {
            (1..=MAX_CHARS).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
        };
        Self(request.header(HEADER).filter(fit).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned))
    }

    /// The id.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The middleware. It stands outermost, so that nothing answers around it.
pub(super) struct RequestScope {
    allowed: Arc<BTreeMap<String, String>>,
    budgets: Budgets,
    links: Links,
}

impl RequestScope {
    /// With the methods that each path answers, for `Allow`, what requests share, and the links of problems.
    pub(super) fn new(allowed: BTreeMap<String, String>, budgets: Budgets, links: Links) -> Self {
        Self { allowed: Arc::new(allowed), budgets, links }
    }
}

impl<E: Endpoint> Middleware<E> for RequestScope {
    type Output = Scoped<E>;

    fn transform(&self, inner: E) -> Scoped<E> {
        Scoped {
            inner,
            allowed: self.allowed.clone(),
            budgets: self.budgets.clone(),
            links: self.links.clone(),
        }
    }
}

/// An endpoint within the scope.
pub(super) struct Scoped<E> {
    inner: E,
    allowed: Arc<BTreeMap<String, String>>,
    budgets: Budgets,
    links: Links,
}

impl<E: Endpoint> Endpoint for Scoped<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let started = Instant::now();
        let id = RequestId::of(&request);
        request.set_data(id.clone());
        let in_flight = InFlight::new(&request);
        request.set_data(in_flight.clone());
        let span = tracing::info_span!(
            "request",
            request_id = id.as_str(),
            method = request.method().as_str(),
            path = shown(request.uri().path()),
        );
        let outcome = match check_path(request.uri().path()) {
            Ok(()) => {
                let called = caught(self.inner.call(request)).instrument(span.clone()).await;
                called.unwrap_or_else(|panicked| Err(ApiError::internal(panicked).into()))
            }
            Err(error) => Err(error.into()),
        };
        let (response, operation, code) = match outcome {
            Ok(answer) => {
                let response = answer.into_response();
                let operation = response.data::<OperationId>().map(|id| id.0);
                (response, operation, None)
            }
            Err(error) => span.in_scope(|| self.refuse(error, &id)),
        };
        // Refusals, too: the request counts until its answer was read.
        let (mut response, code) = match in_flight.answer(&self.budgets, response).await {
            Ok(response) => (response, code),
            Err(error) => {
                let (response, _, code) = span.in_scope(|| self.refuse(error, &id));
                (response, code)
            }
        };
        let _in_span = span.enter();
        set(&mut response, HeaderName::from_static(HEADER), id.as_str());
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(NO_STORE));
        tracing::info!(
            operation_id = operation,
            status = response.status().as_u16(),
            code = code.map(ProblemCode::as_str),
            duration_ms = started.elapsed().as_secs_f64() * 1000.0,
            "answered"
        );
        Ok(response)
    }
}

impl<E> Scoped<E> {
    fn refuse(
        &self,
        error: poem::Error,
        id: &RequestId,
    ) -> (Response, Option<&'static str>, Option<ProblemCode>) {
        let operation = error.data::<OperationId>().map(|id| id.0);
        let pattern = error.data::<PathPattern>().map(|pattern| anonymous(&pattern.0));
        let error = ApiError::from(error);
        let code = error.code();
        if is_a_failure(code) {
            tracing::error!(code = code.as_str(), error = error.chain(), "a request failed");
        }
        let mut response = problem_response(&error, id, &self.links);
        if code == ProblemCode::MethodNotAllowed {
            let allowed = pattern.and_then(|pattern| self.allowed.get(&pattern));
            set(&mut response, header::ALLOW, allowed.map_or("GET, HEAD", String::as_str));
        }
        (response, operation, Some(code))
    }
}

/// Tells whether the operator has to hear of it. A backend that defends itself, or waits for
/// the end of an update, does as it should, as often as somebody likes.
fn is_a_failure(code: ProblemCode) -> bool {
    let is_intended = matches!(
        code,
        ProblemCode::ServerBusy
            | ProblemCode::TooManyWaiting
            | ProblemCode::Stopping
            | ProblemCode::UpgradeInProgress
    );
    code.status() >= 500 && !is_intended
}

/// A path as the log has it: strangers choose how long it is.
fn shown(path: &str) -> &str {
    path.char_indices().nth(MAX_LOGGED_CHARS).map_or(path, |(end, _)| &path[..end])
}

/// Writes a problem down. Its headers say in HTTP's own terms what its body says in ours.
fn problem_response(error: &ApiError, id: &RequestId, links: &Links) -> Response {
    let mut problem = error.problem(id.as_str());
    problem.kind = links.to(&problem.kind);
    problem.hint = links.in_text(&problem.hint);
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut json = serde_json::to_vec(&problem).unwrap_or_default();
    json.push(b'\n');
    let mut response = Response::builder().status(status).content_type(PROBLEM_MEDIA_TYPE).body(json);
    if status == StatusCode::UNAUTHORIZED {
        set(&mut response, header::WWW_AUTHENTICATE, "Bearer realm=\"phase-data\"");
    }
    if error.code() == ProblemCode::UnsupportedContentEncoding {
        set(&mut response, header::ACCEPT_ENCODING, "identity");
    }
    if let Some(after) = error.retry_after() {
        set(&mut response, header::RETRY_AFTER, &after.as_secs().to_string());
    }
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
