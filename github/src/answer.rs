//! An answer of GitHub's, and what its status means.

use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{GitHubError, rate_limit};

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

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::LOCATION;

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
