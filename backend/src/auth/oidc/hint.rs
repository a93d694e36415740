//! What to do about a refusal, in words that name the line to change.

use super::OidcReason;

impl OidcReason {
    /// What to change in the workflow, or to ask of the operator.
    pub(super) fn hint(&self) -> String {
        match self {
            Self::TooLong { .. } | Self::Malformed(_) => {
                "Send the id token as the runner gave it, whole and once, as `Authorization: Bearer …`. The \
                 action does so by itself when the job has `permissions: id-token: write`."
                    .to_owned()
            }
            Self::Algorithm { .. } | Self::KeyId(_) | Self::Signature { .. } => {
                "Send an id token that the forge issued for this job, unchanged. If it is one, tell the \
                 operator: somebody between the runner and the backend changes requests."
                    .to_owned()
            }
            Self::UnknownIssuer { .. } => {
                "Use a backend that accepts your forge's tokens, or have the operator add it to \
                 PHASE_DATA_OIDC_ISSUERS, for GitHub Enterprise Server as \
                 `ghes=https://HOSTNAME/_services/token`."
                    .to_owned()
            }
            Self::UnknownKey { .. } => {
                "Ask for a fresh id token and try again; the forge may have replaced its keys since this one."
                    .to_owned()
            }
            Self::CannotVerifyNow { issuer, retry_after, .. } => format!(
                "Try again in {} seconds, with a fresh token. If it lasts, the operator should check that the \
                 backend reaches {issuer}/.well-known/openid-configuration.",
                retry_after.as_secs().saturating_add(1)
            ),
            Self::ClaimMissing { .. } => {
                "Send the id token of a GitHub Actions job; those of other systems lack what is needed to \
                 know the repository and the run."
                    .to_owned()
            }
            Self::ClaimInvalid { claim: "aud", .. } => {
                "Ask the runner for a token with exactly one audience; GET /api/v1/auth/oidc says which."
                    .to_owned()
            }
            Self::ClaimInvalid { .. } => {
                "Send the id token of a GitHub Actions job, unchanged. If it is one, the forge writes this \
                 claim differently: tell the operator, and name the forge and its version."
                    .to_owned()
            }
            Self::Audience { expected, .. } => format!(
                "Ask the runner for a token with the audience {expected} (GET /api/v1/auth/oidc names it). The \
                 action does so unless its input `oidc-audience` is set: remove it."
            ),
            Self::Expired { .. } => {
                "Ask the runner for a fresh token right before each request and each retry; don't keep one \
                 between steps."
                    .to_owned()
            }
            Self::NotYetValid { .. } | Self::IssuedInFuture { .. } => {
                "Try again. If it stays so, the clocks differ: the operator should check the backend's, and on \
                 GitHub Enterprise Server that server's, too."
                    .to_owned()
            }
            Self::Lifetime { .. } => {
                "Send the short-lived id token of a job; long-lived ones are refused, because a stolen one \
                 would be good for too long."
                    .to_owned()
            }
            Self::Policy(refusal) => refusal.hint(),
            Self::UnknownOwner { forge, owner_id, login } => format!(
                "Have the operator register the owner once: `phase-data-backend account create --forge {forge} \
                 --owner-id {owner_id} --login {}`. A name that was deleted and taken again has a new id, and \
                 is a new owner.",
                quoted(login)
            ),
            Self::WrongRepository { token, .. } => format!(
                "Leave the input `repository` out, or set it to {token}: an id token reaches only the \
                 repository that the job runs in. For another one, use an API key."
            ),
        }
    }
}

/// The hint is a command that somebody copies into a shell: a login with anything but the characters of
/// logins must not become part of it.
fn quoted(login: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if login.bytes().all(plain) { login } else { "LOGIN" }
}
