//! Cursors of lists.

use std::fmt;
use std::str::FromStr;

use crate::{IssueNumber, serde_as_string};

/// The end of a page, in its order. Callers send it back unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueCursor {
    /// After this issue.
    Number(IssueNumber),
    /// After this issue, which was last changed at this time, in microseconds since 1970.
    Time(i64, IssueNumber),
}

/// An invalid cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a cursor must be the `next` of the previous page, unchanged")]
pub struct IssueCursorError;

impl fmt::Display for IssueCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(issue) => write!(f, "n{issue}"),
            Self::Time(micros, issue) => write!(f, "t{micros}n{issue}"),
        }
    }
}

impl FromStr for IssueCursor {
    type Err = IssueCursorError;

    fn from_str(text: &str) -> Result<Self, IssueCursorError> {
        let number = |text: &str| text.parse().map_err(|_| IssueCursorError);
        if let Some(issue) = text.strip_prefix('n') {
            return Ok(Self::Number(number(issue)?));
        }
        let (micros, issue) =
            text.strip_prefix('t').and_then(|rest| rest.split_once('n')).ok_or(IssueCursorError)?;
        let plain = micros.bytes().all(|byte| byte.is_ascii_digit()) && micros.len() <= 16;
        let micros = micros.parse().ok().filter(|_| plain).ok_or(IssueCursorError)?;
        Ok(Self::Time(micros, number(issue)?))
    }
}

serde_as_string!(IssueCursor);

crate::schema::schema!(
    IssueCursor,
    MetaSchema {
        pattern: Some("^(t[0-9]{1,16})?n[1-9][0-9]{0,9}$".to_owned()),
        example: Some("n42".into()),
        ..crate::schema::string("End of the previous page: its `next`, unchanged.")
    }
);
crate::schema::parameter!(IssueCursor);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_and_nothing_else_is_one() {
        for text in ["n42", "t1764000000000000n42"] {
            assert_eq!(text.parse::<IssueCursor>().map(|cursor| cursor.to_string()), Ok(text.to_owned()));
        }
        for text in [
            "",
            "42",
            "n",
            "n0",
            "n-1",
            "t1n",
            "tn1",
            "t-1n1",
            "t+1n1",
            "t1764000000000000",
            "t99999999999999999n1",
        ] {
            assert_eq!(text.parse::<IssueCursor>(), Err(IssueCursorError), "{text}");
        }
    }
}
