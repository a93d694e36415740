//! Errors of a database that this release can't work on as it is.

use super::{ApiError, capitalised};
use crate::store::SchemaError;

const MIGRATE: &str =
    "The operator runs `phase-data-backend migrate` of this release as the owner of the tables.";
const SEE_LOG: &str = "The backend's log says what the operator has to do.";

/// The names of the database's users stay in the log.
impl From<SchemaError> for ApiError {
    fn from(error: SchemaError) -> Self {
        let (detail, hint) = match &error {
            SchemaError::TablesMissing => ("The database has no tables of phase-data.", MIGRATE),
            SchemaError::TablesOld(_) => ("The tables of the database are older than this release.", MIGRATE),
            SchemaError::FunctionsMissing(_) => {
                ("The database lacks the functions of this release.", MIGRATE)
            }
            SchemaError::RoleMissing(_) | SchemaError::RightsMissing(_) => {
                ("The server's role in the database is missing, or lacks rights.", MIGRATE)
            }
            SchemaError::ReleaseTooOld { .. } => {
                let detail = format!("{}.", capitalised(&error.to_string()));
                return Self::unavailable(&detail).with_hint("The operator starts a newer release.");
            }
            SchemaError::OtherProgram { .. }
            | SchemaError::Encoding(_)
            | SchemaError::RoleNotGranted { .. }
            | SchemaError::RoleUnlimited
            | SchemaError::RowSecurityOff(_) => ("The server can't work on this database.", SEE_LOG),
        };
        Self::unavailable(&format!("{detail} Nothing was changed.")).with_hint(hint).because(error)
    }
}
