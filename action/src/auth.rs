//! Chooses the credential of the step: an API key, or an id token of the job.

use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

use crate::api_key::api_key;
use crate::error::{CredentialError, NoOffer};
use crate::event;
use crate::inputs::Inputs;
use crate::interface as names;
use crate::runner::Runner;
use crate::secret::Secret;
use crate::text::excerpt;
use crate::usage::Usage;

/// The runner's variable with the secret for requesting id tokens.
pub(crate) const REQUEST_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
pub(crate) const REQUEST_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";

/// The credential of every request to the backend.
#[derive(Debug)]
pub(crate) enum Auth {
    ApiKey(Secret),
    IdToken(TokenService),
}

/// The runner's service that issues id tokens to this job.
#[derive(Debug)]
pub(crate) struct TokenService {
    url: Url,
    /// Sent to that address only.
    pub(crate) request_token: Secret,
    /// The audience in the workflow. Default: the backend names it.
    pub(crate) audience: Option<String>,
}

/// The input `auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AuthMethod {
    Auto,
    ApiKey,
    Oidc,
}

impl Auth {
    /// Returns `None` if an input is wrong; the inputs have recorded the problem.
    pub(crate) fn from_inputs(inputs: &Inputs<'_>, runner: &Runner) -> Option<Result<Self, CredentialError>> {
        let method = inputs.valid("auth", inputs.text(&names::AUTH).map(|text| text.parse()))?;
        let with_key = match method {
            AuthMethod::Auto => inputs.text(&names::API_KEY).is_some(),
            AuthMethod::ApiKey => true,
            AuthMethod::Oidc => false,
        };
        if with_key {
            inputs.refuse(&names::OIDC_AUDIENCE, "an API key has no audience; omit oidc-audience or api-key");
            let key = inputs.required(
                &names::API_KEY,
                match inputs.usage() {
                    Usage::Step => {
                        "check that the secret is set for this repository. Pull requests from forks and Dependabot get no \
                         secrets"
                    }
                    Usage::CommandLine => "set the variable PHASE_DATA_API_KEY",
                },
            );
            return Some(Ok(Self::ApiKey(inputs.valid("api-key", key.map(|text| api_key(&text)))?)));
        }
        inputs.refuse(&names::API_KEY, "with auth: oidc no key is sent; omit api-key or auth");
        let (url, token) = (inputs.variable(REQUEST_URL), inputs.variable(REQUEST_TOKEN));
        let (Some(url), Some(token)) = (url, token) else {
            let is_from_fork =
                || event::is_from_fork(runner.event_name.as_deref(), runner.event_path.as_deref());
            let offer = match inputs.usage() {
                Usage::CommandLine => None,
                Usage::Step if is_from_fork() => Some(NoOffer::Fork),
                Usage::Step => Some(NoOffer::Permission),
            };
            return Some(Err(match method {
                AuthMethod::Oidc => CredentialError::NoIdToken { offer },
                _ => CredentialError::Missing { offer },
            }));
        };
        let url = inputs.valid(REQUEST_URL, Some(http_address(&url)));
        let request_token = inputs.valid(REQUEST_TOKEN, Some(token.parse()));
        let audience = inputs.text(&names::OIDC_AUDIENCE);
        Some(Ok(Self::IdToken(TokenService { url: url?, request_token: request_token?, audience })))
    }

    /// Returns the token service, if the step sends id tokens.
    pub(crate) fn token_service(&self) -> Option<&TokenService> {
        match self {
            Self::ApiKey(_) => None,
            Self::IdToken(service) => Some(service),
        }
    }
}

/// All characters but the unreserved ones of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl TokenService {
    /// Returns the address of a token for this audience. Keeps the runner's query.
    pub(crate) fn token_url(&self, audience: &str) -> Url {
        let audience = utf8_percent_encode(audience, RESERVED);
        let query = match self.url.query() {
            None | Some("") => format!("audience={audience}"),
            Some(query) => format!("{query}&audience={audience}"),
        };
        let mut url = self.url.clone();
        url.set_query(Some(&query));
        url
    }

    /// Returns the address of the service.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }
}

fn http_address(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or("not an http or https address")
}

impl FromStr for AuthMethod {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "api-key" => Ok(Self::ApiKey),
            "oidc" => Ok(Self::Oidc),
            _ => Err(format!("use auto, api-key or oidc (got {:?})", excerpt(text))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audience_is_put_after_the_runners_own_query() {
        let url = |base: &str, audience| {
            let url = base.parse().expect(base);
            let request_token = "secret".parse().expect("a word");
            TokenService { url, request_token, audience: None }.token_url(audience).to_string()
        };
        for (base, asked) in [
            ("https://h/t?api-version=2.0", "https://h/t?api-version=2.0&audience=a"),
            ("https://h/t?x=%2F+y&z", "https://h/t?x=%2F+y&z&audience=a"),
            ("https://h/t?", "https://h/t?audience=a"),
            ("https://h/t", "https://h/t?audience=a"),
        ] {
            assert_eq!(url(base, "a"), asked);
        }
        let audience = "https://h:1/a b?c=d&e+f#%é~_-.";
        let encoded = "https%3A%2F%2Fh%3A1%2Fa%20b%3Fc%3Dd%26e%2Bf%23%25%C3%A9~_-.";
        assert_eq!(url("https://h/t", audience), format!("https://h/t?audience={encoded}"));
    }
}
