//! What must not be printed.

use std::fmt;
use std::str::FromStr;

/// A key or token. It can be sent and masked, but not printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

/// The text can't be sent as a credential. It may be a secret all the same, and stays out of the message.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key or token is one word of ASCII characters, and this is something else")]
pub(crate) struct NotOneWord;

impl Secret {
    /// The secret itself, for the one header that carries it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = NotOneWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Only what could not stand in a header is refused; whether it is a key, the backend knows.
        let word = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if word { Ok(Self(text.to_owned())) } else { Err(NotOneWord) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
