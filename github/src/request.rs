//! Sends requests, and retries them.

use std::error::Error;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, LOCATION};
use http::{HeaderMap, Method, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use phase_data_wire::Waits;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout};

use crate::rate_limit;
use crate::{GitHub, GitHubError};

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The address of the answer, after redirects.
    pub(crate) uri: String,
    pub(crate) body: String,
}

/// The members of a refusal that are read.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
}

/// More than a page of a hundred issues has, each with a text of 65,536 characters of four bytes.
const LARGEST_ANSWER: usize = 32 << 20;
/// The waits after failures.
const WAITS: Waits = Waits { first: Duration::from_millis(500), longest: Duration::from_secs(60) };
/// The longest chain of redirects that is followed.
const MOST_REDIRECTS: usize = 5;

impl GitHub {
    /// Sends a `GET`, with retries after temporary failures.
    pub(crate) async fn get(&self, uri: &str) -> Result<Answer, GitHubError> {
        self.send::<()>(Method::GET, uri, None).await
    }

    /// Sends a `GET` that follows redirects within the same API: the credential must not go to any other host.
    pub(crate) async fn follow(&self, uri: &str) -> Result<Answer, GitHubError> {
        let mut uri = uri.to_owned();
        for _ in 0..MOST_REDIRECTS {
            let answer = self.get(&uri).await?;
            if !answer.status.is_redirection() {
                return Ok(answer);
            }
            uri = self.ours(answer.header(LOCATION.as_str()).unwrap_or_default())?;
        }
        Err(GitHubError::Unreadable("it redirects without an end".to_owned()))
    }

    /// Returns an address that GitHub stated, if it is within this API.
    pub(crate) fn ours(&self, uri: &str) -> Result<String, GitHubError> {
        match uri.strip_prefix(&self.base) {
            Some(path) if path.starts_with('/') => Ok(uri.to_owned()),
            _ => Err(GitHubError::Unreadable("it leads to another host".to_owned())),
        }
    }

    /// Sends a request until it is answered, or the time is over. A request that a rate limit refused was not executed, so
    /// it is retried. One that failed otherwise may have been executed, so a `POST` is not retried.
    pub(crate) async fn send<B: Serialize>(
        &self,
        method: Method,
        uri: &str,
        body: Option<&B>,
    ) -> Result<Answer, GitHubError> {
        let repeatable = method != Method::POST;
        self.send_through(method, uri, body, repeatable).await
    }

    /// Sends a `POST` that may be executed twice: it is retried after all temporary failures.
    pub(crate) async fn post_repeatedly<B: Serialize>(
        &self,
        uri: &str,
        body: &B,
    ) -> Result<Answer, GitHubError> {
        self.send_through(Method::POST, uri, Some(body), true).await
    }

    /// Names the proxy in the error, if the request fails.
    async fn send_through<B: Serialize>(
        &self,
        method: Method,
        uri: &str,
        body: Option<&B>,
        repeatable: bool,
    ) -> Result<Answer, GitHubError> {
        let sent = self.send_until_answered(method, uri, body, repeatable).await;
        sent.map_err(|error| error.through(self.proxy.as_deref()))
    }

    async fn send_until_answered<B: Serialize>(
        &self,
        method: Method,
        uri: &str,
        body: Option<&B>,
        repeatable: bool,
    ) -> Result<Answer, GitHubError> {
        let begun = Instant::now();
        let all = self.deadline.map(|all| all.saturating_duration_since(begun));
        let patience = all.map_or(self.patience, |all| all.min(self.patience));
        let left = || patience.saturating_sub(begun.elapsed());
        let mut failed = 0_u32;
        let mut renewed = false;
        loop {
            let attempt = timeout(left(), self.attempt(&method, uri, body)).await;
            let error = match attempt {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => error,
                Err(_) if patience < self.patience => {
                    return Err(GitHubError::Unreachable(
                        "no answer before the time for all was over".to_owned(),
                    ));
                }
                Err(_) => {
                    return Err(GitHubError::Unreachable(format!(
                        "no answer in {} s",
                        self.patience.as_secs()
                    )));
                }
            };
            if matches!(error, GitHubError::Unauthorized(_)) && !renewed {
                renewed = true;
                match self.renew_token().await {
                    Ok(true) => continue,
                    Err(passing) if passing.is_passing() => return Err(passing),
                    Ok(false) | Err(_) => return Err(error),
                }
            }
            failed = failed.saturating_add(1);
            let wait = match error {
                GitHubError::RateLimited(wait) => WAITS.after_asked(failed, wait),
                _ if error.is_passing() && repeatable => WAITS.after(failed),
                _ => return Err(error),
            };
            if wait >= left() {
                return Err(error);
            }
            sleep(wait).await;
        }
    }

