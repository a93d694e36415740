//! The log of requests: each has one span, whose fields are on every line about it, and one line at its end.

use std::net::IpAddr;
use std::time::Instant;

use phase_data_wire::ProblemCode;
use poem::{Addr, Request};
use tracing::Span;
use tracing::field::{Empty, display};

use super::request_scope::RequestId;
use crate::auth::{AccountId, Actor, Caller};
use crate::server::TrustedProxies;
use crate::telemetry::milliseconds;

/// The longest path in a line. No path of ours is longer.
const MAX_PATH_CHARS: usize = 500;
/// The paths of probes, whose successes say nothing.
const PROBES: &str = "/health/";

/// One request in the log.
pub(super) struct RequestLog {
    span: Span,
    started: Instant,
    is_probe: bool,
}

/// The answer to a request.
pub(super) struct Answered<'a> {
    pub(super) operation_id: Option<&'a str>,
    pub(super) status: u16,
    pub(super) code: Option<ProblemCode>,
    /// The causes of a failure that the operator has to know of.
    pub(super) error: Option<&'a str>,
}

impl RequestLog {
    /// Starts the request's time, and its span. The span has the level of errors, so that no filter takes it from a line.
    pub(super) fn start(request: &Request, id: &RequestId, proxies: &TrustedProxies) -> Self {
        let path = request.uri().path();
        let span = tracing::error_span!(
            "request",
            request_id = id.as_str(),
            remote_address = remote_address(request, proxies).map(display),
            method = request.method().as_str(),
            path = shown(path),
            account = Empty,
            key_id = Empty,
            token_repository = Empty,
            run_id = Empty,
            repository = Empty,
        );
        Self { span, started: Instant::now(), is_probe: path.starts_with(PROBES) }
    }

    /// Returns the span.
    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// Logs the answer: one line a request, which has the error if it failed.
    pub(super) fn answered(&self, answer: &Answered<'_>) {
        let Answered { operation_id, status, code, error } = *answer;
        let code = code.map(ProblemCode::as_str);
        let duration_ms = milliseconds(self.started.elapsed());
        self.span.in_scope(|| match error {
            Some(_) => {
                tracing::error!(operation_id, status, code, duration_ms, error, "a request failed");
            }
            None if self.is_probe => {
                tracing::debug!(operation_id, status, code, duration_ms, "answered");
            }
            None => tracing::info!(operation_id, status, code, duration_ms, "answered"),
        });
    }
}

/// Adds the caller to the lines about the current request.
pub(super) fn record_caller(account: AccountId, caller: &Caller) {
    let span = Span::current();
    record_account(&span, account);
    match caller.actor() {
        Actor::ApiKey { key_id } => {
            span.record("key_id", key_id.as_str());
        }
        Actor::Oidc { repository, run_id, .. } => {
            span.record("token_repository", repository.as_str());
            span.record("run_id", run_id);
        }
        Actor::Webhook { .. } | Actor::System => {}
    }
}

/// Adds the account of a verified webhook, if the webhook is that of one account, and the repository that a delivery names.
pub(super) fn record_delivery(account: Option<AccountId>, repository: Option<&str>) {
    let span = Span::current();
    if let Some(account) = account {
        record_account(&span, account);
    }
    if let Some(repository) = repository {
        span.record("repository", repository);
    }
}

fn record_account(span: &Span, account: AccountId) {
    span.record("account", display(account.get()));
}

fn remote_address(request: &Request, proxies: &TrustedProxies) -> Option<IpAddr> {
    match request.remote_addr().0 {
        Addr::SocketAddr(peer) => Some(proxies.client(peer.ip(), request.headers())),
        _ => None,
    }
}

/// Returns a path as the log has it: strangers choose how long it is.
fn shown(path: &str) -> &str {
    path.char_indices().nth(MAX_PATH_CHARS).map_or(path, |(end, _)| &path[..end])
}
