//! The secret.

use std::fmt;
use std::str::FromStr;

/// The backend's API key. It can be sent and masked, but not printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ApiKey(String);

/// The text can't be a key. What it is instead is a secret, too, and stays out of the message.
#[derive(Debug, thiserror::Error)]
#[error("a key is one word of letters, digits and `_`, and this is something else")]
pub(crate) struct NotAKey;

impl ApiKey {
    /// The key itself, for the one header that carries it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for ApiKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Only what could not stand in a header is refused; whether it is a key, the backend knows.
        let word = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if word { Ok(Self(text.to_owned())) } else { Err(NotAKey) }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}
