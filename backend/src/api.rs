//! HTTP: handlers parse, decide, store and map. What every request shares stands in the files beside
//! them.

mod admin;
mod auth;
mod body;
mod body_headers;
mod body_limits;
mod caller;
mod claim_refusals;
mod contract;
mod documentation;
mod foreign_encoding;
mod health;
mod in_flight;
mod json_body;
mod links;
mod merge_patch;
mod parameters;
mod phase_data;
mod preconditions;
mod refused;
mod repositories;
mod repository_alias;
mod request_log;
mod request_scope;
mod secret_scanning;
mod state;
mod stranger_bodies;
mod tag;
mod webhooks;

use std::sync::Arc;

use poem::{Endpoint, EndpointExt, IntoEndpoint, IntoResponse, Route};

pub(crate) use body_limits::BodyLimits;
pub(crate) use contract::Contract;
pub(crate) use in_flight::Budgets;
pub(crate) use links::Links;
pub(crate) use state::{State, Webhooks};

use repository_alias::RepositoryAlias;

/// Every path that the backend answers.
pub(crate) fn routes(state: State) -> impl IntoEndpoint<Endpoint: 'static> {
    let (links, version) = (&state.links, state.version);
    let contract = Contract::generate(links, version);
    let allowed = contract.allowed_methods();
    let alias = RepositoryAlias::new(contract.paths());
    let (budgets, proxies) = (state.budgets.clone(), state.trusted_proxies.clone());
    let scope = request_scope::RequestScope::new(allowed, budgets, links.clone(), proxies);
    let page = Arc::new(documentation::page(&contract));
    // The nest takes the path `/` as well, before any route for it.
    let start = Arc::new(poem::get(documentation::start(links, version)));
    let operations = contract::service().into_endpoint().around(move |operations, request| {
        let start = start.clone();
        async move {
            match request.uri().path() {
                "/" => start.call(request).await,
                _ => operations.call(request).await.map(IntoResponse::into_response),
            }
        }
    });
    Route::new()
        .at("/docs", poem::get(page.clone()))
        .at("/docs/", poem::get(page))
        .at("/problems", poem::get(documentation::problems(links)))
        .at("/openapi.json", poem::get(documentation::json(&contract)))
        .at("/openapi.yaml", poem::get(documentation::yaml(&contract)))
        .nest("/", operations)
        .data(state)
        .before(move |request| {
            let resolved = alias.resolve(request);
            async { Ok(resolved?) }
        })
        .with(scope)
}
