//! Optional members.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Refuses `null`, which the schema does not allow, and which a plain `Option` would accept as absent.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Does the same for an object. serde would accept an array with the members in their order.
///
/// The members are read one by one: a map in between would keep only the last of two members with one name.
pub(crate) fn present_object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Some)
}

struct ObjectVisitor<T>(PhantomData<fn() -> T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

#[cfg(test)]
mod tests {
    use crate::admin::AccountPolicy;

    #[test]
    fn a_member_that_stands_twice_is_refused_at_every_depth() {
        for text in [r#"{"refs":["refs/a"],"refs":["refs/b"]}"#, r#"{"events":{"push":true,"push":false}}"#] {
            let refusal = serde_json::from_str::<AccountPolicy>(text).expect_err("refused").to_string();
            assert!(refusal.starts_with("duplicate field"), "{refusal}");
        }
    }

    #[test]
    fn neither_an_array_nor_null_is_an_object() {
        for text in [r#"{"events":[true]}"#, r#"{"events":null}"#] {
            let refusal = serde_json::from_str::<AccountPolicy>(text).expect_err("refused").to_string();
            assert!(refusal.contains("expected an object"), "{refusal}");
        }
    }
}
