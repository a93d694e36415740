//! Checks an API key before it is sent: another secret must not reach the backend.

use phase_data_wire::{ApiKeyFormError, api_key_id};

use crate::secret::{NotOneWord, Secret};

/// An API key is not valid. The messages do not show it, because it may be another secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiKeyError {
    /// The value contains characters that no key contains.
    #[error("{0}. It was not sent")]
    Characters(NotOneWord),
    /// The value is a secret of another service.
    #[error(
        "this looks like {0}, not like an API key of phase-data (pd_…). It was not sent. Check which secret is passed, and revoke \
         that one if it was exposed"
    )]
    Foreign(&'static str),
    /// The value does not have the form of a key.
    #[error("{0}. It was not sent. Copy the whole key")]
    Form(ApiKeyFormError),
}

/// The starts of common secrets, the longest first.
const FOREIGN: [(&str, &str); 18] = [
    ("github_pat_", "a personal access token of GitHub (github_pat_…)"),
    ("ghp_", "a personal access token of GitHub (ghp_…)"),
    ("gho_", "an OAuth token of GitHub (gho_…)"),
    ("ghu_", "a user token of a GitHub App (ghu_…)"),
    ("ghs_", "a token of a GitHub App or the job's GITHUB_TOKEN (ghs_…)"),
    ("ghr_", "a refresh token of a GitHub App (ghr_…)"),
    ("glpat-", "a personal access token of GitLab (glpat-…)"),
    ("sk-ant-", "an API key of Anthropic (sk-ant-…)"),
    ("sk-", "an API key of OpenAI or a similar service (sk-…)"),
    ("sk_live_", "a secret key of Stripe (sk_live_…)"),
    ("xox", "a token of Slack (xox…)"),
    ("npm_", "a token of npm (npm_…)"),
    ("pypi-", "a token of PyPI (pypi-…)"),
    ("dckr_pat_", "a token of Docker Hub (dckr_pat_…)"),
    ("hf_", "a token of Hugging Face (hf_…)"),
    ("AKIA", "an access key of AWS (AKIA…)"),
    ("AIza", "an API key of Google (AIza…)"),
    ("eyJ", "a JSON Web Token (eyJ…), for example an id token"),
];

/// Accepts a text with the form of an API key.
pub(crate) fn api_key(text: &str) -> Result<Secret, ApiKeyError> {
    if let Some((_, kind)) = FOREIGN.iter().find(|(start, _)| text.starts_with(start)) {
        return Err(ApiKeyError::Foreign(kind));
    }
    if text.starts_with("-----BEGIN") {
        return Err(ApiKeyError::Foreign("a private key or a certificate (-----BEGIN …)"));
    }
    let key = text.parse().map_err(ApiKeyError::Characters)?;
    api_key_id(text).map_err(ApiKeyError::Form)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_secret_is_named_by_its_start_and_not_shown() {
        for (start, kind) in FOREIGN {
            let error = api_key(&format!("{start}0123456789SECRET")).expect_err(start);
            assert_eq!(error, ApiKeyError::Foreign(kind));
            let text = error.to_string();
            assert!(text.contains(start) && !text.contains("0123") && text.contains("revoke"), "{text}");
        }
        let pem = api_key("-----BEGIN RSA PRIVATE KEY-----\nAAAA").expect_err("no key").to_string();
        assert!(pem.contains("a private key") && !pem.contains("AAAA"), "{pem}");
    }

    #[test]
    fn only_a_whole_key_is_accepted() {
        let key = phase_data_wire::whole_api_key(&"a1".repeat(21));
        assert_eq!(api_key(&key).map(|key| key.expose().len()), Ok(51));
        for damaged in [&key[..50], &key.replace('a', "b"), "hunter2", "pd_", ""] {
            let error = api_key(damaged).expect_err(damaged).to_string();
            assert!(error.contains(". It was not sent"), "{error}");
        }
        for characters in
            [&format!("{}\u{200b}{}", &key[..20], &key[20..]), &format!("{key} {key}"), &format!("{key}é")]
        {
            assert!(matches!(api_key(characters), Err(ApiKeyError::Characters(_))), "{characters}");
        }
    }
}
