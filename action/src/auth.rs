//! Which credential the step sends: an API key, or an id token that the runner gives for the asking.

use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;

use crate::error::CredentialError;
use crate::event;
use crate::inputs::Inputs;
use crate::interface as names;
use crate::runner::Runner;
use crate::secret::Secret;
use crate::text::excerpt;

/// The runner's variable with the secret that id tokens are asked for with.
pub(crate) const REQUEST_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
const REQUEST_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";

/// The credential of every request to the backend.
#[derive(Debug)]
pub(crate) enum Auth {
    ApiKey(Secret),
    IdToken(TokenService),
}

/// Where the runner gives id tokens to this job.
#[derive(Debug)]
pub(crate) struct TokenService {
    url: Url,
    /// It goes to that address alone.
    pub(crate) request_token: Secret,
    /// The audience, if the workflow names one; else the backend does.
    pub(crate) audience: Option<String>,
}

/// The input `auth`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Auto,
    ApiKey,
    Oidc,
}

impl Auth {
    /// Nothing, if an input is wrong; the inputs have noted the problem then.
    pub(crate) fn from_inputs(inputs: &Inputs<'_>, runner: &Runner) -> Option<Result<Self, CredentialError>> {
        let choice = inputs.valid("auth", inputs.text(&names::AUTH).map(|text| text.parse()))?;
        let with_key = match choice {
            Choice::Auto => inputs.text(&names::API_KEY).is_some(),
            Choice::ApiKey => true,
            Choice::Oidc => false,
        };
        if with_key {
            inputs.refuse(&names::OIDC_AUDIENCE, "an API key has no audience, so leave one of the two out");
            let key = inputs.required(
                &names::API_KEY,
                "is the secret set for this repository? Forks' pull requests and Dependabot get no secrets",
            );
            return Some(Ok(Self::ApiKey(inputs.valid("api-key", key.map(|text| text.parse()))?)));
        }
        inputs.refuse(&names::API_KEY, "with auth: oidc no key is sent, so leave one of the two out");
        let (url, token) = (inputs.variable(REQUEST_URL), inputs.variable(REQUEST_TOKEN));
        let (Some(url), Some(token)) = (url, token) else {
            let fork = event::is_from_fork(runner.event_name.as_deref(), runner.event_path.as_deref());
            return Some(Err(match choice {
                Choice::Oidc => CredentialError::NoIdToken { fork },
                _ => CredentialError::Missing { fork },
            }));
        };
        let url = inputs.valid(REQUEST_URL, Some(http_address(&url)));
        let request_token = inputs.valid(REQUEST_TOKEN, Some(token.parse()));
        let audience = inputs.text(&names::OIDC_AUDIENCE);
        Some(Ok(Self::IdToken(TokenService { url: url?, request_token: request_token?, audience })))
    }

    /// The service that gives this job its tokens, if that is what it sends.
    pub(crate) fn token_service(&self) -> Option<&TokenService> {
        match self {
            Self::ApiKey(_) => None,
            Self::IdToken(service) => Some(service),
        }
    }
}

/// What RFC 3986 (section 2.3) lets stand as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl TokenService {
    /// The address that answers with a token for this audience. The runner's own query is kept.
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

    /// The service's own address.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }
}

fn http_address(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or("this is no address that speaks http or https")
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "api-key" => Ok(Self::ApiKey),
            "oidc" => Ok(Self::Oidc),
            _ => Err(format!("write auto, api-key or oidc (got {:?})", excerpt(text))),
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
