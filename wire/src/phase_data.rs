//! The calls on phase data, one file each.

mod delete;
mod events;
mod restore;
mod retrieve;
mod store;

pub use delete::DeletedPhaseData;
pub use events::{EventActor, PhaseEvent, PhaseEventKind, PhaseEvents};
pub use restore::RestoredPhaseData;
pub use retrieve::{Freshness, IssuePhaseData, PhaseData};
pub use store::{StoreOutcome, StorePhaseData, StoredPhaseData};
