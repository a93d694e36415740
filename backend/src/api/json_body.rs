//! JSON bodies, read and written without a tree in between.

use std::marker::PhantomData;
use std::time::Duration;

use phase_data_wire::ProblemCode;
use poem::http::StatusCode;
use poem::{Body, IntoResponse, Request, RequestBody, Response, Result};
use poem_openapi::payload::Payload;
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::{Path, Segment};
use tokio::io::AsyncReadExt;

use super::State;
use super::body_headers::{is_of_type, media_type};
use crate::error::ApiError;

/// A body that serde reads and writes; poem-openapi gives it its schema alone.
///
/// poem-openapi's own JSON payload goes through a tree, which rounds long integers, refuses `1e400` and
/// has no limit.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

/// A body whose exact bytes are needed before anybody looks at what they say.
#[derive(Debug)]
pub(crate) struct UnparsedJson<T> {
    bytes: Vec<u8>,
    says: PhantomData<fn() -> T>,
}

/// How much of a body is read, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    pub(crate) max_bytes: usize,
    pub(crate) read_timeout: Duration,
}

impl BodyLimits {
    /// The limits where a document may have so many bytes as compact JSON.
    ///
    /// There is room for every spelling that JSON writers have by default, so that what was read can be sent again: blanks
    /// after commas and colons are at the most a half more, and `\u00e9` for `é` is three times as much.
    pub(crate) fn for_documents(max_bytes: usize, read_timeout: Duration) -> Self {
        Self { max_bytes: max_bytes.saturating_mul(3).saturating_add(ENVELOPE_BYTES), read_timeout }
    }
}

/// Room for what stands around a document in a body.
const ENVELOPE_BYTES: usize = 64 << 10;

/// So much of a body that is too large is read and dropped before the answer, since a client that is
/// still sending when the connection closes never sees the answer.
const DRAIN_MAX_BYTES: u64 = 64 << 20;

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
        refuse_array(&unparsed.bytes)?;
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
        let bytes = read(request, body, JsonBody::<T>::CONTENT_TYPE).await?;
        Ok(Self { bytes, says: PhantomData })
    }
}

impl<T: DeserializeOwned> UnparsedJson<T> {
    /// The bytes as they came.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What they say.
    pub(crate) fn parse(&self) -> Result<T, ApiError> {
        parse(&self.bytes)
    }
}

/// The bytes of a body that says that it is of this type.
pub(super) async fn read(request: &Request, body: &mut RequestBody, wanted_type: &str) -> Result<Vec<u8>> {
    media_type(request.headers(), &[wanted_type])?;
    let limits = State::of(request)?.body_limits;
    Ok(read_within(body.take()?, None, limits).await?)
}

/// A body, within its limits. One that is announced as too large is not kept at all.
pub(super) async fn read_within(
    body: Body,
    announced: Option<usize>,
    limits: BodyLimits,
) -> Result<Vec<u8>, ApiError> {
    let mut reader = body.into_async_read();
    let reading = async {
        let mut bytes = Vec::new();
        let max_bytes = if announced > Some(limits.max_bytes) { 0 } else { limits.max_bytes };
        let read = (&mut reader).take(max_bytes as u64 + 1).read_to_end(&mut bytes).await;
        read.map_err(|error| {
            ApiError::new(ProblemCode::MalformedJson, format!("The body broke off: {error}."))
        })?;
        if bytes.len() <= max_bytes {
            return Ok(bytes);
        }
        // Whatever becomes of the rest, the answer is the same.
        let _ = tokio::io::copy(&mut (&mut reader).take(DRAIN_MAX_BYTES), &mut tokio::io::sink()).await;
        let detail =
            format!("The body has more than the {} bytes that the backend accepts.", limits.max_bytes);
        Err(ApiError::new(ProblemCode::PayloadTooLarge, detail))
    };
    tokio::time::timeout(limits.read_timeout, reading).await.unwrap_or_else(|_| {
        let seconds = limits.read_timeout.as_secs();
        Err(ApiError::new(
            ProblemCode::RequestTimeout,
            format!("The body was not complete after {seconds} s."),
        ))
    })
}

/// serde would take an array for an object whose members come in order; the contract does not.
fn refuse_array(bytes: &[u8]) -> Result<(), ApiError> {
    if bytes.trim_ascii_start().first() != Some(&b'[') {
        return Ok(());
    }
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| malformed(&error))?;
    Err(ApiError::new(ProblemCode::InvalidBody, "The body is an array; this call takes an object."))
}

/// JSON that is none is 400 with line and column; JSON of the wrong shape is 422 with a pointer.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    if bytes.is_empty() {
        return Err(ApiError::new(ProblemCode::MalformedJson, "The body is empty."));
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        let detail = "The body begins with a byte order mark; send the JSON without it.";
        return Err(ApiError::new(ProblemCode::MalformedJson, detail));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| mismatch(error.path(), error.inner()))?;
    deserializer.end().map_err(|error| malformed(&error))?;
    Ok(parsed)
}

fn mismatch(path: &Path, error: &serde_json::Error) -> ApiError {
    if error.is_data() {
        return ApiError::new(ProblemCode::InvalidBody, format!("{}.", excerpt(error))).at(pointer(path));
    }
    malformed(error)
}

pub(super) fn malformed(error: &serde_json::Error) -> ApiError {
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
            Ok(json) => Response::builder().content_type("application/json").body(json),
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                StatusCode::INTERNAL_SERVER_ERROR.into()
            }
        }
    }
}
