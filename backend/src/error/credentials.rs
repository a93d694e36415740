//! The answers to refused credentials, signatures and callers.

use phase_data_wire::ProblemCode;

use super::{ApiError, capitalised};
use crate::auth::github_signature::SignatureError;
use crate::auth::oidc::{DebugClaims, OidcReason, OidcRefusal};
use crate::auth::{Denied, HookSignatureError, Refusal};
use crate::store::StoreError;

impl From<Refusal<StoreError>> for ApiError {
    fn from(refusal: Refusal<StoreError>) -> Self {
        let detail = format!("{}.", capitalised(&refusal.to_string()));
        match refusal {
            Refusal::Invalid => Self::new(ProblemCode::CredentialInvalid, detail),
            Refusal::Expired(_) => Self::new(ProblemCode::CredentialExpired, detail),
            Refusal::NoTokens => Self::new(ProblemCode::OidcNotConfigured, detail),
            Refusal::Token(refusal) => refusal.into(),
            Refusal::LookUp(error) => error.into(),
        }
    }
}

impl From<OidcRefusal> for ApiError {
    fn from(refusal: OidcRefusal) -> Self {
        let mut answer =
            Self::new(code_of(refusal.reason()), format!("{}.", capitalised(&refusal.to_string())));
        answer.0.hint = Some(refusal.hint());
        answer.0.claims = refusal.claims_for_debugging().map(DebugClaims::to_texts);
        answer.0.retry_after = refusal.retry_after();
        answer.because(refusal)
    }
}

fn code_of(reason: &OidcReason) -> ProblemCode {
    match reason {
        OidcReason::TooLong { .. }
        | OidcReason::Malformed(_)
        | OidcReason::Algorithm { .. }
        | OidcReason::KeyId(_)
        | OidcReason::UnknownKey { .. }
        | OidcReason::Signature { .. }
        | OidcReason::ClaimMissing { .. }
        | OidcReason::ClaimInvalid { .. }
        | OidcReason::Lifetime { .. } => ProblemCode::TokenInvalid,
        OidcReason::Expired { .. } | OidcReason::NotYetValid { .. } | OidcReason::IssuedInFuture { .. } => {
            ProblemCode::TokenExpired
        }
        OidcReason::UnknownIssuer { .. } => ProblemCode::IssuerUnknown,
        OidcReason::CannotVerifyNow { .. } => ProblemCode::OidcUnavailable,
        OidcReason::Audience { .. } => ProblemCode::AudienceMismatch,
        OidcReason::Policy(_) => ProblemCode::EventRefused,
        OidcReason::UnknownOwner { .. } => ProblemCode::AccountUnknown,
        OidcReason::WrongRepository { .. } => ProblemCode::RepositoryOutOfReach,
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        let detail = format!("{}.", capitalised(&denied.to_string()));
        match denied {
            Denied::Scope { .. } => Self::new(ProblemCode::InsufficientScope, detail),
            Denied::Reach(_) => Self::new(ProblemCode::RepositoryOutOfReach, detail),
            Denied::Token(refusal) => refusal.into(),
        }
    }
}

impl From<SignatureError> for ApiError {
    fn from(error: SignatureError) -> Self {
        let detail = format!("{}.", capitalised(&error.to_string()));
        match error {
            SignatureError::Missing | SignatureError::Invalid => {
                Self::new(ProblemCode::SignatureInvalid, detail)
            }
            SignatureError::NoKeys { again_in, .. } => {
                let mut answer = Self::new(ProblemCode::SignatureKeysUnavailable, detail).because(error);
                answer.0.retry_after = Some(again_in);
                answer
            }
        }
    }
}

impl From<HookSignatureError> for ApiError {
    fn from(error: HookSignatureError) -> Self {
        Self::new(ProblemCode::SignatureInvalid, format!("{}.", capitalised(&error.to_string())))
    }
}
