//! The servers that the client sends requests to, apart from GitHub's API.

use std::fmt;

use reqwest::StatusCode;

/// Pages of lists and events, and all answers without documents, are shorter.
const MAX_ANSWER_BYTES: usize = 4 << 20;
/// An id token has about 2 KB.
const MAX_TOKEN_ANSWER_BYTES: usize = 64 << 10;

/// The server of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    Backend,
    /// The runner's service that issues id tokens.
    TokenService,
}

impl Peer {
    /// Returns the maximum size of an answer, unless the call sets another.
    pub(super) fn max_answer_bytes(self) -> usize {
        match self {
            Self::Backend => MAX_ANSWER_BYTES,
            Self::TokenService => MAX_TOKEN_ANSWER_BYTES,
        }
    }

    /// Checks if a status is worth a retry. A 500 of the backend is a permanent defect; for tokens GitHub's own clients
    /// retry after every server error.
    pub(super) fn is_transient(self, status: StatusCode) -> bool {
        match status.as_u16() {
            408 | 429 | 502..=504 => true,
            500.. => self == Self::TokenService,
            _ => false,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backend => "the backend",
            Self::TokenService => "the runner's token service",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_is_tried_again() {
        let passing = |peer| {
            let passes =
                |status: &u16| StatusCode::from_u16(*status).is_ok_and(|it| Peer::is_transient(peer, it));
            (100..=505).filter(passes).collect::<Vec<_>>()
        };
        assert_eq!(passing(Peer::Backend), [408, 429, 502, 503, 504]);
        assert_eq!(passing(Peer::TokenService), [408, 429, 500, 501, 502, 503, 504, 505]);
    }
}
