//! Enumerations that later releases extend.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value of an enumeration that later releases may extend. Servers of several releases can share one database, so
/// unknown values are passed on unchanged, and are never an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extensible<T> {
    /// A value that this release knows.
    Known(T),
    /// An unknown value.
    Other(String),
}

/// The enumeration of the values that this release knows, for [`Extensible`].
pub trait OpenEnum: Copy + FromStr {
    /// The name of the enumeration in the contract.
    const NAME: &'static str;
    /// The description of the values in the contract.
    const DESCRIPTION: &'static str;
    /// An example value.
    const EXAMPLE: Self;

    /// Returns the value as text.
    fn as_str(self) -> &'static str;
}

impl<T: OpenEnum> Extensible<T> {
    /// Parses a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Other(text.to_owned()), Self::Known)
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(word) => word.as_str(),
            Self::Other(text) => text,
        }
    }
}

impl<T: PartialEq> PartialEq<T> for Extensible<T> {
    fn eq(&self, other: &T) -> bool {
        matches!(self, Self::Known(word) if word == other)
    }
}

impl<T: Default> Default for Extensible<T> {
    fn default() -> Self {
        Self::Known(T::default())
    }
}

impl<T> From<T> for Extensible<T> {
    fn from(word: T) -> Self {
        Self::Known(word)
    }
}

impl<T: OpenEnum> fmt::Display for Extensible<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<T: OpenEnum> Serialize for Extensible<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, T: OpenEnum> Deserialize<'de> for Extensible<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::of(&text))
    }
}

#[cfg(test)]
mod tests {
    use crate::phase_data::PhaseEventKind;

    use super::*;

    #[test]
    fn a_word_that_nobody_knows_yet_is_read_and_written_as_it_is() {
        for text in ["stored", "assessed", ""] {
            let word: Extensible<PhaseEventKind> =
                serde_json::from_value(text.into()).expect("every text is a word");
            assert_eq!(word.as_str(), text);
            assert_eq!(serde_json::to_value(&word).expect("JSON"), text);
            assert_eq!(word == PhaseEventKind::Stored, text == "stored");
        }
    }
}
