//! Secrets, which are never printed.

use std::fmt;
use std::str::FromStr;

/// A key or token. It can be sent and masked, but not printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

/// A text can't be sent as a credential. It may be a secret, so the message does not show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key or token consists of printable ASCII characters without spaces, and this value does not")]
pub(crate) struct NotOneWord;

impl Secret {
    /// Returns the secret, for the one header that carries it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = NotOneWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Refuses only what a header can't contain; the backend checks the key.
        let word = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if word { Ok(Self(text.to_owned())) } else { Err(NotOneWord) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