    async fn attempt<B: Serialize>(
        &self,
        method: &Method,
        uri: &str,
        body: Option<&B>,
    ) -> Result<Answer, GitHubError> {
        let lost = |error: octocrab::Error| GitHubError::Unreachable(innermost(&error));
        let request = http::Request::builder().method(method.clone()).uri(uri);
        let octocrab = self.octocrab();
        let request = octocrab.build_request(request, body).map_err(lost)?;
        let (parts, body) = octocrab.execute(request).await.map_err(lost)?.into_parts();
        let (status, headers) = (parts.status, parts.headers);
        let body = match whole(&headers, body).await {
            // The status says enough, and a proxy's page can have any encoding.
            Err(GitHubError::Unreadable(_)) if !status.is_success() => String::new(),
            body => body?,
        };
        Answer { status, headers, uri: uri.to_owned(), body }.checked()
    }
}

/// Reads a whole body, up to a limit.
async fn whole<B>(headers: &HeaderMap, body: B) -> Result<String, GitHubError>
where
    B: Body<Error = octocrab::Error>,
{
    let too_large = || GitHubError::Unreadable(format!("it has more than {LARGEST_ANSWER} bytes"));
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > LARGEST_ANSWER as u64) {
        return Err(too_large());
    }
    let body = match Limited::new(body, LARGEST_ANSWER).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
        Err(error) => return Err(GitHubError::Unreachable(innermost(&*error))),
    };
    let text = String::from_utf8(body.into()).map_err(|error| error.utf8_error());
    text.map_err(|error| GitHubError::Unreadable(error.to_string()))
}

impl Answer {
    /// Returns the answer if its status says something about the requested thing.
    pub(crate) fn checked(self) -> Result<Self, GitHubError> {
        match self.status.as_u16() {
            200..=399 | 404 | 410 => Ok(self),
            401 => Err(GitHubError::Unauthorized(self.message())),
            code @ (403 | 429) => {
                let message = self.message();
                Err(match rate_limit::wait(code, &self.headers, &message) {
                    Some(wait) => GitHubError::RateLimited(wait),
                    None => {
                        let needs = self.header("x-accepted-github-permissions").map(str::to_owned);
                        GitHubError::Forbidden { message, needs }
                    }
                })
            }
            code @ 500.. => Err(GitHubError::Failing(code)),
            status => Err(GitHubError::Refused { status, message: self.message() }),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, GitHubError> {
        // serde's own text quotes values.
        let unreadable = |error: serde_json::Error| {
            let (line, column) = (error.line(), error.column());
            GitHubError::Unreadable(format!("unexpected JSON at line {line} column {column}"))
        };
        serde_json::from_str(&self.body).map_err(unreadable)
    }

    /// Returns an answer of success, and an error otherwise.
    pub(crate) fn expected(self) -> Result<Self, GitHubError> {
        match self.status.is_success() {
            true => Ok(self),
            false => Err(GitHubError::Refused { status: self.status.as_u16(), message: self.message() }),
        }
    }

    pub(crate) fn message(&self) -> String {
        let refusal: Refusal = serde_json::from_str(&self.body).unwrap_or_default();
        if refusal.message.is_empty() {
            // A proxy or a redirect, for example to the page of a login.
            let location = self
                .header("location")
                .map(|to| format!(", which leads to {}", to.split('?').next().unwrap_or(to)))
                .unwrap_or_default();
            return format!("an answer without GitHub's explanation{location}").chars().take(300).collect();
        }
        refusal.message.chars().take(300).collect()
    }
}

/// Returns the innermost cause.
fn innermost(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn an_answer_without_an_explanation_says_where_it_leads() {
        let message = |location: Option<&'static str>, body: &str| {
            let location = location.map(|to| (LOCATION, HeaderValue::from_static(to)));
            let headers = location.into_iter().collect();
            let (uri, body) = ("https://api.github.com/x".to_owned(), body.to_owned());
            Answer { status: StatusCode::FOUND, headers, uri, body }.message()
        };
        let nothing = "an answer without GitHub's explanation";
        assert_eq!(message(None, "<html>"), nothing);
        let leads = format!("{nothing}, which leads to https://login.example.com/");
        assert_eq!(message(Some("https://login.example.com/?token=secret"), ""), leads);
        assert_eq!(message(None, r#"{"message":"Not Found"}"#), "Not Found");
    }
}
