//! The answers to errors of the framework.

use phase_data_wire::ProblemCode;
use poem::error::{MethodNotAllowedError, NotFoundError};
use poem::http::StatusCode;
use poem_openapi::error::{ParseParamError, ParsePathError};

use super::ApiError;

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
            let detail = sentence(&format!("Parameter {name}"), reason);
            return Self::new(ProblemCode::InvalidParameter, detail);
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

/// Returns `what: reason.`, without the names of Rust types that the framework adds to the reason.
fn sentence(what: &str, reason: &str) -> String {
    let reason = reason.split_once(" (occurred while parsing").map_or(reason, |(own, _)| own);
    let reason = match reason.strip_prefix("failed to parse \"").and_then(|rest| rest.split_once("\": ")) {
        Some((_type, own)) => own,
        None => reason,
    };
    format!("{what}: {}.", reason.trim_end_matches('.'))
}
