//! Finds out what an attempt did whose answer was lost.
//!
//! Each attempt has a request id of its own, and the backend records it in the event of each change. So an event with
//! such an id tells for certain that the change is this step's own, and which one it is.

use phase_data_wire::Phase;
use phase_data_wire::phase_data::PhaseEvent;

/// These phases, and those of the events, in their order.
pub(super) fn with_own(phases: &[Phase], events: &[PhaseEvent]) -> Vec<Phase> {
    let own = |phase: &Phase| events.iter().any(|event| event.phase == *phase);
    Phase::ALL.into_iter().filter(|phase| phases.contains(phase) || own(phase)).collect()
}
