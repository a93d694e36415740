//! The body of a delivery: its exact bytes, then what they say. Nothing is held of it before the hook is known.

use std::borrow::Cow;

use percent_encoding::percent_decode;
use phase_data_wire::ProblemCode;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::api::body::UnreadBody;
use crate::api::body_headers::media_type;
use crate::api::body_limits::BodyLimits;
use crate::api::state::State;
use crate::api::stranger_bodies::StrangersBody;
use crate::auth::{Hook, HookSignature, VerifiedHook};
use crate::error::ApiError;
use crate::server::Unproven;

/// GitHub's own cap.
const MAX_BYTES: usize = 25 << 20;

/// The name of the schema in the contract.
const EVENT: &str = "WebhookEvent";

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A delivery that is announced as signed, and was not read yet.
#[derive(Debug)]
pub(super) struct UnreadDelivery {
    signature: HookSignature,
    is_form: bool,
    body: UnreadBody,
    unproven: Option<Unproven>,
}

/// A delivery whose signature was verified.
#[derive(Debug)]
pub(super) struct VerifiedDelivery {
    pub(super) hook: VerifiedHook,
    is_form: bool,
    bytes: StrangersBody,
}

impl<'a> ApiExtractor<'a> for UnreadDelivery {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_schema::<Self, _>(EVENT.to_owned(), |_| MetaSchema {
            description: Some("An event, as GitHub documents it."),
            additional_properties: Some(Box::new(MetaSchemaRef::Inline(Box::new(MetaSchema::ANY)))),
            ..MetaSchema::new("object")
        });
    }

    fn request_meta() -> Option<MetaRequest> {
        // One media type: some generators accept no second one.
        let schema = MetaSchemaRef::Reference(EVENT.to_owned());
        let content = vec![MetaMediaType { content_type: JSON, schema }];
        let description = "The event. A form (`application/x-www-form-urlencoded`) with the event as JSON in its field `payload` is \
                           also accepted.";
        Some(MetaRequest { description: Some(description), content, required: true })
    }

    /// Without a signature, none of the body is read.
    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let signature = request.header("X-Hub-Signature-256").unwrap_or_default();
        let signature: HookSignature = signature.parse().map_err(ApiError::from)?;
        let is_form = media_type(request.headers(), &[JSON, FORM])? == FORM;
        let state = State::of(request)?;
        let limits = BodyLimits { max_bytes: MAX_BYTES, ..state.body_limits };
        let body = UnreadBody::take(request, body, limits)?;
        Ok(Self { signature, is_form, body, unproven: request.data().cloned() })
    }
}

impl UnreadDelivery {
    /// Reads the delivery, and checks that this hook signed its exact bytes.
    pub(super) async fn verify(self, state: &State, hook: &Hook) -> Result<VerifiedDelivery, ApiError> {
        let bytes = self.body.read_from_stranger(&state.budgets.deliveries).await?;
        let hook = hook.verify(self.signature, &bytes)?;
        if let Some(unproven) = self.unproven {
            unproven.prove();
        }
        Ok(VerifiedDelivery { hook, is_form: self.is_form, bytes })
    }
}

impl VerifiedDelivery {
    /// Returns the number of bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
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
