//! The backend's health and version.

use std::time::{Duration, SystemTime};

use reqwest::header::DATE;
use serde::Deserialize;

use super::Client;
use super::answer::Answer;
use super::peer::Peer;
use super::retry::{Attempt, RetryBudget};
use crate::error::{CredentialKind, Error};
use crate::log::Log;
use crate::text::one_line;

/// The answer of a healthy backend.
pub(crate) struct Healthy {
    /// The server's time.
    pub(crate) date: Option<SystemTime>,
    /// The backend's version.
    pub(crate) version: String,
}

#[derive(Deserialize)]
struct HealthAnswer {
    #[serde(default)]
    version: String,
}

/// Limits the request for the version after a refusal.
const VERSION_LIMIT: Duration = Duration::from_secs(5);
const MAX_HEALTH_BYTES: usize = 64 << 10;

impl Client<'_> {
    /// `GET /health/{check}`
    pub(crate) async fn health(&self, check: &str, log: &mut Log<'_>) -> Result<Healthy, Error> {
        let url = self.job.backend.beside_api(&["health", check]);
        let mut budget = RetryBudget::until(self.deadline(), Peer::Backend);
        let outcome = loop {
            match budget.attempt(self.http.get(url.clone()), log).await {
                Attempt::Final(outcome) => break outcome,
                Attempt::Retry(_) | Attempt::CutOff(_) => {}
            }
        };
        let answer = outcome.map_err(|error| self.unreachable(&error, &budget))?;
        let date = answer.headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        let version = answer.read::<HealthAnswer>(CredentialKind::Nothing)?.body.version;
        Ok(Healthy { date, version: one_line(&version, 40) })
    }

    /// Adds the backend's version to a refusal that another version may explain.
    pub(crate) async fn explained(&self, error: Error) -> Error {
        if !error.is_about_contract() {
            return error;
        }
        // One attempt: the step has failed already.
        let url = self.job.backend.beside_api(&["health", "live"]);
        let Ok(request) = self.http.get(url).build() else { return error };
        let asking = Answer::to(self.http.clone(), request, MAX_HEALTH_BYTES);
        let answer = tokio::time::timeout(VERSION_LIMIT, asking).await;
        let read =
            answer.map(|answer| answer.map(|answer| answer.read::<HealthAnswer>(CredentialKind::Nothing)));
        match read {
            Ok(Ok(Ok(health))) => error.of_backend(&one_line(&health.body.version, 40)),
            _ => error,
        }
    }
}
