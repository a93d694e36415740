//! The conditional headers, read whole.

use phase_data_wire::ProblemCode;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaParamIn, MetaSchema, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::Value;

use crate::domain::{EntityTagError, EntityTags, Precondition};
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
            example: Some(Value::from("\"3-1a2b3c4d\"")),
            ..MetaSchema::new("string")
        })))
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        options: ExtractParamOptions<String>,
    ) -> Result<Self> {
        let Some(value) = header(request, options.name)? else { return Ok(Self(None)) };
        Ok(Self(Some(value.parse().map_err(ApiError::from)?)))
    }
}

/// An `If-None-Match` header of a store, which can only ask that nothing be there: `*`.
pub(crate) struct IfAbsent(pub(crate) bool);

impl<'a> ApiExtractor<'a> for IfAbsent {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    type ParamType = String;
    type ParamRawType = String;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Header)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(MetaSchema {
            pattern: Some(r"^\*$".to_owned()),
            example: Some(Value::from("*")),
            ..MetaSchema::new("string")
        })))
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        options: ExtractParamOptions<String>,
    ) -> Result<Self> {
        match header(request, options.name)? {
            None => Ok(Self(false)),
            Some(value) if value.trim() == "*" => Ok(Self(true)),
            Some(_) => {
                let detail = "A store takes If-None-Match: * and no tags; If-Match takes tags.";
                Err(ApiError::new(ProblemCode::InvalidParameter, detail).into())
            }
        }
    }
}

/// The refusal of a write whose conditions don't hold, with what to change where they can never hold.
pub(super) fn mismatch(precondition: &Precondition, detail: String) -> ApiError {
    let error = ApiError::new(ProblemCode::RevisionMismatch, detail);
    if let Some(revision) = precondition.revision_as_tag() {
        return error.with_hint(format!(
            "A bare revision is not an entity tag. Tags look like \"{revision}-1a2b3c4d\". Send the ETag of an answer unchanged, \
             or the revision as the query parameter if_revision={revision}."
        ));
    }
    if precondition.has_altered_tag() {
        return error.with_hint(
            "A proxy that compresses answers changes their ETag to a weak one (W/\"…\") or adds a suffix like -gzip, and such \
             a tag never matches in a write. Use `etag` from the body of the answer, or send if_revision instead. The \
             operator can turn off the proxy's compression of this API.",
        );
    }
    error
}

/// All lines of a header as one value, or nothing where there is none.
fn header(request: &Request, name: &str) -> Result<Option<String>> {
    let lines = request.headers().get_all(name).iter();
    let lines: Result<Vec<&str>, _> = lines.map(|line| line.to_str()).collect();
    let lines = lines.map_err(|_| ApiError::from(EntityTagError))?;
    Ok((!lines.is_empty()).then(|| lines.join(", ")))
}
