//! Sends requests, and retries them.

use std::error::Error;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, LOCATION};
use http::{HeaderMap, Method};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use phase_data_wire::Waits;
use serde::Serialize;
use tokio::time::{Instant, sleep, timeout};

use crate::answer::Answer;
use crate::{GitHub, GitHubError};

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

/// Returns the innermost cause.
fn innermost(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), innermost)
}
