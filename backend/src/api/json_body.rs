//! JSON bodies, read and written without a tree in between.

use std::marker::PhantomData;

use phase_data_wire::ProblemCode;
use poem::http::StatusCode;
use poem::{IntoResponse, Request, RequestBody, Response, Result};
use poem_openapi::payload::Payload;
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::{Path, Segment};

use super::body::{ReceivedBody, read};
use super::body_headers::is_of_type;
use super::foreign_encoding::foreign_encoding;
use crate::error::ApiError;
use crate::heavy;

/// A body that serde reads and writes; poem-openapi gives it its schema alone.
///
/// poem-openapi's own JSON payload goes through a tree, which rounds long integers, refuses `1e400` and
/// has no limit.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

/// A body whose exact bytes are needed before anybody parses them.
#[derive(Debug)]
pub(crate) struct UnparsedJson<T> {
    body: ReceivedBody,
    contents: PhantomData<fn() -> T>,
}

impl<T: Type> Payload for JsonBody<T> {
    const CONTENT_TYPE: &'static str = "application/json";

    fn check_content_type(content_type: &str) -> bool {
        is_of_type(content_type, Self::CONTENT_TYPE)
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<'a, T: Type + DeserializeOwned> ApiExtractor<'a> for JsonBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: Self::CONTENT_TYPE, schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let unparsed = UnparsedJson::<T>::from_request(request, body, options).await?;
        refuse_array(unparsed.bytes())?;
        Ok(Self(unparsed.parse()?))
    }
}

impl<'a, T: Type + DeserializeOwned> ApiExtractor<'a> for UnparsedJson<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        JsonBody::<T>::request_meta()
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let body = read(request, body, &[JsonBody::<T>::CONTENT_TYPE]).await?;
        Ok(Self { body, contents: PhantomData })
    }
}

impl<T: DeserializeOwned> UnparsedJson<T> {
    /// The bytes as they came.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// Parses the bytes.
    pub(crate) fn parse(&self) -> Result<T, ApiError> {
        heavy::on_text(self.body.len(), || parse(&self.body))
    }
}

/// serde would take an array for an object whose members come in order; the contract does not.
fn refuse_array(bytes: &[u8]) -> Result<(), ApiError> {
    if bytes.trim_ascii_start().first() != Some(&b'[') {
        return Ok(());
    }
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| malformed(bytes, &error))?;
    Err(ApiError::new(ProblemCode::InvalidBody, "The body is an array; this call takes an object."))
}

/// JSON that is none is 400 with line and column; JSON of the wrong shape is 422 with a pointer.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    if bytes.is_empty() {
        return Err(ApiError::new(ProblemCode::MalformedJson, "The body is empty.")
            .with_hint("Send a JSON body: `{}` if the call sets nothing."));
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        let detail = "The body begins with a byte order mark; send the JSON without it.";
        return Err(ApiError::new(ProblemCode::MalformedJson, detail));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| mismatch(bytes, error.path(), error.inner()))?;
    deserializer.end().map_err(|error| malformed(bytes, &error))?;
    Ok(parsed)
}

fn mismatch(bytes: &[u8], path: &Path, error: &serde_json::Error) -> ApiError {
    if error.is_data() {
        return ApiError::new(ProblemCode::InvalidBody, format!("{}.", excerpt(error))).at(pointer(path));
    }
    malformed(bytes, error)
}

/// The refusal of bytes that are no JSON, with the reason if it is their encoding.
pub(super) fn malformed(bytes: &[u8], error: &serde_json::Error) -> ApiError {
    if let Some(encoding) = foreign_encoding(bytes) {
        return ApiError::new(ProblemCode::MalformedJson, format!("The body {encoding}."));
    }
    ApiError::new(ProblemCode::MalformedJson, format!("{}.", excerpt(error)))
}

/// The path as a JSON pointer (RFC 6901).
pub(super) fn pointer(path: &Path) -> String {
    let segments = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        // Variants are no places in the text, and an unknown place is none.
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    segments.collect()
}

/// serde quotes unknown members and values whole; they could be as long as the body.
fn excerpt(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.chars().count() <= 300 {
        return text;
    }
    let start: String = text.chars().take(250).collect();
    format!("{start}… at line {} column {}", error.line(), error.column())
}

impl<T: Serialize + Send> IntoResponse for JsonBody<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(mut json) => {
                // Terminals and line-based tools expect the last line to end.
                json.push(b'\n');
                Response::builder().content_type("application/json").body(json)
            }
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                StatusCode::INTERNAL_SERVER_ERROR.into()
            }
        }
    }
}
