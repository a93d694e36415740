//! `/api/v1/phase_data`: each operation with its parameters, problem codes and answers, in the file that is named after it.

mod attempts;
mod claims;
mod clean_up;
mod events;
mod merge;
mod retrieve;
mod store;

/// The calls on phase data.
pub(crate) type PhaseDataApi = (
    store::Store,
    retrieve::Retrieve,
    merge::Merge,
    clean_up::Delete,
    clean_up::Restore,
    events::ListEvents,
    (claims::Claim, claims::Renew, claims::Release, attempts::ListAttempts),
);
