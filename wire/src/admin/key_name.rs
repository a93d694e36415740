//! Names of API keys.

use std::fmt;
use std::str::FromStr;

/// The name of a key, which describes its purpose: 1 to 100 characters on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName(String);

/// An invalid [`KeyName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key's name must have 1 to 100 characters, without line breaks, and without spaces at its ends")]
pub struct KeyNameError;

impl KeyName {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 100;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = KeyNameError;

    /// Names are shown in terminals and pages: control characters could change what is shown around them.
    fn from_str(text: &str) -> Result<Self, KeyNameError> {
        let valid = (1..=Self::MAX_CHARS).contains(&text.chars().count())
            && text.trim() == text
            && !text.chars().any(char::is_control);
        if valid { Ok(Self(text.to_owned())) } else { Err(KeyNameError) }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::serde_as_string!(KeyName);

crate::schema::schema!(
    KeyName,
    MetaSchema {
        min_length: Some(1),
        max_length: Some(KeyName::MAX_CHARS),
        pattern: Some(
            r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$".to_owned()
        ),
        example: Some("CI of octo/hello".into()),
        ..crate::schema::string(
            "Purpose of the key, on one line, without control characters, and without spaces at its ends."
        )
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line() {
        for good in ["x", "CI of octo/hello", "Schlüssel für Tests", &"ü".repeat(100)] {
            assert!(good.parse::<KeyName>().is_ok(), "{good}");
        }
        for bad in ["", " ", " x", "a\nb", "a\u{1b}[31m", "a\u{0}", &"x".repeat(101)] {
            assert!(bad.parse::<KeyName>().is_err(), "{bad:?}");
        }
    }
}
