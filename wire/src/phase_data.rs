//! The calls on phase data, one file each.

mod clean_up;
mod events;
mod retrieve;
mod store;

pub use clean_up::{DeletedPhaseData, RestoredPhaseData};
pub use events::{EventActor, PhaseEvent, PhaseEventKind, PhaseEvents};
pub use retrieve::{Freshness, IssuePhaseData, PhaseData};
pub use store::{StoreOutcome, StorePhaseData, StoredPhaseData};
