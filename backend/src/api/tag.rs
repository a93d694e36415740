//! The groups of operations in the contract.

use poem_openapi::Tags;

/// How the operations are grouped.
#[derive(Tags)]
pub(super) enum Tag {
    /// Store, retrieve and clean up what the phases of an issue learned.
    #[oai(rename = "phase data")]
    PhaseData,
    /// How workflows authenticate without a stored secret.
    #[oai(rename = "authentication")]
    Authentication,
    /// Manage an account, with an admin key of it.
    #[oai(rename = "admin")]
    Admin,
    /// GitHub's reports of leaked keys.
    #[oai(rename = "secret scanning")]
    SecretScanning,
    /// GitHub's events about issues and repositories.
    #[oai(rename = "webhooks")]
    Webhooks,
    /// Probes for whoever runs the backend.
    #[oai(rename = "health")]
    Health,
}
