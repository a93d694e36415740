//! The closed list of problem codes.

use std::fmt;
use std::str::FromStr;

/// Declares the codes as a table, so that each has a status, a title and a hint.
macro_rules! problem_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $status:literal, $title:literal, $hint:literal;)*) => {
        /// The closed list of problem codes. A code never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ProblemCode { $($(#[$doc])* $variant,)* }

        impl ProblemCode {
            /// Every code, in the order of their statuses.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Returns the code as text.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// Returns the HTTP status of the code.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// Returns the kind of problem, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// Returns the default hint: the action that solves the problem.
            #[must_use]
            pub fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)* }
            }
        }
    };
}

problem_codes! {
    /// A path segment, query parameter or header is invalid.
    InvalidParameter = "invalid_parameter", 400, "A parameter is not valid",
        "Correct the parameter that the detail names. /docs lists the values of each one.";
    /// The body is not JSON.
    MalformedJson = "malformed_json", 400, "The body is not JSON",
        "Correct the body at the line and column that the detail names.";
    /// The request has no credential.
    CredentialMissing = "credential_missing", 401, "No credential was sent",
        "Send an API key as `Authorization: Bearer pd_…` or as `X-API-Key`.";
    /// The credential is unknown, malformed or revoked.
    CredentialInvalid = "credential_invalid", 401, "The credential is not valid",
        "Check that the key is complete and not revoked. The operator creates a new one with `key create`.";
    /// The credential was valid, and has expired.
    CredentialExpired = "credential_expired", 401, "The credential has expired",
        "Ask the operator for a new key (`key create`) and replace the stored secret.";
    /// The id token is damaged, forged, or not of the expected kind.
    TokenInvalid = "token_invalid", 401, "The id token is not valid",
        "Let the action request a new token from the runner (`permissions: id-token: write`), or see the detail.";
    /// The id token has expired, or is not valid yet.
    TokenExpired = "token_expired", 401, "The id token is not valid at this time",
        "Request a new token for each request. If you do, compare the clocks of the runner and the backend.";
    /// The id token is for another service.
    AudienceMismatch = "audience_mismatch", 401, "The id token is for another audience",
        "Request a token with the audience that GET /api/v1/auth/oidc returns. The action does so by default.";
    /// The id token comes from an issuer that this backend does not accept.
    IssuerUnknown = "issuer_unknown", 401, "The id token's issuer is not accepted",
        "The operator lists the accepted issuers in PHASE_DATA_OIDC_ISSUERS. GET /api/v1/auth/oidc returns them.";
    /// The message's signature is missing or does not match.
    SignatureInvalid = "signature_invalid", 401, "The signature is not valid",
        "Sign the exact bytes of the body with the key that the header names, or with the webhook's secret.";
    /// The credential is valid, but lacks the scope.
    InsufficientScope = "insufficient_scope", 403, "The credential may not do this",
        "Use a key with the scope that the detail names.";
    /// The owner of the id token's repository has no account.
    AccountUnknown = "account_unknown", 403, "The repository's owner is not registered",
        "Ask the operator to register the owner with `account create`. The detail has the complete command.";
    /// The account's policy does not allow tokens of this kind.
    EventRefused = "event_refused", 403, "The account's policy refuses this workflow",
        "Use an event and a ref that the policy allows, or ask an admin to change it (PUT /api/v1/admin/policy).";
    /// No data is stored there that the caller may see.
    PhaseDataNotFound = "phase_data_not_found", 404, "No phase data was found",
        "Check repository, issue number and phase. The workflow that stores this data may not have run yet.";
    /// The credential is not valid for this repository.
    RepositoryOutOfReach = "repository_out_of_reach", 404, "The credential is not valid for this repository",
        "An id token is valid for its own repository, a key for those on its list. Use another credential.";
    /// The account has no key with this id.
    KeyNotFound = "key_not_found", 404, "The API key was not found",
        "GET /api/v1/admin/keys lists the account's keys.";
    /// The backend accepts no id tokens.
    OidcNotConfigured = "oidc_not_configured", 404, "This backend accepts no id tokens",
        "Use an API key, or ask the operator to enable id tokens (PHASE_DATA_OIDC_ISSUERS).";
    /// No call has this path.
    RouteNotFound = "route_not_found", 404, "The path does not exist",
        "See /docs for the paths. Write a repository in a path as owner%2Fname or owner/name.";
    /// The path exists, but not for this method.
    MethodNotAllowed = "method_not_allowed", 405, "The path does not support this method",
        "Use one of the methods in the `Allow` header.";
    /// The body did not arrive in time.
    RequestTimeout = "request_timeout", 408, "The body did not arrive in time",
        "Send the request again. If this happens often, check the network between you and the backend.";
    /// The id token was used for another write before.
    TokenReplayed = "token_replayed", 409, "The id token was used before",
        "Request a new token for each write. If nobody reused the token, it was stolen: see SECURITY.md.";
    /// Another claim on the phase lives.
    PhaseClaimed = "phase_claimed", 409, "Another claim holds the phase",
        "Wait until the holder in the detail is done, or until its lease ends. An admin key can force a claim.";
    /// The claim has ended, or there is none with this id.
    ClaimLost = "claim_lost", 409, "The claim does not hold the phase",
        "Discard this work, or claim the phase with a new id and start again. The attempts of the phase say who has it now.";
    /// The stored document does not match the entity tag or the revision of the request.
    RevisionMismatch = "revision_mismatch", 412, "Another revision is stored",
        "Retrieve the phase, repeat your change on the current document, and send its entity tag or revision.";
    /// The body is larger than the backend accepts.
    PayloadTooLarge = "payload_too_large", 413, "The body is too large",
        "Store less, or ask the operator to increase PHASE_DATA_MAX_BODY_BYTES.";
    /// The body has a media type other than JSON.
    UnsupportedMediaType = "unsupported_media_type", 415, "The media type is not supported",
        "Send the Content-Type that the detail names.";
    /// The body is compressed.
    UnsupportedContentEncoding = "unsupported_content_encoding", 415, "The body is compressed",
        "Send the body uncompressed, without `Content-Encoding`.";
    /// The body is JSON, but does not match the call's schema.
    InvalidBody = "invalid_body", 422, "The body does not match the schema",
        "Correct the member that `pointer` names. /docs has the schema and an example.";
    /// An object contains a key twice.
    DuplicateKey = "duplicate_key", 422, "An object contains a key twice",
        "Remove one of the members that `pointer` names: only one of them could be stored.";
    /// A number has too many digits: far more when written out than in the text, or more than PostgreSQL can hold.
    NumberTooLong = "number_too_long", 422, "A number has too many digits",
        "Store the number that `pointer` names as a string, or with fewer digits.";
    /// Arrays and objects are nested too deeply.
    NestingTooDeep = "nesting_too_deep", 422, "The document is nested too deeply",
        "Flatten the document at the place that `pointer` names.";
    /// The backend failed.
    InternalError = "internal_error", 500, "The backend failed",
        "Give the operator the request_id, which identifies the cause in the backend's log.";
    /// The database can't be reached, or is too busy.
    DatabaseUnavailable = "database_unavailable", 503, "The database is not available",
        "Send the request again later. If the problem persists, the operator checks /health/ready and the log.";
    /// Too many requests are in flight.
    ServerBusy = "server_busy", 503, "The backend is busy",
        "Send the request again after the seconds in `Retry-After`. Send fewer or smaller requests at once.";
    /// Too many requests wait with `wait_seconds`.
    TooManyWaiting = "too_many_waiting", 503, "Too many requests are waiting",
        "Send the request without wait_seconds, or after the seconds in `Retry-After`.";
    /// The account is large, and was not counted yet.
    UsageNotCounted = "usage_not_counted", 503, "The account's usage is being counted",
        "Send the request again after the seconds in `Retry-After`. If the problem persists, the operator checks the log.";
    /// The backend is stopping, and ended a wait.
    Stopping = "stopping", 503, "The backend is stopping",
        "Send the request again: another instance answers it, or this one after its start.";
    /// The call writes data that running servers of an older release can't read.
    UpgradeInProgress = "upgrade_in_progress", 503, "The backend is being updated",
        "Send the request again after the seconds in `Retry-After`. The operator ends the update by stopping the older servers.";
    /// The process answers, but a background job hangs.
    NoProgress = "no_progress", 503, "The backend makes no progress",
        "Restart the backend, and report the jobs that the detail names.";
    /// The keys that verify the signature can't be fetched.
    SignatureKeysUnavailable = "signature_keys_unavailable", 503, "The signature can't be verified at the moment",
        "Send the message again later. If the problem persists, the operator checks that the backend reaches PHASE_DATA_GITHUB_API_URL.";
    /// The issuer's keys can't be fetched.
    OidcUnavailable = "oidc_unavailable", 503, "The id token can't be verified at the moment",
        "Send the request again later. If the problem persists, the operator checks that the backend reaches the issuer.";
}

/// A text that is not a code of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown problem code {0:?}")]
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
        "Kind of problem. A code never changes its meaning.",
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
