//! Revisions of phases.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The revision of a phase: 1, 2, 3 …
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Revision(i64);

/// An invalid [`Revision`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a revision must be a number from 1 on, like 3 (got {0})")]
pub struct RevisionError(String);

impl Revision {
    /// Returns the number.
    #[must_use]
    pub fn get(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Revision {
    type Error = RevisionError;

    fn try_from(number: i64) -> Result<Self, RevisionError> {
        if number > 0 { Ok(Self(number)) } else { Err(RevisionError(number.to_string())) }
    }
}

impl From<Revision> for i64 {
    fn from(revision: Revision) -> Self {
        revision.0
    }
}

/// Parses decimal digits without a sign, a leading zero or quotes.
impl FromStr for Revision {
    type Err = RevisionError;

    fn from_str(text: &str) -> Result<Self, RevisionError> {
        let number = text.parse::<i64>().ok().filter(|number| number.to_string() == text);
        let shown = || RevisionError(format!("{:?}", text.chars().take(40).collect::<String>()));
        Self::try_from(number.ok_or_else(shown)?)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

crate::schema::schema!(
    Revision,
    MetaSchema {
        description: Some("Revision of a phase, as a number."),
        minimum: Some(1.0),
        example: Some(3.into()),
        ..MetaSchema::new_with_format("integer", "int64")
    }
);
crate::schema::parameter!(Revision);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_has_one_spelling() {
        assert_eq!("3".parse().map(Revision::get), Ok(3));
        assert_eq!("9223372036854775807".parse().map(Revision::get), Ok(i64::MAX));
        for wrong in [
            "",
            "0",
            "-1",
            "+1",
            "01",
            " 1",
            "1 ",
            "1.0",
            "1e3",
            "\"3\"",
            "W/\"3\"",
            "3-1a2b3c4d",
            "*",
            "3,4",
            "٣",
            "9223372036854775808",
        ] {
            assert!(wrong.parse::<Revision>().is_err(), "{wrong}");
        }
        let error = "x".repeat(9999).parse::<Revision>().expect_err("no revision");
        assert!(error.to_string().len() < 100, "{error}");
    }
}
