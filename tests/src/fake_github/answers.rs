//! The forms of answers.

use std::pin::Pin;
use std::task::{Context, Poll};

use poem::http::StatusCode;
use poem::{Body, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};

pub(super) fn shown(value: &Value) -> Response {
    json_response(StatusCode::OK, value)
}

pub(super) fn created(value: &Value) -> Response {
    json_response(StatusCode::CREATED, value)
}

pub(super) fn json_response(status: StatusCode, value: &Value) -> Response {
    Response::builder().status(status).content_type("application/json; charset=utf-8").body(value.to_string())
}

pub(super) fn refused(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    json_response(
        status,
        &json!({"message": message, "documentation_url": "https://docs.github.com/rest", "status": status.as_str()}),
    )
}

pub(super) fn not_permitted() -> Response {
    let mut response = refused(403, "Resource not accessible by integration");
    let needs = "issues=write; pull_requests=write".parse().expect("a header");
    response.headers_mut().insert("x-accepted-github-permissions", needs);
    response
}

pub(super) fn broken(status: u16, headers: &[(String, String)]) -> Response {
    let mut response = refused(status, "This is a fault");
    for (name, value) in headers {
        let name: poem::http::HeaderName = name.parse().expect("a header's name");
        response.headers_mut().insert(name, value.parse().expect("a header's value"));
    }
    response
}

/// The end of a connection in the middle of an answer.
struct HungUp;

impl AsyncRead for HungUp {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Poll::Ready(Err(std::io::Error::other("hung up")))
    }
}

pub(super) fn cut_off() -> Response {
    Response::builder()
        .header("content-length", "100")
        .body(Body::from_async_read(b"[".as_slice().chain(HungUp)))
}

pub(super) fn redirected(to: &str, rest: &[&str], query: &str) -> Response {
    let mut to = to.to_owned();
    for part in rest {
        to.push_str(&format!("/{part}"));
    }
    if !query.is_empty() {
        to.push_str(&format!("?{query}"));
    }
    let message = json!({"message": "Moved Permanently", "url": to, "documentation_url": "https://docs.github.com/rest"});
    let mut response = json_response(StatusCode::MOVED_PERMANENTLY, &message);
    response.headers_mut().insert("location", to.parse().expect("an address"));
    response
}
