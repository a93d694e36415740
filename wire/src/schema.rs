//! Declares the poem-openapi schema of a type beside its `FromStr`. The pattern is part of the contract, and must match
//! exactly what `FromStr` accepts. Without the feature `openapi`, nothing is declared.

#[cfg(feature = "openapi")]
use poem_openapi::registry::MetaSchema;

/// Registers a type under its own name with this schema. serde reads and writes its JSON.
macro_rules! schema {
    ($type:ident, $schema:expr) => {
        #[cfg(feature = "openapi")]
        const _: () = {
            use std::borrow::Cow;

            use poem_openapi::registry::{MetaSchema, MetaSchemaRef, Registry};
            use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
            use serde_json::Value;

            impl Type for $type {
                const IS_REQUIRED: bool = true;
                type RawValueType = Self;
                type RawElementValueType = Self;

                fn name() -> Cow<'static, str> {
                    stringify!($type).into()
                }

                fn schema_ref() -> MetaSchemaRef {
                    MetaSchemaRef::Reference(stringify!($type).to_owned())
                }

                fn register(registry: &mut Registry) {
                    registry.create_schema::<Self, _>(stringify!($type).to_owned(), |_| -> MetaSchema {
                        $schema
                    });
                }

                fn as_raw_value(&self) -> Option<&Self::RawValueType> {
                    Some(self)
                }

                fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                    Box::new(std::iter::once(self))
                }
            }

            impl ParseFromJSON for $type {
                fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                    serde_json::from_value(value.unwrap_or_default()).map_err(ParseError::custom)
                }
            }

            impl ToJSON for $type {
                fn to_json(&self) -> Option<Value> {
                    serde_json::to_value(self).ok()
                }
            }
        };
    };
}
pub(crate) use schema;

/// Allows a type as a path or query parameter.
macro_rules! parameter {
    ($type:ident) => {
        #[cfg(feature = "openapi")]
        impl poem_openapi::types::ParseFromParameter for $type {
            fn parse_from_parameter(value: &str) -> poem_openapi::types::ParseResult<Self> {
                value.parse().map_err(poem_openapi::types::ParseError::custom)
            }
        }
    };
}
pub(crate) use parameter;

/// Returns the schema of a string.
#[cfg(feature = "openapi")]
pub(crate) fn string(description: &'static str) -> MetaSchema {
    MetaSchema { description: Some(description), ..MetaSchema::new("string") }
}

/// Returns the schema of an enumeration.
#[cfg(feature = "openapi")]
pub(crate) fn words<'a>(description: &'static str, words: impl Iterator<Item = &'a str>) -> MetaSchema {
    MetaSchema { enum_items: words.map(serde_json::Value::from).collect(), ..string(description) }
}
