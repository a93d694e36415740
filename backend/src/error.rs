//! Maps every error to an answer: its code, its texts, and the causes for the log.

mod credentials;

use std::collections::BTreeMap;
use std::error::Error as StdError;
use std::time::Duration;

use phase_data_wire::{Problem, ProblemCode};
use poem::error::{MethodNotAllowedError, NotFoundError};
use poem::http::StatusCode;
use poem_openapi::error::{ParseParamError, ParsePathError};

use crate::api::Displaced;
use crate::domain::{ContradictionError, EntityTagError, Flaw, FlawKind, KeyRulesError};
use crate::store::StoreError;
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
        problem.claims.clone_from(&self.0.claims);
        problem
    }

    /// Returns all causes, for the log.
    pub(crate) fn chain(&self) -> String {
        let causes = std::iter::successors(self.source(), |&error| error.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }
}

/// Errors of the framework. Each is named. Any other one is a fault of the backend, and is logged.
impl From<poem::Error> for ApiError {
    fn from(error: poem::Error) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(own) => return own,
            Err(error) => error,
        };
        if let Some(ParsePathError { reason, .. }) = error.downcast_ref() {
            return Self::new(ProblemCode::InvalidParameter, sentence("In the path", reason));
        }
        if let Some(ParseParamError { name, reason }) = error.downcast_ref() {
            let refusal =
                Self::new(ProblemCode::InvalidParameter, sentence(&format!("Parameter {name}"), reason));
            // The message of the parser if the `+` of `+00:00` became a space.
            return if reason.contains("'offset hour'") { refusal.with_hint(OFFSET_HINT) } else { refusal };
        }
        if error.is::<NotFoundError>() {
            return Self::new(ProblemCode::RouteNotFound, "This path does not exist.");
        }
        if error.is::<MethodNotAllowedError>() {
            return Self::new(ProblemCode::MethodNotAllowed, "This path does not support this method.");
        }
        // For all other errors, the status tells a fault of the client from a fault of the backend.
        match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(ProblemCode::PayloadTooLarge, "The body is too large.")
            }
            status if status.is_client_error() => {
                let detail = "A part of the request can't be parsed.";
                Self::new(ProblemCode::InvalidParameter, detail).because(error.to_string())
            }
            _ => Self::internal(error.to_string()),
        }
    }
}

impl poem::error::ResponseError for ApiError {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.status()).unwrap_or_default()
    }
}

/// The hint for a time whose offset lost its `+`.
const OFFSET_HINT: &str = "Write a time in UTC with Z, or its offset with %2B: in a query, + means a space.";

/// Returns `what: reason.`, without the names of Rust types that the framework adds to the reason.
fn sentence(what: &str, reason: &str) -> String {
    let reason = reason.split_once(" (occurred while parsing").map_or(reason, |(own, _)| own);
    let reason = match reason.strip_prefix("failed to parse \"").and_then(|rest| rest.split_once("\": ")) {
        Some((_type, own)) => own,
        None => reason,
    };
    format!("{what}: {}.", reason.trim_end_matches('.'))
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                let detail = "The database can't be reached or did not answer in time. Nothing was changed.";
                Self::unavailable(detail).because(error)
            }
            StoreError::OutcomeUnknown(_) => {
                let detail = "The database did not confirm the write in time, so it may be done. It is safe to send the \
                              same request again.";
                Self::unavailable(detail).because(error)
            }
            StoreError::ShareExhausted => {
                let detail = "Other requests of your account, or requests with unverified credentials, use all database \
                              connections of their share. Nothing was changed.";
                Self::new(ProblemCode::ServerBusy, detail).retry_after_seconds(2)
            }
            StoreError::ValueRefused(_) => {
                Self::new(ProblemCode::InvalidBody, "PostgreSQL can't store a value of this document.")
                    .because(error)
                    .at("/data")
            }
            StoreError::MergedTooLarge => {
                let detail = "After the merge, the document would be larger than the backend accepts.";
                Self::new(ProblemCode::PayloadTooLarge, detail)
            }
            StoreError::TokenReplayed => {
                let detail = "This id token was used for another write. Each write needs a new one.";
                Self::new(ProblemCode::TokenReplayed, detail)
            }
            StoreError::UpgradeInProgress => {
                let detail = "Servers of an older release are running, and can't read what this call writes. \
                              Nothing was changed.";
                Self::new(ProblemCode::UpgradeInProgress, detail).retry_after_seconds(10)
            }
            StoreError::FunctionsMissing(_) => {
                let detail = "The database lacks the functions of this release. Nothing was changed.";
                Self::unavailable(detail).because(error).with_hint(
                    "The operator runs `phase-data-backend migrate` of this release as the owner of the tables.",
                )
            }
            StoreError::ReleaseTooOld(_) => {
                let detail = format!("{}.", capitalised(&error.to_string()));
                Self::unavailable(&detail).with_hint("The operator starts a newer release.")
            }
            StoreError::Query(_) => Self::internal(error),
        }
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

impl From<Displaced> for ApiError {
    fn from(error: Displaced) -> Self {
        let detail = format!("{}.", capitalised(&error.to_string()));
        Self::new(ProblemCode::ServerBusy, detail).retry_after_seconds(2)
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
            FlawKind::NulCharacter => (ProblemCode::NulCharacter, "A string contains U+0000.".to_owned()),
            FlawKind::LoneSurrogate => {
                (ProblemCode::LoneSurrogate, "A string contains half of a surrogate pair.".to_owned())
            }
            FlawKind::DuplicateKey => (ProblemCode::DuplicateKey, "This key occurs twice.".to_owned()),
            FlawKind::NumberTooLong { digits } => {
                (ProblemCode::NumberTooLong, format!("Written out, this number has {digits} digits."))
            }
            FlawKind::NestingTooDeep => {
                (ProblemCode::NestingTooDeep, "Arrays and objects are nested too deeply here.".to_owned())
            }
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
