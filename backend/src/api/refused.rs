//! The errors of an operation, as the contract shows them.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use phase_data_wire::{PROBLEM_MEDIA_TYPE, Problem, ProblemCode};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::types::Type;

use crate::error::ApiError;

/// An operation of the contract and its problem codes. If a handler returned a code that this list lacks, the contract
/// would be wrong; the request scope reports it, and the tests fail.
pub(crate) trait Operation: Send + Sync + 'static {
    /// All codes of the operation, in lists that operations share.
    const CODES: &'static [&'static [ProblemCode]];
}

/// The problems of a credential, for all operations.
pub(crate) const CREDENTIAL: &[ProblemCode] = &[
    ProblemCode::CredentialMissing,
    ProblemCode::CredentialInvalid,
    ProblemCode::CredentialExpired,
    ProblemCode::TokenInvalid,
    ProblemCode::TokenExpired,
    ProblemCode::AudienceMismatch,
    ProblemCode::IssuerUnknown,
    ProblemCode::AccountUnknown,
    ProblemCode::EventRefused,
    ProblemCode::OidcNotConfigured,
    ProblemCode::OidcUnavailable,
];

/// The problems of a body, before its content is checked.
pub(crate) const BODY: &[ProblemCode] = &[
    ProblemCode::MalformedJson,
    ProblemCode::RequestTimeout,
    ProblemCode::PayloadTooLarge,
    ProblemCode::UnsupportedMediaType,
    ProblemCode::UnsupportedContentEncoding,
    ProblemCode::InvalidBody,
];

/// The problems of the backend itself.
pub(crate) const BACKEND: &[ProblemCode] =
    &[ProblemCode::InternalError, ProblemCode::DatabaseUnavailable, ProblemCode::ServerBusy];

/// Further problems of a write, while the database is shared with an older release.
pub(crate) const UPGRADE: &[ProblemCode] = &[ProblemCode::UpgradeInProgress];

/// The error of an operation's handler.
#[derive(Debug)]
pub(crate) struct Refused<O>(ApiError, PhantomData<fn() -> O>);

impl<O, E> From<E> for Refused<O>
where
    ApiError: From<E>,
{
    fn from(error: E) -> Self {
        Self(error.into(), PhantomData)
    }
}

impl<O: Operation> From<Refused<O>> for poem::Error {
    fn from(refused: Refused<O>) -> Self {
        refused.0.into()
    }
}

impl<O: Operation> ApiResponse for Refused<O> {
    /// Returns one response for each status. Its description lists the codes.
    fn meta() -> MetaResponses {
        let mut statuses: BTreeMap<u16, Vec<ProblemCode>> = BTreeMap::new();
        for code in O::CODES.iter().copied().flatten() {
            statuses.entry(code.status()).or_default().push(*code);
        }
        MetaResponses {
            responses: statuses.into_iter().map(|(status, codes)| response(status, &codes)).collect(),
        }
    }

    fn register(registry: &mut Registry) {
        Problem::register(registry);
    }
}

/// Adds a code to the responses of an operation, unless it is there.
pub(super) fn add_code(meta: &mut MetaResponses, code: ProblemCode) {
    let line = response(code.status(), &[code]);
    match meta.responses.iter_mut().find(|response| response.status == line.status) {
        None => meta.responses.push(line),
        Some(there) if there.description.contains(line.description) => {}
        Some(there) => there.description = format!("{}\n{}", line.description, there.description).leak(),
    }
}

fn response(status: u16, codes: &[ProblemCode]) -> MetaResponse {
    let lines = codes.iter().map(|code| format!("- `{code}`: {}.", code.title()));
    // The registry wants text that lives as long as the program; the contract is generated a few times in
    // a program's life.
    let description: &'static str = lines.collect::<Vec<_>>().join("\n").leak();
    let headers = match status {
        401 => vec![header("WWW-Authenticate", "Authentication scheme.")],
        405 => vec![header("Allow", "Methods of the path.")],
        415 => vec![MetaHeader {
            required: false,
            ..header("Accept-Encoding", "`identity`, if the body was compressed.")
        }],
        503 => vec![header("Retry-After", "Seconds until the next attempt.")],
        _ => Vec::new(),
    };
    let content = vec![MetaMediaType { content_type: PROBLEM_MEDIA_TYPE, schema: Problem::schema_ref() }];
    MetaResponse { description, status: Some(status), status_range: None, content, headers }
}

fn header(name: &str, description: &str) -> MetaHeader {
    MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: true,
        deprecated: false,
        schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))),
    }
}
