//! Failures of requests to GitHub.

use std::time::Duration;

/// The failure of a request to GitHub.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// The address of the API is invalid.
    #[error("{0:?} is no address of an API")]
    Address(String),
    /// The token has characters that a header can't have.
    #[error("the token has characters that no token has")]
    UnfitToken,
    /// GitHub did not answer.
    #[error("GitHub was not reached: {0}")]
    Unreachable(String),
    /// GitHub answered with a server error.
    #[error("GitHub answered {0}")]
    Failing(u16),
    /// The rate limit is used up, and its reset is too far away.
    #[error("GitHub's rate limit is used up, for {} s more", .0.as_secs())]
    RateLimited(Duration),
    /// The credential is not accepted.
    #[error("GitHub refuses the token (401): {0}")]
    Unauthorized(String),
    /// The credential may not do this.
    #[error("GitHub does not allow it (403): {message}{}", needs.as_ref().map(|needs| format!(" (it takes {needs})")).unwrap_or_default())]
    Forbidden {
        /// GitHub's own words.
        message: String,
        /// The needed permissions, if GitHub names them.
        needs: Option<String>,
    },
    /// The issue's conversation is locked: only those who may lock it can comment.
    #[error("the issue is locked (403): {0}")]
    Locked(String),
    /// The repository does not exist, or this credential may not see it: GitHub's answer is the same.
    #[error("GitHub shows no repository {0}: it is gone, or the token may not see it")]
    NoRepository(String),
    /// The repository has its issues disabled, so GitHub shows none of them.
    #[error("{0} has its issues switched off")]
    IssuesOff(String),
    /// The repository belongs to another owner, so GitHub's statements about its issues do not concern the stored data.
    #[error("{0} belongs to another owner now")]
    OtherOwner(String),
    /// The request itself is refused.
    #[error("GitHub refuses the request ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// GitHub's own words.
        message: String,
    },
    /// The answer is not as GitHub documents it.
    #[error("GitHub's answer can't be read: {0}")]
    Unreadable(String),
}

impl GitHubError {
    /// Returns whether the same request may succeed later, with nothing changed.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            // A server that does not implement a method will not do so later.
            Self::Failing(status) => *status != 501,
            _ => matches!(self, Self::Unreachable(_) | Self::RateLimited(_)),
        }
    }

    /// Names the proxy of the request, if GitHub was not reached.
    #[must_use]
    pub(crate) fn through(self, proxy: Option<&str>) -> Self {
        match (self, proxy) {
            (Self::Unreachable(cause), Some(proxy)) => {
                Self::Unreachable(format!("{cause} (through the proxy {proxy})"))
            }
            (error, _) => error,
        }
    }

    /// Returns whether every other request with the same credential fails now, too.
    #[must_use]
    pub fn concerns_all(&self) -> bool {
        matches!(self, Self::RateLimited(_) | Self::Unauthorized(_) | Self::Address(_) | Self::UnfitToken)
    }
}

/// A counter of consecutive failures. A single failure may concern one issue or repository; so many concern all.
#[derive(Debug, Default)]
pub struct Failures(usize);

impl Failures {
    const MOST_IN_A_ROW: usize = 3;

    /// Resets the counter: GitHub answered.
    pub fn success(&mut self) {
        self.0 = 0;
    }

    /// Counts a failure. Returns whether further requests are useless now.
    pub fn ends(&mut self, error: &GitHubError) -> bool {
        self.0 = if error.is_passing() { self.0.saturating_add(1) } else { 0 };
        error.concerns_all() || self.0 >= Self::MOST_IN_A_ROW
    }
}
