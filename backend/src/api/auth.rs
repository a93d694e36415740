//! `GET /api/v1/auth/oidc` — no credential.

use phase_data_wire::{OidcDiscovery, ProblemCode};
use poem::web::Data;
use poem_openapi::{ApiResponse, OpenApi};

use super::json_body::JsonBody;
use super::refused::{Operation, Refused};
use super::state::State;
use super::tag::Tag;
use crate::error::ApiError;

/// Returns the parameters of id tokens.
#[derive(Default)]
pub(crate) struct DiscoverOidc;

impl Operation for DiscoverOidc {
    const CODES: &'static [&'static [ProblemCode]] = &[&[ProblemCode::OidcNotConfigured]];
}

#[derive(ApiResponse)]
enum Discovered {
    /// The audience and the accepted issuers.
    #[oai(status = 200)]
    Accepted(JsonBody<OidcDiscovery>),
}

#[OpenApi(prefix_path = "/api/v1/auth", tag = "Tag::Authentication")]
impl DiscoverOidc {
    /// Show which id tokens are accepted.
    ///
    /// Returns the audience to request a workflow's id token for, and the issuers whose tokens are accepted, so that a
    /// workflow needs no setting for them. The action uses this call. Clients must send a token only to the backend that is
    /// its audience.
    #[oai(path = "/oidc", method = "get", operation_id = "discover_oidc")]
    async fn discover(&self, state: Data<&State>) -> Result<Discovered, Refused<DiscoverOidc>> {
        let oidc = state.authenticator.oidc().ok_or_else(|| {
            ApiError::new(ProblemCode::OidcNotConfigured, "This backend accepts only API keys.")
        })?;
        let settings = oidc.settings();
        let issuers = settings.issuers.iter().map(|issuer| issuer.iss().to_owned()).collect();
        Ok(Discovered::Accepted(JsonBody(OidcDiscovery { audience: settings.audience.clone(), issuers })))
    }
}
