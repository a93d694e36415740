//! The only place where errors become answers: which code, which words, and what is logged.

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

/// An error on its way out. Boxed, because every handler's result has room for one.
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
    /// When trying again makes sense, for the `Retry-After` header.
    retry_after: Option<Duration>,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A longer place is cut.
const MAX_POINTER_CHARS: usize = 500;

impl ApiError {
    /// An error of this kind.
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

    /// An error that is nobody's fault but ours. What happened goes to the log and stays there.
    pub(crate) fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let detail = "Something failed that is not your request's fault.";
        Self::new(ProblemCode::InternalError, detail).because(source)
    }

    fn unavailable(detail: &str) -> Self {
        Self::new(ProblemCode::DatabaseUnavailable, detail).retry_after_seconds(2)
    }

    /// With the place in the body.
    ///
    /// A place can be as long as the body, and answers that quote it would not be small: it is cut.
    pub(crate) fn at(mut self, pointer: impl Into<String>) -> Self {
        let mut pointer: String = pointer.into();
        if let Some((end, _)) = pointer.char_indices().nth(MAX_POINTER_CHARS) {
            pointer.truncate(end);
            pointer.push('…');
        }
        self.0.pointer = Some(pointer);
        self
    }

    /// With what to do about it, where the code's own hint says less.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// With the revision and the entity tag that are stored.
    pub(crate) fn with_current(mut self, revision: Option<i64>, etag: Option<String>) -> Self {
        self.0.current_revision = revision;
        self.0.current_etag = etag;
        self
    }

    /// With when trying again makes sense.
    pub(crate) fn retry_after_seconds(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(Duration::from_secs(seconds));
        self
    }

    fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What kind of error it is.
    pub(crate) fn code(&self) -> ProblemCode {
        self.0.code
    }

    /// When trying again makes sense.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The answer's body.
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

    /// The whole chain of causes, for the log.
    pub(crate) fn chain(&self) -> String {
        let causes = std::iter::successors(self.source(), |&error| error.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }
}

/// The framework's own errors. Each is named: one that is not is an error of ours, and is logged.
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
            // The text of the parser that did not get as far as the `+` of `+00:00`.
            return if reason.contains("'offset hour'") { refusal.with_hint(OFFSET_HINT) } else { refusal };
        }
        if error.is::<NotFoundError>() {
            return Self::new(ProblemCode::RouteNotFound, "Nothing answers at this path.");
        }
        if error.is::<MethodNotAllowedError>() {
            return Self::new(ProblemCode::MethodNotAllowed, "This path does not answer this method.");
        }
        // Whatever else the framework refuses: its status says whose fault it is.
        match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Self::new(ProblemCode::PayloadTooLarge, "The body is too large.")
            }
            status if status.is_client_error() => {
                let detail = "A part of the request can't be read.";
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

/// For a time with an offset, whose `+` is easily lost.
const OFFSET_HINT: &str = "Write a time in UTC with Z, or its offset with %2B: in a query, + means a blank.";

/// `what: why.`, without the names of Rust types that the framework puts around the reason.
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
                let detail = "The database did not say in time whether the write was done. Send the same \
                              request again: that does no harm if it was.";
                Self::unavailable(detail).because(error)
            }
            StoreError::ShareExhausted => {
                let detail = "Other requests of your account, or others whose credentials are not known yet, keep \
                              all database connections of their share busy. Nothing was changed.";
                Self::new(ProblemCode::ServerBusy, detail).retry_after_seconds(2)
            }
            StoreError::ValueRefused(_) => {
                Self::new(ProblemCode::InvalidBody, "PostgreSQL can't hold a value of this document.")
                    .because(error)
                    .at("/data")
            }
            StoreError::MergedTooLarge => {
                let detail =
                    "The document would be larger than the backend accepts once this is merged into it.";
                Self::new(ProblemCode::PayloadTooLarge, detail)
            }
            StoreError::TokenReplayed => {
                let detail = "This id token was used for another write; each write needs its own.";
                Self::new(ProblemCode::TokenReplayed, detail)
            }
            StoreError::UpgradeInProgress => {
                let detail = "Servers of an older release are running, and this call writes what they don't \
                              understand. Nothing was changed.";
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
        let hint = "Leave out If-None-Match to replace that revision, or if_revision to create the phase.";
        Self::new(ProblemCode::InvalidParameter, format!("{error}.")).with_hint(hint)
    }
}

impl From<KeyRulesError> for ApiError {
    fn from(error: KeyRulesError) -> Self {
        let detail = format!("{}.", capitalised(&error.to_string()));
        Self::new(ProblemCode::InvalidBody, detail).at("/repositories")
    }
}

/// A flaw of the document, which stands at `/data` in the body.
impl From<Flaw> for ApiError {
    fn from(flaw: Flaw) -> Self {
        let (code, detail) = match flaw.kind {
            FlawKind::DuplicateKey => (ProblemCode::DuplicateKey, "This key stands here twice.".to_owned()),
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
