//! `GET /health/live` and `GET /health/ready` — no credential.

use phase_data_wire::ProblemCode;
use poem::web::Data;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};
use serde::Serialize;

use super::State;
use super::contract::Tag;
use super::json_body::JsonBody;
use super::refused::{Operation, Refused};

/// The probes.
pub(crate) struct HealthApi;

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

struct CheckReady;

impl Operation for CheckReady {
    const CODES: &'static [&'static [ProblemCode]] =
        &[&[ProblemCode::InternalError, ProblemCode::DatabaseUnavailable]];
}

#[OpenApi(prefix_path = "/health", tag = "Tag::Health")]
impl HealthApi {
    /// Is the process alive?
    ///
    /// Answers as long as the backend can answer anything. It does not look at the database: a backend that
    /// lost its database needs no restart.
    #[oai(path = "/live", method = "get", operation_id = "check_live")]
    async fn live(&self) -> Healthy {
        Healthy::Ok(Health::ok())
    }

    /// Can requests be served?
    ///
    /// Asks the database, and says what is wrong when it does not answer. Send traffic only where this
    /// answers 200.
    #[oai(path = "/ready", method = "get", operation_id = "check_ready")]
    async fn ready(&self, state: Data<&State>) -> Result<Healthy, Refused<CheckReady>> {
        state.db.check().await?;
        Ok(Healthy::Ok(Health::ok()))
    }
}
