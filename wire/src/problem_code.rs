//! The closed list of what can go wrong.

use std::fmt;
use std::str::FromStr;

/// Declares the codes as a table, so that none can lack a status, a title or a hint.
macro_rules! problem_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $title:literal, $hint:literal;)*) => {
        /// The closed list of what can go wrong. A code never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ProblemCode { $($(#[$doc])* $variant,)* }

        impl ProblemCode {
            /// Every code, in the order of their statuses.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as it stands in answers.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status that goes with the code.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// The kind of problem, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What to do about it, where the occurrence itself says nothing better.
            #[must_use]
            pub fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)* }
            }
        }
    };
}

problem_codes! {
    /// A path segment, query parameter or header has no meaning.
    InvalidParameter = "invalid_parameter", 400, "A parameter is not valid",
        "Correct the parameter that the detail names; /docs lists what each one accepts.";
    /// The body is not JSON.
    MalformedJson = "malformed_json", 400, "The body is not JSON",
        "Correct the body at the line and column that the detail names.";
    /// No credential was sent.
    CredentialMissing = "credential_missing", 401, "No credential was sent",
        "Send an API key as `Authorization: Bearer pd_…` or as `X-API-Key`.";
    /// The credential is unknown, malformed or revoked.
    CredentialInvalid = "credential_invalid", 401, "The credential is not valid",
        "Check that the key is whole and not revoked; the operator makes a new one with `key create`.";
    /// The credential was right once.
    CredentialExpired = "credential_expired", 401, "The credential has expired",
        "Ask the operator for a new key (`key create`) and replace the stored secret.";
    /// The id token is damaged, forged, or not of the expected kind.
    TokenInvalid = "token_invalid", 401, "The id token is not valid",
        "Let the action ask the runner for a fresh token (`permissions: id-token: write`), or see what the detail says.";
    /// The id token was right once, or will be.
    TokenExpired = "token_expired", 401, "The id token is not valid at this time",
        "Ask for a fresh token for each request; if that is done, compare the runner's and the backend's clocks.";
    /// The id token is for somebody else.
    AudienceMismatch = "audience_mismatch", 401, "The id token is for another audience",
        "Ask for the audience that GET /api/v1/auth/oidc names; the action does so by itself.";
    /// The id token comes from an issuer that this backend does not accept.
    IssuerUnknown = "issuer_unknown", 401, "The id token's issuer is not accepted",
        "The operator lists the accepted issuers in PHASE_DATA_OIDC_ISSUERS; GET /api/v1/auth/oidc shows them.";
    /// The message's signature does not fit.
    SignatureInvalid = "signature_invalid", 401, "The signature is not valid",
        "Sign the body's exact bytes with the key that the header names, or with the webhook's secret.";
    /// The credential is right but may not do this.
    InsufficientScope = "insufficient_scope", 403, "The credential may not do this",
        "Use a key with the scope that the detail names.";
    /// The id token's owner has no account here.
    AccountUnknown = "account_unknown", 403, "The repository's owner is not registered",
        "The operator registers the owner with `account create`; the detail has the whole command.";
    /// The account's policy does not allow tokens of this kind.
    EventRefused = "event_refused", 403, "The account's policy refuses this workflow",
        "Use an event and a ref that the policy allows, or have an admin change it (PUT /api/v1/admin/policy).";
    /// Nothing is stored there that the caller may see.
    PhaseDataNotFound = "phase_data_not_found", 404, "No phase data is there",
        "Check repository, issue number and phase; the phase that stores this data may not have run yet.";
    /// The credential reaches other repositories only.
    RepositoryOutOfReach = "repository_out_of_reach", 404, "The credential does not reach this repository",
        "An id token reaches its own repository, a key those on its list; use a credential for this one.";
    /// The account has no such key.
    KeyNotFound = "key_not_found", 404, "There is no such key",
        "GET /api/v1/admin/keys lists the account's keys.";
    /// The backend accepts no id tokens.
    OidcNotConfigured = "oidc_not_configured", 404, "This backend accepts no id tokens",
        "Use an API key, or have the operator turn id tokens on (PHASE_DATA_OIDC_ISSUERS).";
    /// There is no such path.
    RouteNotFound = "route_not_found", 404, "There is no such path",
        "See /docs for the paths; a repository in a path is written owner%2Fname or owner/name.";
    /// The path is there, but not for this method.
    MethodNotAllowed = "method_not_allowed", 405, "The path does not answer this method",
        "Use one of the methods in the `Allow` header.";
    /// The body did not arrive in time.
    RequestTimeout = "request_timeout", 408, "The body did not arrive in time",
        "Send the request again; if it keeps happening, look at the network between you and the backend.";
    /// The id token was used for another write before.
    TokenReplayed = "token_replayed", 409, "The id token was used before",
        "Ask for a fresh token for each write. If nobody did otherwise, the token was stolen: see SECURITY.md.";
    /// What is stored is not what the entity tag or the revision of the request names.
    RevisionMismatch = "revision_mismatch", 412, "Another revision is stored",
        "Retrieve the phase again, repeat your change on what is there now, and send its entity tag or revision.";
    /// The body is larger than the backend accepts.
    PayloadTooLarge = "payload_too_large", 413, "The body is too large",
        "Store less, or have the operator raise PHASE_DATA_MAX_BODY_BYTES.";
    /// The body is announced as something other than JSON.
    UnsupportedMediaType = "unsupported_media_type", 415, "The body is not announced as JSON",
        "Send the Content-Type that the detail names.";
    /// The body is compressed.
    UnsupportedContentEncoding = "unsupported_content_encoding", 415, "The body is compressed",
        "Send the body as it is, without `Content-Encoding`.";
    /// The body is JSON, but not what the call takes.
    InvalidBody = "invalid_body", 422, "The body is not what this call takes",
        "Correct the member that `pointer` names; /docs has the schema and an example.";
    /// An object has a key twice.
    DuplicateKey = "duplicate_key", 422, "An object has a key twice",
        "Keep one of the members that `pointer` names; storing both would lose one of them.";
    /// A number has too many digits: far more when written out than here, or more than PostgreSQL can hold.
    NumberTooLong = "number_too_long", 422, "A number has too many digits",
        "Store the number that `pointer` names as a string, or with fewer digits.";
    /// Arrays and objects are nested too deeply.
    NestingTooDeep = "nesting_too_deep", 422, "The document is nested too deeply",
        "Flatten the document where `pointer` says.";
    /// Something broke in the backend.
    InternalError = "internal_error", 500, "The backend failed",
        "Give the operator the request_id: the cause is in the backend's log.";
    /// The database can't be reached, or is too busy.
    DatabaseUnavailable = "database_unavailable", 503, "The database is not available",
        "Try again shortly; if it lasts, the operator finds the cause at /health/ready and in the log.";
    /// So much is in flight already that there is no room for this request.
    ServerBusy = "server_busy", 503, "The backend has no room for this request right now",
        "Send the request again after the seconds in `Retry-After`, with fewer or smaller ones at once.";
    /// So many requests wait already that this one can't.
    TooManyWaiting = "too_many_waiting", 503, "Too many requests are waiting",
        "Ask again without wait_seconds, or after the seconds in `Retry-After`.";
    /// The account is large, and was not counted yet.
    UsageNotCounted = "usage_not_counted", 503, "The account's usage is being counted",
        "Ask again after the seconds in `Retry-After`; if it lasts, the operator finds the cause in the log.";
    /// The backend stops, and a wait was cut short.
    Stopping = "stopping", 503, "The backend is stopping",
        "Send the request again: another instance, or this one after its start, answers it.";
    /// The call writes what servers of an older release, which are running, don't understand.
    UpgradeInProgress = "upgrade_in_progress", 503, "The backend is being updated",
        "Send the request again after the seconds in `Retry-After`; the operator ends the update by stopping the older servers.";
    /// The process answers, but a part of it hangs.
    NoProgress = "no_progress", 503, "The backend makes no progress",
        "Restart the backend, and report the jobs that the detail names.";
    /// The keys that messages are signed with can't be had right now.
    SignatureKeysUnavailable = "signature_keys_unavailable", 503, "The signature can't be verified right now",
        "Send the message again shortly; if it lasts, the operator checks that the backend reaches PHASE_DATA_GITHUB_API_URL.";
    /// The issuer's keys can't be had right now.
    OidcUnavailable = "oidc_unavailable", 503, "The id token can't be verified right now",
        "Try again shortly; if it lasts, the operator checks that the backend reaches the issuer.";
}

/// A text that is no code of this version's list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no problem code {0:?}")]
pub struct UnknownProblemCode(String);

impl FromStr for ProblemCode {
    type Err = UnknownProblemCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|code| code.as_str() == text);
        known.copied().ok_or_else(|| UnknownProblemCode(text.chars().take(80).collect()))
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

crate::serde_as_string!(ProblemCode);

crate::schema::schema!(
    ProblemCode,
    crate::schema::words(
        "What kind of problem it is. The list is closed; a code never changes its meaning.",
        ProblemCode::ALL.iter().map(|code| code.as_str())
    )
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back() {
        for code in ProblemCode::ALL {
            assert_eq!(code.as_str().parse(), Ok(*code));
        }
    }

    #[test]
    fn the_list_is_in_order_and_every_status_is_an_error() {
        assert!(ProblemCode::ALL.is_sorted_by_key(|code| code.status()));
        assert!(ProblemCode::ALL.iter().all(|code| (400..600).contains(&code.status())));
    }
}
