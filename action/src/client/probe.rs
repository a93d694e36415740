//! Questions about the backend itself, without a credential.

use std::time::SystemTime;

use reqwest::header::DATE;
use serde::de::IgnoredAny;

use super::retry::{Attempt, Patience, Peer};
use super::{Client, Sent};
use crate::error::Error;
use crate::log::Log;

/// A healthy answer.
pub(crate) struct Healthy {
    /// What the other side's clock said.
    pub(crate) date: Option<SystemTime>,
}

impl Client<'_> {
    /// `GET /health/{what}`
    pub(crate) async fn health(&self, what: &str, log: &mut Log<'_>) -> Result<Healthy, Error> {
        let url = self.job.backend.beside_api(&["health", what]);
        let mut patience = Patience::until(self.deadline(), Peer::Backend);
        let outcome = loop {
            match patience.attempt(self.http.get(url.clone()), log).await {
                Attempt::Final(outcome) => break outcome,
                Attempt::Again(_) => {}
            }
        };
        let answer = outcome.map_err(|lost| self.unreachable(&lost, &patience))?;
        let date = answer.headers.get(DATE).and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
        answer.read::<IgnoredAny>(Sent::Nothing)?;
        Ok(Healthy { date })
    }
}
