//! Hints for refused id tokens. They name the line to change.

use super::OidcReason;

impl OidcReason {
    /// Returns the change to make in the workflow, or to request from the operator.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::TooLong { .. } | Self::Malformed(_) => {
                "Send the complete id token of the runner, once, as `Authorization: Bearer …`. The action does so \
                 if the job has `permissions: id-token: write`."
                    .to_owned()
            }
            Self::Algorithm { .. } | Self::KeyId(_) | Self::Signature { .. } => {
                "Send the id token that the forge issued for this job, unchanged. If you do, inform the operator: \
                 something between the runner and the backend changes requests."
                    .to_owned()
            }
            Self::UnknownIssuer { .. } => {
                "Use a backend that accepts your forge's tokens, or ask the operator to add the forge to \
                 PHASE_DATA_OIDC_ISSUERS, for GitHub Enterprise Server as \
                 `ghes=https://HOSTNAME/_services/token`."
                    .to_owned()
            }
            Self::UnknownKey { .. } => {
                "Request a new id token and try again. The forge may have replaced its keys since it issued this one."
                    .to_owned()
            }
            Self::CannotVerifyNow { issuer, retry_after, .. } => format!(
                "Try again in {} seconds, with a new token. If the problem persists, the operator checks that the \
                 backend reaches {issuer}/.well-known/openid-configuration.",
                retry_after.as_secs().saturating_add(1)
            ),
            Self::ClaimMissing { .. } => {
                "Send the id token of a GitHub Actions job. Tokens of other systems don't identify the repository \
                 and the run."
                    .to_owned()
            }
            Self::ClaimInvalid { claim: "aud", .. } => {
                "Request a token with exactly one audience. GET /api/v1/auth/oidc returns it."
                    .to_owned()
            }
            Self::ClaimInvalid { .. } => {
                "Send the id token of a GitHub Actions job, unchanged. If you do, the forge uses another format for \
                 this claim: inform the operator, and name the forge and its version."
                    .to_owned()
            }
            Self::Audience { expected, .. } => format!(
                "Request a token with the audience {expected} (GET /api/v1/auth/oidc returns it). The action does \
                 so unless its input `oidc-audience` is set: remove it."
            ),
            Self::Expired { .. } => {
                "Request a new token right before each request and each retry. Don't pass a token from step to \
                 step."
                    .to_owned()
            }
            Self::NotYetValid { .. } | Self::IssuedInFuture { .. } => {
                "Try again. If the problem persists, the clocks differ: the operator checks the clock of the backend \
                 and, for GitHub Enterprise Server, of that server."
                    .to_owned()
            }
            Self::Lifetime { .. } => {
                "Send the short-lived id token of a job. Long-lived tokens are refused, because a stolen one would \
                 be valid for too long."
                    .to_owned()
            }
            Self::Policy(refusal) => refusal.hint(),
            Self::UnknownOwner { forge, owner_id, login } => format!(
                "Ask the operator to register the owner once: `phase-data-backend account create --forge {forge} \
                 --owner-id {owner_id} --login {}`. If an owner's name was released and taken again, it has a \
                 new id, and is a new owner.",
                quoted(login)
            ),
            Self::WrongRepository { token, .. } => format!(
                "Omit the input `repository`, or set it to {token}: an id token is valid only for the repository of \
                 its workflow run. For another one, use an API key."
            ),
        }
    }
}

/// Returns a login for the command in a hint, which users copy into a shell. A login with other characters than those
/// of logins is replaced.
fn quoted(login: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if login.bytes().all(plain) { login } else { "LOGIN" }
}
