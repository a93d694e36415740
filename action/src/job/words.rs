//! The words that inputs accept, each with one spelling.

use std::str::FromStr;
use std::time::Duration;

use crate::text::excerpt;

/// The operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Store,
    Retrieve,
    Cleanup,
}

/// What to do when nothing is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfNotFound {
    Fail,
    Warn,
    Ignore,
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "store" => Ok(Self::Store),
            "retrieve" => Ok(Self::Retrieve),
            "cleanup" => Ok(Self::Cleanup),
            _ => Err(format!("there is no operation {:?}: write store, retrieve or cleanup", excerpt(text))),
        }
    }
}

impl FromStr for IfNotFound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "fail" => Ok(Self::Fail),
            "warn" => Ok(Self::Warn),
            "ignore" => Ok(Self::Ignore),
            _ => Err(format!("write fail, warn or ignore (got {:?})", excerpt(text))),
        }
    }
}

/// A time-out that is neither nothing nor longer than a person would wait for.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(seconds @ 1..=3600) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("write a whole number of seconds from 1 to 3600 (got {:?})", excerpt(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_a_whole_number_of_seconds() {
        assert_eq!(seconds("30"), Ok(Duration::from_secs(30)));
        for wrong in ["0", "3601", "1.5", "30s", "-1", ""] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn words_have_one_spelling() {
        assert_eq!("store".parse(), Ok(Operation::Store));
        assert!("Store".parse::<Operation>().is_err());
        assert_eq!("warn".parse(), Ok(IfNotFound::Warn));
        assert!("warning".parse::<IfNotFound>().is_err());
    }
}
