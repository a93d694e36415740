//! HTTP: handlers parse, decide, store and map. What every request shares stands in the files beside
//! them.

mod admin;
mod auth;
mod body;
mod body_headers;
mod body_limits;
mod caller;
mod contract;
mod documentation;
mod foreign_encoding;
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
mod state;
mod stranger_bodies;
mod tag;
mod webhooks;

use poem::{EndpointExt, IntoEndpoint, Route};

pub(crate) use body_limits::BodyLimits;
pub(crate) use contract::Contract;
pub(crate) use in_flight::Budgets;
pub(crate) use state::{State, Webhooks};
pub(crate) use stranger_bodies::Displaced;

use repository_alias::RepositoryAlias;

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
