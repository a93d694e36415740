//! Why an id token was refused: which check failed, and what it saw.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use super::debug_claims::{DebugClaims, shown};
use super::fetch::FetchError;
use super::policy::PolicyRefusal;

/// A refusal: the reason, and the claims for whoever has to find out more.
#[derive(Debug)]
pub(crate) struct OidcRefusal {
    reason: Box<OidcReason>,
    claims: Option<Box<DebugClaims>>,
}

/// The failed check. No variant contains the token, and untrusted texts are cut.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OidcReason {
    #[error("the id token has {bytes} bytes, more than a forge issues")]
    TooLong { bytes: usize },
    #[error("the credential is not an id token: {0}")]
    Malformed(&'static str),
    #[error("the id token is signed with {got:?}, and only RS256 is accepted")]
    Algorithm { got: String },
    #[error("the id token does not name its key: {0}")]
    KeyId(&'static str),
    #[error("the id token is from {got:?}, and this backend accepts those of {accepted}")]
    UnknownIssuer { got: String, accepted: String },
    #[error("the id token names the key {kid:?}, which {issuer} does not have")]
    UnknownKey { kid: String, issuer: String },
    #[error("the id token's signature does not match its key at {issuer}")]
    Signature { issuer: String },
    /// Nothing was decided: the same token may be right. Never to be answered like a refusal.
    #[error("the keys of {issuer} can't be fetched, so the id token can't be verified at the moment")]
    CannotVerifyNow {
        issuer: String,
        retry_after: Duration,
        #[source]
        cause: Option<Arc<FetchError>>,
    },
    #[error("the id token has no claim `{claim}`")]
    ClaimMissing { claim: &'static str },
    #[error("the id token's claim `{claim}` should be {expected} (got {got})")]
    ClaimInvalid { claim: &'static str, expected: &'static str, got: String },
    #[error("the id token is for the audience {got:?}, and this backend's is {expected:?}")]
    Audience { expected: String, got: String },
    #[error("the id token expired at {exp} (it is {now})")]
    Expired { exp: Moment, now: Moment },
    #[error("the id token is not valid before {nbf} (it is {now})")]
    NotYetValid { nbf: Moment, now: Moment },
    #[error("the id token was issued in the future, at {iat} (it is {now})")]
    IssuedInFuture { iat: Moment, now: Moment },
    #[error("the id token is valid for {seconds} seconds, and 1 to {most} are accepted")]
    Lifetime { seconds: i64, most: i64 },
    #[error("the account's policy refuses this id token: {0}")]
    Policy(PolicyRefusal),
    #[error("the owner {login:?} (id {owner_id} at {forge}) is not registered with this backend")]
    UnknownOwner { forge: String, owner_id: i64, login: String },
    #[error("the id token is for the repository {token}, not for {requested}")]
    WrongRepository { token: String, requested: String },
}

/// A time in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(pub(super) i64);

impl OidcRefusal {
    /// A refusal with what there is to show.
    pub(super) fn new(reason: OidcReason, claims: Option<DebugClaims>) -> Self {
        Self { reason: Box::new(reason), claims: claims.map(Box::new) }
    }

    /// Returns the failed check.
    pub(crate) fn reason(&self) -> &OidcReason {
        &self.reason
    }

    /// Some of the token's claims, for debugging. `None` where the token could not be read.
    pub(crate) fn claims_for_debugging(&self) -> Option<&DebugClaims> {
        self.claims.as_deref()
    }

    /// Returns the hint: the change to make in the workflow, or to request from the operator.
    pub(crate) fn hint(&self) -> String {
        self.reason.hint()
    }

    /// When to try again, if nothing was decided and trying again makes sense.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match *self.reason {
            OidcReason::CannotVerifyNow { retry_after, .. } => Some(retry_after),
            _ => None,
        }
    }
}

impl OidcReason {
    pub(super) fn invalid_claim(claim: &'static str, expected: &'static str, got: &Value) -> Self {
        Self::ClaimInvalid { claim, expected, got: shown(got) }
    }
}

impl fmt::Display for OidcRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl Error for OidcRefusal {
    /// The reason is this error's own text; the chain goes on after it.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.reason.source()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match OffsetDateTime::from_unix_timestamp(self.0) {
            Ok(time) => write!(f, "{} {}Z", time.date(), time.time()),
            Err(_) => write!(f, "{} seconds after 1970", self.0),
        }
    }
}
