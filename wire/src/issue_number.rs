//! Issue numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An issue number: 1 to 2147483647, as in the URL of the issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i32")]
pub struct IssueNumber(i32);

/// An invalid [`IssueNumber`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueNumberError {
    /// The number is zero, negative or too large.
    #[error("an issue number must be between 1 and 2147483647 (got {0})")]
    OutOfRange(i64),
    /// The text is another spelling of a number. It is not guessed, so that one issue has one spelling.
    #[error("an issue number has only digits: write {number}, not {text:?}")]
    Decorated {
        /// The text.
        text: String,
        /// The number in the text.
        number: i32,
    },
    /// The text contains more than one number.
    #[error("one issue number is expected, not several (got {0:?})")]
    Several(String),
    /// The text contains no number.
    #[error("an issue number has only decimal digits, like 42 (got {0:?})")]
    NotANumber(String),
}

impl IssueNumber {
    /// The number.
    #[must_use]
    pub fn get(self) -> i32 {
        self.0
    }
}

impl TryFrom<i64> for IssueNumber {
    type Error = IssueNumberError;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        match i32::try_from(number) {
            Ok(small) if small > 0 => Ok(Self(small)),
            _ => Err(IssueNumberError::OutOfRange(number)),
        }
    }
}

impl From<IssueNumber> for i32 {
    fn from(number: IssueNumber) -> Self {
        number.0
    }
}

impl FromStr for IssueNumber {
    type Err = IssueNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if plain && (text == "0" || !text.starts_with('0')) {
            return text
                .parse::<i64>()
                .map_err(|_| IssueNumberError::OutOfRange(i64::MAX))
                .and_then(Self::try_from);
        }
        let excerpt: String = text.chars().take(40).collect();
        let mut numbers = excerpt.split([' ', ',', ';', '/', '[', ']']).filter(|number| !number.is_empty());
        let is_number = |text: &str| text.trim_start_matches('#').parse::<u32>().is_ok();
        if numbers.clone().nth(1).is_some() && numbers.all(is_number) {
            return Err(IssueNumberError::Several(excerpt));
        }
        let digits = excerpt.trim().trim_start_matches(|c: char| !c.is_ascii_digit());
        match digits.parse::<i32>() {
            Ok(number) if number > 0 && !text.starts_with('-') => {
                Err(IssueNumberError::Decorated { text: excerpt, number })
            }
            _ => Err(IssueNumberError::NotANumber(excerpt)),
        }
    }
}

impl fmt::Display for IssueNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

crate::schema::schema!(
    IssueNumber,
    MetaSchema {
        description: Some("Number of an issue: `42`, not `issue-42`."),
        minimum: Some(1.0),
        maximum: Some(f64::from(i32::MAX)),
        example: Some(42.into()),
        ..MetaSchema::new_with_format("integer", "int32")
    }
);
crate::schema::parameter!(IssueNumber);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_is_an_issue() {
        assert_eq!("42".parse::<IssueNumber>().map(IssueNumber::get), Ok(42));
        assert_eq!("2147483647".parse::<IssueNumber>().map(IssueNumber::get), Ok(i32::MAX));
    }

    #[test]
    fn other_spellings_are_refused_with_the_right_one() {
        for text in ["issue-42", "issue_42", "#42", " 42", "042", "+42"] {
            let refusal = text.parse::<IssueNumber>().expect_err(text).to_string();
            assert!(refusal.contains("write 42,"), "{text}: {refusal}");
        }
    }

    #[test]
    fn several_numbers_are_not_one() {
        for text in ["42, 43", "42,43", "#42 #43", "[42, 43]", "42;43", "42/43"] {
            assert_eq!(text.parse::<IssueNumber>(), Err(IssueNumberError::Several(text.to_owned())));
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "abc", "-1", "0", "2147483648", "99999999999999999999", "4.2", "1e3"] {
            assert!(text.parse::<IssueNumber>().is_err(), "{text}");
        }
        assert!(serde_json::from_str::<IssueNumber>("0").is_err());
        assert!(serde_json::from_str::<IssueNumber>("\"42\"").is_err());
    }
}
