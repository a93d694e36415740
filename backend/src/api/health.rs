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
use crate::jobs::Stalled;

/// The health checks.
pub(crate) type HealthApi = (CheckLive, CheckReady);

/// The answer of a successful health check.
#[derive(Debug, Serialize, Object)]
#[oai(example)]
struct Health {
    /// Always `ok`.
    status: Status,
    /// Version of the backend, with the commit that it was built from: `0.1.0+abc1234`.
    version: String,
}

/// The check succeeded.
#[derive(Debug, Serialize, Enum)]
#[serde(rename_all = "lowercase")]
#[oai(rename_all = "lowercase")]
enum Status {
    Ok,
}

#[derive(ApiResponse)]
enum Healthy {
    /// The check succeeded.
    #[oai(status = 200)]
    Ok(JsonBody<Health>),
}

impl Health {
    fn ok(version: &str) -> JsonBody<Self> {
        JsonBody(Self { status: Status::Ok, version: version.to_owned() })
    }
}

impl poem_openapi::types::Example for Health {
    fn example() -> Self {
        Self::ok(env!("CARGO_PKG_VERSION")).0
    }
}

/// Checks that the process makes progress.
#[derive(Default)]
pub(crate) struct CheckLive;

impl Operation for CheckLive {
    const CODES: &'static [&'static [ProblemCode]] =
        &[&[ProblemCode::InternalError, ProblemCode::NoProgress]];
}

/// Returns the error with the stalled jobs, and the time of their last run.
fn no_progress(stalled: &[Stalled]) -> ApiError {
    let jobs: Vec<String> = stalled.iter().map(ToString::to_string).collect();
    ApiError::new(ProblemCode::NoProgress, format!("No progress for too long: {}.", jobs.join(", ")))
}

/// Checks that requests can be served.
#[derive(Default)]
pub(crate) struct CheckReady;

impl Operation for CheckReady {
    const CODES: &'static [&'static [ProblemCode]] =
        &[&[ProblemCode::InternalError, ProblemCode::DatabaseUnavailable]];
}

#[OpenApi(prefix_path = "/health", tag = "Tag::Health")]
impl CheckLive {
    /// Check that the process is alive.
    ///
    /// Returns 200 if the backend and its background jobs make progress, otherwise 503: the detail names the stalled jobs, and
    /// the time of their last run. Does not check the database, because a restart does not help without a database.
    #[oai(path = "/live", method = "get", operation_id = "check_live")]
    async fn live(&self, state: Data<&State>) -> Result<Healthy, Refused<CheckLive>> {
        match state.jobs.stalled().as_slice() {
            [] => Ok(Healthy::Ok(Health::ok(state.version))),
            stalled => Err(no_progress(stalled).into()),
        }
    }
}

#[OpenApi(prefix_path = "/health", tag = "Tag::Health")]
impl CheckReady {
    /// Check that requests can be served.
    ///
    /// Checks within 3 seconds that the database accepts writes. Returns the problem otherwise. Send traffic only to instances
    /// that return 200.
    #[oai(path = "/ready", method = "get", operation_id = "check_ready")]
    async fn ready(&self, state: Data<&State>) -> Result<Healthy, Refused<CheckReady>> {
        state.readiness.check().await?;
        Ok(Healthy::Ok(Health::ok(state.version)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::no_progress;
    use crate::jobs::Records;

    #[test]
    fn without_progress_the_probe_names_the_stalled_jobs_alone_and_their_last_runs() {
        let records = Records::default();
        let _well = records.add("listener", Duration::from_secs(3600));
        let _late = [records.add("purge", Duration::ZERO), records.add("prune", Duration::ZERO)];
        std::thread::yield_now();
        assert_eq!(
            no_progress(&records.stalled()).to_string(),
            "no_progress: No progress for too long: prune (no run has finished), purge (no run has finished)."
        );
    }
}
