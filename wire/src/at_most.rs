//! Lists with a limit.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A list of untrusted input with a maximum length. A longer one is an error, and is not read to its end: elements like
/// `{}` need many times the memory of their text, so a limit of the text is not enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtMost<const MAX: usize, T>(pub Vec<T>);

impl<'de, const MAX: usize, T: Deserialize<'de>> Deserialize<'de> for AtMost<MAX, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Elements::<MAX, T>(PhantomData))
    }
}

struct Elements<const MAX: usize, T>(PhantomData<T>);

impl<'de, const MAX: usize, T: Deserialize<'de>> Visitor<'de> for Elements<MAX, T> {
    type Value = AtMost<MAX, T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an array of at most {MAX} elements")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element()? {
            if elements.len() == MAX {
                return Err(Error::invalid_length(MAX.saturating_add(1), &self));
            }
            elements.push(element);
        }
        Ok(AtMost(elements))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_as_many_elements_as_it_may_and_no_more() {
        let read = |text: &str| serde_json::from_str::<AtMost<3, u8>>(text).map(|list| list.0);
        assert!(read("[]").expect("a list").is_empty());
        assert_eq!(read("[1,2,3]").expect("a list"), [1, 2, 3]);
        let error = read("[1,2,3,4]").expect_err("too long").to_string();
        assert!(error.contains("an array of at most 3 elements"), "{error}");
        assert!(read("{}").is_err() && read("[1,2").is_err());
    }
}
