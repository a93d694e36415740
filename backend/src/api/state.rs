//! The state that handlers share.

use std::sync::Arc;
use std::time::Duration;

use poem::Request;

use super::body_limits::BodyLimits;
use super::in_flight::Budgets;
use super::links::Links;
use crate::auth::github_signature::GithubSignatures;
use crate::auth::{Authenticator, Hook};
use crate::domain::JsonLimits;
use crate::error::ApiError;
use crate::jobs::{Records, WebhookQueue};
use crate::readiness::Readiness;
use crate::server::TrustedProxies;
use crate::store::Db;
use crate::waiting::Registry;

/// The state that handlers share.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) db: Db,
    pub(crate) waiting: Registry,
    pub(crate) readiness: Readiness,
    pub(crate) jobs: Records,
    pub(crate) authenticator: Arc<Authenticator<Db>>,
    pub(crate) json_limits: JsonLimits,
    pub(crate) body_limits: BodyLimits,
    pub(crate) budgets: Budgets,
    /// The version of this build.
    pub(crate) version: &'static str,
    /// Links to the backend's own pages.
    pub(crate) links: Links,
    /// For how long what is closed can be restored, where the account does not say.
    pub(crate) grace: Duration,
    pub(crate) github_signatures: Arc<GithubSignatures>,
    pub(crate) webhooks: Webhooks,
    pub(crate) trusted_proxies: TrustedProxies,
}

impl State {
    /// The state that [`super::routes`] gives to every request.
    pub(super) fn of(request: &Request) -> Result<&Self, ApiError> {
        request.data().ok_or_else(|| ApiError::internal("the request has no state"))
    }
}

/// The parts that webhook deliveries need.
#[derive(Debug, Clone)]
pub(crate) struct Webhooks {
    /// The hook of the App that this backend is; without a secret nothing it delivers is taken.
    pub(crate) app: Arc<Hook>,
    /// The queue that applies their effects.
    pub(crate) queue: WebhookQueue,
}

impl Webhooks {
    /// With the App's hook.
    pub(crate) fn new(app: Hook, queue: WebhookQueue) -> Self {
        Self { app: Arc::new(app), queue }
    }
}
