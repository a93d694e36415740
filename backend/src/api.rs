//! HTTP: handlers parse, decide, store and map. What every request shares stands in the files beside
//! them.

mod admin;
mod auth;
mod body;
mod body_headers;
mod caller;
mod contract;
mod documentation;
mod health;
mod in_flight;
mod json_body;
mod merge_patch;
mod parameters;
mod phase_data;
mod preconditions;
mod refused;
mod repositories;
mod repository_alias;
mod request_scope;
mod secret_scanning;
mod stranger_bodies;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use poem::{EndpointExt, IntoEndpoint, Request, Route};

pub(crate) use body::BodyLimits;
pub(crate) use contract::Contract;
pub(crate) use in_flight::Budgets;
pub(crate) use stranger_bodies::Displaced;
pub(crate) use webhooks::Webhooks;

use repository_alias::RepositoryAlias;

use crate::auth::Authenticator;
use crate::auth::github_signature::GithubSignatures;
use crate::domain::JsonLimits;
use crate::error::ApiError;
use crate::progress::Progress;
use crate::readiness::Readiness;
use crate::store::Db;
use crate::waiting::Waiting;

/// What handlers share.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) db: Db,
    pub(crate) waiting: Waiting,
    pub(crate) readiness: Readiness,
    pub(crate) progress: Progress,
    pub(crate) authenticator: Arc<Authenticator<Db>>,
    pub(crate) json_limits: JsonLimits,
    pub(crate) body_limits: BodyLimits,
    pub(crate) budgets: Budgets,
    /// For how long what is closed can be brought back, where the account does not say.
    pub(crate) grace: Duration,
    pub(crate) github_signatures: Arc<GithubSignatures>,
    pub(crate) webhooks: Webhooks,
}

impl State {
    /// The state that [`routes`] gave to every request.
    fn of(request: &Request) -> Result<&Self, ApiError> {
        request.data().ok_or_else(|| ApiError::internal("the request has no state"))
    }
}

/// Every path that the backend answers.
pub(crate) fn routes(state: State) -> impl IntoEndpoint<Endpoint: 'static> {
    let contract = Contract::generate();
    let allowed = contract.allowed_methods();
    let alias = RepositoryAlias::new(contract.paths());
    let scope = request_scope::RequestScope::new(allowed, state.budgets.clone());
    Route::new()
        .at("/docs", poem::get(documentation::page(&contract)))
        .at("/problems", poem::get(documentation::problems()))
        .at("/openapi.json", poem::get(documentation::json(&contract)))
        .at("/openapi.yaml", poem::get(documentation::yaml(&contract)))
        .nest("/", contract::service())
        .data(state)
        .before(move |request| {
            let resolved = alias.resolve(request);
            async { Ok(resolved?) }
        })
        .with(scope)
}
