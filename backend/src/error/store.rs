//! The answers to errors of the store.

use phase_data_wire::ProblemCode;

use super::ApiError;
use crate::store::StoreError;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                let detail = "The database can't be reached or did not answer in time. Nothing was changed.";
                Self::unavailable(detail).because(error)
            }
            StoreError::ReadOnly(_) => {
                let detail = "The database is read-only at the moment. Nothing was changed.";
                let hint = "Send the request again after the seconds in Retry-After: after a fail-over this passes. Otherwise the \
                            operator points DATABASE_URL to the server that takes writes, and checks \
                            default_transaction_read_only.";
                Self::unavailable(detail).with_hint(hint).because(error)
            }
            StoreError::OutcomeUnknown(_) => {
                let detail = "The database did not confirm the write in time, so it may be done. It is safe to send the \
                              same request again.";
                Self::unavailable(detail).because(error)
            }
            StoreError::ShareExhausted => {
                let detail = "Other requests of your account, or requests with unverified credentials, use all database \
                              connections of their share. Nothing was changed.";
                Self::new(ProblemCode::ServerBusy, detail).retry_after_seconds(2)
            }
            StoreError::ValueRefused(_) => {
                Self::new(ProblemCode::InvalidBody, "PostgreSQL can't store a value of this document.")
                    .because(error)
                    .at("/data")
            }
            StoreError::MergedTooLarge => {
                let detail = "After the merge, the document would be larger than the backend accepts.";
                Self::new(ProblemCode::PayloadTooLarge, detail)
            }
            StoreError::TokenReplayed => {
                let detail = "This id token was used for another write. Each write needs a new one.";
                Self::new(ProblemCode::TokenReplayed, detail)
            }
            StoreError::UpgradeInProgress => {
                let detail = "Servers of an older release are running, and can't read what this call writes. \
                              Nothing was changed.";
                Self::new(ProblemCode::UpgradeInProgress, detail).retry_after_seconds(10)
            }
            StoreError::Schema(reason) => reason.into(),
            StoreError::Query(_) => Self::internal(error),
        }
    }
}
