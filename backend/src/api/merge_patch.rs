//! Bodies that are merge patches (RFC 7396).

use phase_data_wire::Document;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::body::read;
use super::json_body::parse;
use crate::heavy;

/// A merge patch, as text.
#[derive(Debug)]
pub(crate) struct MergePatch(pub(crate) Document);

/// The accepted media types. The contract lists the first one only: some generators know no other, or accept one for each body.
const MEDIA_TYPES: [&str; 2] = ["application/json", "application/merge-patch+json"];

impl<'a> ApiExtractor<'a> for MergePatch {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        Document::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: MEDIA_TYPES[0], schema: Document::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let body = read(request, body, &MEDIA_TYPES).await?;
        Ok(Self(heavy::on_text(body.len(), || parse(&body))?))
    }
}
