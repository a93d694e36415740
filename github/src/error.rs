//! What can come of asking GitHub.

use std::time::Duration;

/// Why GitHub did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitHubError {
    /// The address of the API is none.
    #[error("{0:?} is no address of an API")]
    Address(String),
    /// The token has characters that no header can have.
    #[error("the token has characters that no token has")]
    UnfitToken,
    /// No answer came.
    #[error("GitHub was not reached: {0}")]
    Unreachable(String),
    /// GitHub is in trouble.
    #[error("GitHub answered {0}")]
    Failing(u16),
    /// Too much was asked, and waiting for more would take too long.
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
        /// The permissions that it takes, where GitHub names them.
        needs: Option<String>,
    },
    /// The issue's conversation is locked: whoever may not lock it can't comment.
    #[error("the issue is locked (403): {0}")]
    Locked(String),
    /// There is no such repository, or it is hidden from this credential: GitHub does not tell which.
    #[error("GitHub shows no repository {0}: it is gone, or the token may not see it")]
    NoRepository(String),
    /// The repository has its issues switched off, so nothing can be known about them.
    #[error("{0} has its issues switched off")]
    IssuesOff(String),
    /// The repository went to another owner, so what GitHub says of its issues is no longer said about our data.
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
    /// The answer is not what GitHub's description promises.
    #[error("GitHub's answer can't be read: {0}")]
    Unreadable(String),
}

impl GitHubError {
    /// Whether the same may succeed later, with nothing changed.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            // Whatever does not know a method will not learn it.
            Self::Failing(status) => *status != 501,
            _ => matches!(self, Self::Unreachable(_) | Self::RateLimited(_)),
        }
    }

    /// Tells whether every other request with the same credential fails now, too.
    #[must_use]
    pub fn concerns_all(&self) -> bool {
        matches!(self, Self::RateLimited(_) | Self::Unauthorized(_) | Self::Address(_) | Self::UnfitToken)
    }
}

/// Counts failures in a row. One may concern one thing that was asked about; so many in a row concern all.
#[derive(Debug, Default)]
pub struct Failures(usize);

impl Failures {
    const MOST_IN_A_ROW: usize = 3;

    /// Begins anew: GitHub answered.
    pub fn success(&mut self) {
        self.0 = 0;
    }

    /// Counts a failure. Answers whether asking on makes no sense now.
    pub fn ends(&mut self, error: &GitHubError) -> bool {
        self.0 = if error.is_passing() { self.0.saturating_add(1) } else { 0 };
        error.concerns_all() || self.0 >= Self::MOST_IN_A_ROW
    }
}
