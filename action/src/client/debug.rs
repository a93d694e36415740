//! What a run with debug logging shows of each attempt. Of headers only the names: values may be secrets.

use std::time::Duration;

use reqwest::Request;

use super::answer::{Answer, Lost};
use crate::text::one_line;

/// The request, as a person knows it. A query may hold what is nobody's business; its names tell enough.
pub(super) fn label(request: &Request) -> String {
    let url = request.url();
    let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    let query = if names.is_empty() { String::new() } else { format!(" (query: {})", names.join(", ")) };
    let id = request.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    let id = id.map(|id| format!(" [{id}]")).unwrap_or_default();
    one_line(&format!("{} {}{query}{id}", request.method(), url.path()), 500)
}

/// What became of it.
pub(super) fn line(label: &str, outcome: &Result<Answer, Lost>, took: Duration) -> String {
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
        Err(lost) => format!("{label}: no answer after {took} ms: {lost}"),
    }
}
