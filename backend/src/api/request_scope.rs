//! The scope of every request: its id, its log line, and one shape for every error.

use std::collections::BTreeMap;
use std::sync::Arc;

use phase_data_wire::{PROBLEM_MEDIA_TYPE, ProblemCode};
use poem::http::{HeaderName, HeaderValue, StatusCode, header};
use poem::{Endpoint, IntoResponse, Middleware, PathPattern, Request, Response, Result};
use poem_openapi::OperationId;
use tracing::Instrument;
use uuid::Uuid;

use super::in_flight::{Budgets, InFlight};
use super::links::Links;
use super::parameters::{anonymous, check_path};
use super::request_log::{Answered, RequestLog};
use crate::error::ApiError;
use crate::panics::caught;
use crate::server::TrustedProxies;

/// Names one request, in its answer and in every log line about it.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(String);

/// The `Cache-Control` of answers that are not public: data belongs to one tenant, and caches don't treat `X-API-Key` as a
/// credential.
pub(super) const NO_STORE: &str = "private, no-store";

const HEADER: &str = "x-request-id";
const MAX_CHARS: usize = 128;

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
    proxies: TrustedProxies,
}

impl RequestScope {
    /// With the methods that each path answers, for `Allow`, what requests share, the links of problems, and the proxies that
    /// say who the client is.
    pub(super) fn new(
        allowed: BTreeMap<String, String>,
        budgets: Budgets,
        links: Links,
        proxies: TrustedProxies,
    ) -> Self {
        Self { allowed: Arc::new(allowed), budgets, links, proxies }
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
            proxies: self.proxies.clone(),
        }
    }
}

/// An endpoint within the scope.
pub(super) struct Scoped<E> {
    inner: E,
    allowed: Arc<BTreeMap<String, String>>,
    budgets: Budgets,
    links: Links,
    proxies: TrustedProxies,
}

/// An answer, with what the log says about it.
struct Outcome {
    response: Response,
    operation_id: Option<&'static str>,
    code: Option<ProblemCode>,
    /// The causes of a failure.
    error: Option<String>,
}

impl<E: Endpoint> Endpoint for Scoped<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let id = RequestId::of(&request);
        request.set_data(id.clone());
        let in_flight = InFlight::new(&request);
        request.set_data(in_flight.clone());
        let log = RequestLog::start(&request, &id, &self.proxies);
        let answer = match check_path(request.uri().path()) {
            Ok(()) => {
                let called = caught(self.inner.call(request)).instrument(log.span().clone()).await;
                called.unwrap_or_else(|panicked| Err(ApiError::internal(panicked).into()))
            }
            Err(error) => Err(error.into()),
        };
        let outcome = match answer {
            Ok(answer) => Outcome::of(answer.into_response()),
            Err(error) => self.refuse(error, &id),
        };
        // Refusals, too: the request counts until its answer was read.
        let Outcome { response, operation_id, code, error } = outcome;
        let counted = in_flight.answer(&self.budgets, response).instrument(log.span().clone()).await;
        let mut outcome = match counted {
            Ok(response) => Outcome { response, operation_id, code, error },
            Err(error) => Outcome { operation_id, ..self.refuse(error, &id) },
        };
        let response = &mut outcome.response;
        set(response, HeaderName::from_static(HEADER), id.as_str());
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static(NO_STORE));
        log.answered(&Answered {
            operation_id: outcome.operation_id,
            status: outcome.response.status().as_u16(),
            code: outcome.code,
            error: outcome.error.as_deref(),
        });
        Ok(outcome.response)
    }
}

impl Outcome {
    fn of(response: Response) -> Self {
        let operation_id = response.data::<OperationId>().map(|id| id.0);
        Self { response, operation_id, code: None, error: None }
    }
}

impl<E> Scoped<E> {
    fn refuse(&self, error: poem::Error, id: &RequestId) -> Outcome {
        let operation_id = error.data::<OperationId>().map(|id| id.0);
        let pattern = error.data::<PathPattern>().map(|pattern| anonymous(&pattern.0));
        let error = ApiError::from(error);
        let code = error.code();
        let mut response = problem_response(&error, id, &self.links);
        if code == ProblemCode::MethodNotAllowed {
            let allowed = pattern.and_then(|pattern| self.allowed.get(&pattern));
            set(&mut response, header::ALLOW, allowed.map_or("GET, HEAD", String::as_str));
        }
        let error = is_a_failure(code).then(|| error.chain());
        Outcome { response, operation_id, code: Some(code), error }
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
