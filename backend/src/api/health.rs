//! `GET /health/live` and `GET /health/ready` — no credential.

use phase_data_wire::ProblemCode;
use poem::web::Data;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};
use serde::Serialize;

use super::json_body::JsonBody;
use super::refused::{Operation, Refused};
use super::state::State;
use super::tag::Tag;
use crate::error::ApiError;

/// The probes.
pub(crate) type HealthApi = (CheckLive, CheckReady);

/// What a probe answers when all is well.
#[derive(Debug, Serialize, Object)]
#[oai(example)]
struct Health {
    /// `ok`.
    status: Status,
    /// The backend's version.
    version: String,
}

/// All is well.
#[derive(Debug, Serialize, Enum)]
#[serde(rename_all = "lowercase")]
#[oai(rename_all = "lowercase")]
enum Status {
    Ok,
}

#[derive(ApiResponse)]
enum Healthy {
    /// All is well.
    #[oai(status = 200)]
    Ok(JsonBody<Health>),
}

impl Health {
    fn ok() -> JsonBody<Self> {
        JsonBody(Self { status: Status::Ok, version: env!("CARGO_PKG_VERSION").to_owned() })
    }
}

impl poem_openapi::types::Example for Health {
    fn example() -> Self {
        Self::ok().0
    }
}

/// Checks whether the process makes progress.
#[derive(Default)]
pub(crate) struct CheckLive;

impl Operation for CheckLive {
    const CODES: &'static [&'static [ProblemCode]] =
        &[&[ProblemCode::InternalError, ProblemCode::NoProgress]];
}

/// Checks whether requests can be served.
#[derive(Default)]
pub(crate) struct CheckReady;

impl Operation for CheckReady {
    const CODES: &'static [&'static [ProblemCode]] =
        &[&[ProblemCode::InternalError, ProblemCode::DatabaseUnavailable]];
}

#[OpenApi(prefix_path = "/health", tag = "Tag::Health")]
impl CheckLive {
    /// Is the process alive?
    ///
    /// Answers 200 as long as the backend and its background jobs make progress. It does not look at the database: a
    /// backend that lost its database needs no restart.
    #[oai(path = "/live", method = "get", operation_id = "check_live")]
    async fn live(&self, state: Data<&State>) -> Result<Healthy, Refused<CheckLive>> {
        let stalled = state.progress.stalled();
        if stalled.is_empty() {
            return Ok(Healthy::Ok(Health::ok()));
        }
        let detail = format!("No progress for too long: {}.", stalled.join(", "));
        Err(ApiError::new(ProblemCode::NoProgress, detail).into())
    }
}

#[OpenApi(prefix_path = "/health", tag = "Tag::Health")]
impl CheckReady {
    /// Can requests be served?
    ///
    /// Asks the database whether it takes writes, and says what is wrong when it does not, within 3 seconds. Send traffic
    /// only where this answers 200.
    #[oai(path = "/ready", method = "get", operation_id = "check_ready")]
    async fn ready(&self, state: Data<&State>) -> Result<Healthy, Refused<CheckReady>> {
        state.readiness.check().await?;
        Ok(Healthy::Ok(Health::ok()))
    }
}
