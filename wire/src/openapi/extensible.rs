//! The schema of extensible enumerations: a string without an `enum`, so that generated clients accept later values.

use std::borrow::Cow;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseResult, ToJSON, Type};
use serde_json::Value;

use crate::schema::string;
use crate::{Extensible, OpenEnum};

impl<T: OpenEnum + Send + Sync> Type for Extensible<T> {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Reference(T::NAME.to_owned())
    }

    fn register(registry: &mut Registry) {
        registry.create_schema::<Self, _>(T::NAME.to_owned(), |_| MetaSchema {
            example: Some(T::EXAMPLE.as_str().into()),
            ..string(T::DESCRIPTION)
        });
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl<T: OpenEnum + Send + Sync> ParseFromJSON for Extensible<T> {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        serde_json::from_value(value.unwrap_or_default()).map_err(ParseError::custom)
    }
}

impl<T: OpenEnum + Send + Sync> ToJSON for Extensible<T> {
    fn to_json(&self) -> Option<Value> {
        serde_json::to_value(self).ok()
    }
}
