//! `/api/v1/admin`: the calls of an account's admin, each resource in its file.

mod keys;
mod policy;
mod retention;
mod usage;
mod webhook_deliveries;
mod webhook_secret;

/// The admin calls, in the order of the contract.
pub(crate) type AdminApi = (
    keys::List,
    keys::Create,
    keys::Revoke,
    keys::Rotate,
    usage::ShowUsage,
    webhook_secret::Show,
    webhook_secret::Make,
    webhook_secret::Remove,
    webhook_deliveries::ListDeliveries,
    (policy::GetPolicy, policy::PutPolicy),
    (retention::GetRetention, retention::PutRetention),
);
