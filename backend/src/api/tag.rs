//! The groups of operations in the contract.

use poem_openapi::Tags;

/// The groups of operations.
#[derive(Tags)]
pub(super) enum Tag {
    /// Store, retrieve and clean up the data of an issue's phases.
    #[oai(rename = "phase data")]
    PhaseData,
    /// Parameters for workflows that authenticate without a stored secret.
    #[oai(rename = "authentication")]
    Authentication,
    /// Manage an account with an admin key.
    #[oai(rename = "admin")]
    Admin,
    /// GitHub's reports of leaked keys.
    #[oai(rename = "secret scanning")]
    SecretScanning,
    /// GitHub's events about issues and repositories.
    #[oai(rename = "webhooks")]
    Webhooks,
    /// Health checks for operators.
    #[oai(rename = "health")]
    Health,
}
