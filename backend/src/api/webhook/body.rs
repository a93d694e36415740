//! The body of a delivery: its exact bytes, then what they say.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use phase_data_wire::ProblemCode;
use poem::http::header;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use tokio::sync::OwnedSemaphorePermit;

use crate::api::State;
use crate::api::body_headers::media_type;
use crate::api::json_body::{BodyLimits, read_within};
use crate::auth::HookSignature;
use crate::error::ApiError;

/// GitHub's own cap.
const MAX_BYTES: usize = 25 << 20;
/// Up to here a body waits for nothing; GitHub's are a hundredth of this as a rule.
const SMALL_BYTES: usize = 1 << 20;
/// How many larger ones are held at once.
pub(super) const LARGE_BODIES: usize = 4;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A body that is announced as signed. Whether it is, [`Hook::verify`](crate::auth::Hook::verify) says.
#[derive(Debug)]
pub(super) struct WebhookBody {
    signature: HookSignature,
    bytes: Vec<u8>,
    is_form: bool,
    /// Given back when the body is done with.
    _room: Option<OwnedSemaphorePermit>,
}

impl<'a> ApiExtractor<'a> for WebhookBody {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(_registry: &mut Registry) {}

    fn request_meta() -> Option<MetaRequest> {
        let object = |payload: Option<MetaSchema>| {
            let mut schema = MetaSchema::new("object");
            if let Some(payload) = payload {
                schema.required.push("payload");
                schema.properties.push(("payload", MetaSchemaRef::Inline(Box::new(payload))));
            }
            MetaSchemaRef::Inline(Box::new(schema))
        };
        let payload = MetaSchema { description: Some("The same JSON."), ..MetaSchema::new("string") };
        let content = vec![
            MetaMediaType { content_type: JSON, schema: object(None) },
            MetaMediaType { content_type: FORM, schema: object(Some(payload)) },
        ];
        Some(MetaRequest { description: Some("The event, as GitHub documents it."), content, required: true })
    }

    /// Who shows no signature has none of the body read.
    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let signature = request.header("X-Hub-Signature-256").unwrap_or_default();
        let signature: HookSignature = signature.parse().map_err(ApiError::from)?;
        let is_form = media_type(request.headers(), &[JSON, FORM])? == FORM;
        let state = State::of(request)?;
        let announced = request.header(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
        let small = announced.is_some_and(|bytes: usize| bytes <= SMALL_BYTES);
        let room = if small { None } else { Some(room(state).await?) };
        let limits = BodyLimits { max_bytes: MAX_BYTES, ..state.body_limits };
        let bytes = read_within(body.take()?, announced, limits).await?;
        Ok(Self { signature, bytes, is_form, _room: room })
    }
}

impl WebhookBody {
    /// The signature that came with it.
    pub(super) fn signature(&self) -> HookSignature {
        self.signature
    }

    /// The bytes as they came.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The JSON in them.
    pub(super) fn json(&self) -> Result<Cow<'_, [u8]>, ApiError> {
        if !self.is_form {
            return Ok(Cow::Borrowed(&self.bytes));
        }
        let fields = self.bytes.split(|byte| *byte == b'&').map(|pair| {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            (form_decoded(parts.next()), parts.next())
        });
        let mut payloads = fields.filter(|(name, _)| name == b"payload");
        match (payloads.next(), payloads.next()) {
            (Some((_, value)), None) => Ok(Cow::Owned(form_decoded(value))),
            _ => {
                let detail = "The form must have one field payload, with the JSON in it.";
                Err(ApiError::new(ProblemCode::MalformedJson, detail))
            }
        }
    }
}

fn form_decoded(text: Option<&[u8]>) -> Vec<u8> {
    let text = text.unwrap_or_default();
    let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).collect()
}

async fn room(state: &State) -> Result<OwnedSemaphorePermit, ApiError> {
    let waited = state.body_limits.read_timeout;
    match tokio::time::timeout(waited, state.webhooks.room.clone().acquire_owned()).await {
        Ok(Ok(room)) => Ok(room),
        Ok(Err(closed)) => Err(ApiError::internal(closed)),
        Err(_) => {
            let detail = "Too many large bodies are being read right now.";
            Err(ApiError::new(ProblemCode::RequestTimeout, detail))
        }
    }
}
