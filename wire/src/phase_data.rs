//! The calls on phase data, one file each.

mod delete;
mod retrieve;
mod store;

pub use delete::DeletedPhaseData;
pub use retrieve::{Freshness, IssuePhaseData, PhaseData};
pub use store::{StoreOutcome, StorePhaseData, StoredPhaseData};
