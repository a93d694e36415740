//! The reason of a result's state.

use std::fmt;
use std::str::FromStr;

/// The reason of a status or an outcome, in the words of who stored it: 1 to 1,000 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

/// An invalid [`Reason`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReasonError {
    /// The reason is empty or too long.
    #[error("a reason must have 1 to 1000 characters (got {0})")]
    Length(usize),
    /// The reason contains a control character that could change what is shown around it.
    #[error("a reason must not contain control characters, except line breaks and tabs (got {0:?})")]
    Control(char),
}

impl Reason {
    /// The longest reason, in characters.
    pub const MAX_CHARS: usize = 1000;

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.chars().count();
        if !(1..=Self::MAX_CHARS).contains(&length) {
            return Err(ReasonError::Length(length));
        }
        let is_refused = |one: &char| one.is_control() && !matches!(one, '\n' | '\r' | '\t');
        match text.chars().find(is_refused) {
            Some(control) => Err(ReasonError::Control(control)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::serde_as_string!(Reason);

/// Returns the schema of a reason.
#[cfg(feature = "openapi")]
pub(super) fn schema(description: &'static str) -> poem_openapi::registry::MetaSchema {
    poem_openapi::registry::MetaSchema {
        min_length: Some(1),
        max_length: Some(Reason::MAX_CHARS),
        pattern: Some(r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+$".to_owned()),
        example: Some("The value is a constant: no input reaches the query.".into()),
        ..crate::schema::string(description)
    }
}

crate::schema::schema!(
    Reason,
    schema("Reason, for people: text without control characters, except line breaks and tabs.")
);
crate::schema::parameter!(Reason);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_short_text_that_changes_nothing_around_it() {
        for good in ["x", "two\r\n\tlines", "<b>|&", &"ü".repeat(1000)] {
            assert_eq!(good.parse::<Reason>().map(|reason| reason.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", &"x".repeat(1001), "a\u{0}", "a\u{1b}[31m", "a\u{85}"] {
            assert!(bad.parse::<Reason>().is_err(), "{bad:?}");
        }
    }
}
