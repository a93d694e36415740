//! Maps every error to an answer: its code, its texts, and the causes for the log.

mod credentials;
mod framework;
mod schema;
mod store;

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::time::Duration;

use phase_data_wire::phase_data::ClaimHolder;
use phase_data_wire::{Problem, ProblemCode};
use poem::http::StatusCode;

use crate::domain::{ContradictionError, EntityTagError, Flaw, FlawKind, KeyRulesError, MOST_DIGITS};
use crate::telemetry;
use crate::waiting::CapacityError;

/// An error answer. Boxed, because the result of every handler contains one.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct ApiError(Box<Parts>);

#[derive(Debug, thiserror::Error)]
#[error("{code}: {detail}")]
struct Parts {
    code: ProblemCode,
    detail: String,
    hint: Option<String>,
    pointer: Option<String>,
    current_revision: Option<i64>,
    current_etag: Option<String>,
    holder: Option<ClaimHolder>,
    /// Claims of a refused token, for its sender.
    claims: Option<BTreeMap<String, String>>,
    /// The time for the header `Retry-After`.
    retry_after: Option<Duration>,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A longer pointer is cut.
const MAX_POINTER_CHARS: usize = 500;

impl ApiError {
    /// Creates an error with this code.
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            code,
            detail: detail.into(),
            hint: None,
            pointer: None,
            current_revision: None,
            current_etag: None,
            holder: None,
            claims: None,
            retry_after: None,
            source: None,
        }))
    }

    /// Creates an error for a fault of the backend. The cause is logged, and is not in the answer.
    pub(crate) fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let detail = "The backend failed to process this request.";
        Self::new(ProblemCode::InternalError, detail).because(source)
    }

    fn unavailable(detail: &str) -> Self {
        Self::new(ProblemCode::DatabaseUnavailable, detail).retry_after_seconds(2)
    }

    /// Adds the place in the body.
    ///
    /// A pointer can be as long as the body. It is cut, so that answers stay small.
    pub(crate) fn at(mut self, pointer: impl Into<String>) -> Self {
        let mut pointer: String = pointer.into();
        if let Some((end, _)) = pointer.char_indices().nth(MAX_POINTER_CHARS) {
            pointer.truncate(end);
            pointer.push('…');
        }
        self.0.pointer = Some(pointer);
        self
    }

    /// Replaces the hint of the code by a more specific one.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds the stored revision and entity tag.
    pub(crate) fn with_current(mut self, revision: Option<i64>, etag: Option<String>) -> Self {
        self.0.current_revision = revision;
        self.0.current_etag = etag;
        self
    }

    /// Adds the holder of the claim that is in the way.
    pub(crate) fn with_holder(mut self, holder: ClaimHolder) -> Self {
        self.0.holder = Some(holder);
        self
    }

    /// Sets the header `Retry-After`.
    pub(crate) fn retry_after_seconds(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(Duration::from_secs(seconds));
        self
    }

    fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Returns the problem code.
    pub(crate) fn code(&self) -> ProblemCode {
        self.0.code
    }

    /// Returns the time for the header `Retry-After`.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the body of the answer.
    pub(crate) fn problem(&self, request_id: &str) -> Problem {
        let mut problem = Problem::new(self.0.code, &self.0.detail, request_id);
        if let Some(hint) = &self.0.hint {
            problem.hint.clone_from(hint);
        }
        problem.pointer.clone_from(&self.0.pointer);
        problem.current_revision = self.0.current_revision;
        problem.current_etag.clone_from(&self.0.current_etag);
        problem.holder.clone_from(&self.0.holder);
        problem.claims.clone_from(&self.0.claims);
        problem
    }

    /// Returns all causes, for the log.
    pub(crate) fn chain(&self) -> String {
        self.source().map_or_else(String::new, telemetry::chain)
    }
}

impl poem::error::ResponseError for ApiError {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.status()).unwrap_or_default()
    }
}

impl From<CapacityError> for ApiError {
    fn from(error: CapacityError) -> Self {
        let code = match error {
            CapacityError::Full => ProblemCode::TooManyWaiting,
            CapacityError::Closed => ProblemCode::Stopping,
        };
        Self::new(code, format!("{}.", capitalised(&error.to_string()))).retry_after_seconds(2)
    }
}

impl From<EntityTagError> for ApiError {
    fn from(error: EntityTagError) -> Self {
        Self::new(ProblemCode::InvalidParameter, format!("{}.", capitalised(&error.to_string())))
    }
}

impl From<ContradictionError> for ApiError {
    fn from(error: ContradictionError) -> Self {
        let hint = "Omit If-None-Match to replace that revision, or if_revision to create the phase.";
        Self::new(ProblemCode::InvalidParameter, format!("{error}.")).with_hint(hint)
    }
}

impl From<KeyRulesError> for ApiError {
    fn from(error: KeyRulesError) -> Self {
        let detail = format!("{}.", capitalised(&error.to_string()));
        Self::new(ProblemCode::InvalidBody, detail).at("/repositories")
    }
}

/// A flaw of the document, which is at `/data` in the body.
impl From<Flaw> for ApiError {
    fn from(flaw: Flaw) -> Self {
        let (code, detail) = match flaw.kind {
            FlawKind::DuplicateKey => (ProblemCode::DuplicateKey, "This key occurs twice.".to_owned()),
            FlawKind::NumberGrows { digits, limit } => (
                ProblemCode::NumberTooLong,
                format!(
                    "Written out, this number has {digits} digits. At most {limit} are accepted of a number that is \
                     longer than its spelling here."
                ),
            ),
            FlawKind::NumberTooLong { digits } => {
                let (before, after) = MOST_DIGITS;
                let detail = format!(
                    "Written out, this number has {digits} digits. PostgreSQL holds at most {before} before the point and \
                     {after} after it."
                );
                (ProblemCode::NumberTooLong, detail)
            }
            FlawKind::NestingTooDeep { limit } => (
                ProblemCode::NestingTooDeep,
                format!("Arrays and objects are nested more than {limit} levels deep here."),
            ),
            FlawKind::TooLarge { limit } => (
                ProblemCode::PayloadTooLarge,
                format!(
                    "The document has more than the {limit} bytes that the backend accepts, counted without white \
                     space and with its numbers written out."
                ),
            ),
        };
        Self::new(code, detail).at(format!("/data{}", flaw.pointer))
    }
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
