//! Lifetimes of documents.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Seconds until a document expires: a minute to ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct ExpiresInSeconds(u32);

/// An invalid [`ExpiresInSeconds`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the lifetime of a document must be 60 (a minute) to 315360000 seconds (ten years); got {0}")]
pub struct ExpiresInError(String);

impl ExpiresInSeconds {
    /// The shortest lifetime: a minute.
    pub const MIN: u32 = 60;
    /// The longest lifetime: ten years of 365 days.
    pub const MAX: u32 = 10 * 365 * 24 * 60 * 60;

    /// Returns the seconds.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for ExpiresInSeconds {
    type Error = ExpiresInError;

    fn try_from(seconds: i64) -> Result<Self, ExpiresInError> {
        match u32::try_from(seconds) {
            Ok(known) if (Self::MIN..=Self::MAX).contains(&known) => Ok(Self(known)),
            _ => Err(ExpiresInError(seconds.to_string())),
        }
    }
}

impl From<ExpiresInSeconds> for u32 {
    fn from(seconds: ExpiresInSeconds) -> Self {
        seconds.0
    }
}

/// Parses decimal digits, as in a query.
impl FromStr for ExpiresInSeconds {
    type Err = ExpiresInError;

    fn from_str(text: &str) -> Result<Self, ExpiresInError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        match text.parse::<i64>() {
            Ok(seconds) if plain => Self::try_from(seconds),
            _ => Err(ExpiresInError(format!("{:?}", text.chars().take(40).collect::<String>()))),
        }
    }
}

impl fmt::Display for ExpiresInSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

crate::schema::schema!(
    ExpiresInSeconds,
    MetaSchema {
        description: Some("Seconds until the document expires: a minute to ten years."),
        minimum: Some(f64::from(ExpiresInSeconds::MIN)),
        maximum: Some(f64::from(ExpiresInSeconds::MAX)),
        example: Some(2_592_000.into()),
        ..MetaSchema::new_with_format("integer", "int32")
    }
);
crate::schema::parameter!(ExpiresInSeconds);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_neither_over_at_once_nor_endless() {
        assert_eq!(ExpiresInSeconds::try_from(60).map(ExpiresInSeconds::get), Ok(60));
        assert_eq!("315360000".parse::<ExpiresInSeconds>().map(ExpiresInSeconds::get), Ok(315_360_000));
        for text in ["59", "315360001", "0", "-60", "+60", "060", "60.0", "1e3", "", "99999999999999999999"] {
            let refusal = text.parse::<ExpiresInSeconds>().expect_err(text).to_string();
            assert!(refusal.contains("60 (a minute) to 315360000"), "{refusal}");
        }
        assert!(serde_json::from_str::<ExpiresInSeconds>("59").is_err());
    }
}
