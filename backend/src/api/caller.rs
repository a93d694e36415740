//! Finds the request's credential and has it checked.

use phase_data_wire::ProblemCode;
use poem::http::{HeaderMap, header};
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::in_flight::InFlight;
use super::request_log::record_caller;
use super::state::State;
use crate::auth::{Caller, Scope};
use crate::error::ApiError;

/// An authenticated caller. One extractor handles all kinds of credentials: with several, a refusal by the first one
/// would fall through to the next, and a bad key beside a good one would pass.
pub(crate) struct Authenticated(pub(crate) Caller);

const BEARER: &str = "Bearer";
const HEADER: &str = "ApiKeyHeader";
const HEADER_NAME: &str = "X-API-Key";

impl<'a> ApiExtractor<'a> for Authenticated {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        registry.create_security_scheme(
            BEARER,
            MetaSecurityScheme {
                scheme: Some("bearer"),
                description: Some(
                    "An API key (`pd_…`), or an id token of a workflow for the audience that `GET /api/v1/auth/oidc` \
                     returns. A token is valid for its own repository and for one write.",
                ),
                ..scheme("http")
            },
        );
        registry.create_security_scheme(
            HEADER,
            MetaSecurityScheme {
                name: Some(HEADER_NAME),
                key_in: Some("header"),
                description: Some("An API key, for clients that can't set `Authorization`."),
                ..scheme("apiKey")
            },
        );
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![BEARER, HEADER]
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let credential = credential(request.headers())?;
        let state = State::of(request)?;
        let caller = state.authenticator.authenticate(credential).await.map_err(ApiError::from)?;
        // Every caller may read: this only finds the account whose share the request uses.
        let account = caller.allowed_account(Scope::Read).map_err(ApiError::from)?;
        record_caller(account, &caller);
        InFlight::of(request)?.admit(&state.budgets, account)?;
        Ok(Self(caller))
    }
}

fn scheme(ty: &'static str) -> MetaSecurityScheme {
    MetaSecurityScheme {
        ty,
        description: None,
        name: None,
        key_in: None,
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    }
}

/// Returns the credential of the request. Two different ones are refused, so that the order of checks does not decide
/// which one counts.
fn credential(headers: &HeaderMap) -> Result<&str, ApiError> {
    let bearer =
        headers.get_all(header::AUTHORIZATION).iter().map(|value| value.to_str().ok().and_then(bearer));
    let key = headers.get_all(HEADER_NAME).iter().map(|value| value.to_str().ok());
    let mut credentials = bearer.chain(key);
    let first = credentials
        .next()
        .ok_or_else(|| ApiError::new(ProblemCode::CredentialMissing, "The request has no credential."))?;
    let invalid = |detail| ApiError::new(ProblemCode::CredentialInvalid, detail);
    let first = first.ok_or_else(|| invalid("The Authorization header is not of the form `Bearer …`."))?;
    if credentials.any(|other| other != Some(first)) {
        return Err(invalid("The request has two different credentials. Send one."));
    }
    Ok(first)
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, credential) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[(&'static str, &'static str)]) -> Result<String, ProblemCode> {
        let map = headers.iter().fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(*name, value.parse().expect("a header value"));
            map
        });
        credential(&map).map(str::to_owned).map_err(|error| error.code())
    }

    #[test]
    fn one_credential_is_found_wherever_it_stands() {
        assert_eq!(of(&[("authorization", "Bearer pd_x")]), Ok("pd_x".into()));
        assert_eq!(of(&[("authorization", "bearer  pd_x ")]), Ok("pd_x".into()));
        assert_eq!(of(&[("x-api-key", "pd_x")]), Ok("pd_x".into()));
        assert_eq!(of(&[("authorization", "Bearer pd_x"), ("x-api-key", "pd_x")]), Ok("pd_x".into()));
    }

    #[test]
    fn none_or_two_are_refused() {
        assert_eq!(of(&[]), Err(ProblemCode::CredentialMissing));
        for headers in [
            &[("authorization", "Basic pd_x")][..],
            &[("authorization", "pd_x")],
            &[("authorization", "Bearer pd_x"), ("x-api-key", "pd_y")],
            &[("x-api-key", "pd_y"), ("authorization", "Basic pd_x")],
            &[("authorization", "Bearer pd_x"), ("authorization", "Bearer pd_y")],
        ] {
            assert_eq!(of(headers), Err(ProblemCode::CredentialInvalid), "{headers:?}");
        }
    }
}
