//! The conditional headers, read whole.

use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaParamIn, MetaSchema, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::Value;

use crate::domain::{EntityTagError, EntityTags};
use crate::error::ApiError;

/// An `If-Match` or `If-None-Match` header. All of its lines count, and one that can't be read is
/// refused: taken for absent, it would turn a careful request into a careless one.
pub(crate) struct Conditional(pub(crate) Option<EntityTags>);

impl<'a> ApiExtractor<'a> for Conditional {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    type ParamType = String;
    type ParamRawType = String;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Header)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(MetaSchema {
            pattern: Some(r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#.to_owned()),
            example: Some(Value::from("\"3\"")),
            ..MetaSchema::new("string")
        })))
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        options: ExtractParamOptions<String>,
    ) -> Result<Self> {
        let lines = request.headers().get_all(options.name).iter();
        let lines: Result<Vec<&str>, _> = lines.map(|line| line.to_str()).collect();
        let value = lines.map_err(|_| ApiError::from(EntityTagError))?.join(", ");
        if !request.headers().contains_key(options.name) {
            return Ok(Self(None));
        }
        Ok(Self(Some(value.parse().map_err(ApiError::from)?)))
    }
}
