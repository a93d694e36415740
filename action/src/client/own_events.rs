//! Finds out what attempts did whose answers were lost.
//!
//! Each attempt has a request id of its own, and the backend records it in the event of each change. So an event with
//! such an id tells for certain that the change is this step's own, and which one it is.

use std::time::Duration;

use phase_data_wire::Phase;
use phase_data_wire::phase_data::{PhaseEvent, PhaseEventKind};
use tokio::time::Instant;

use super::Client;
use crate::error::Error;
use crate::job::Target;
use crate::log::Log;

/// The call itself was answered: finding out more may not take long.
const LONGEST_LOOKUP: Duration = Duration::from_secs(5);

impl Client<'_> {
    /// The revision that one of these attempts stored, if the backend recorded one.
    pub(super) async fn own_revision(
        &self,
        target: &Target,
        phase: Phase,
        attempts: &[String],
        deadline: Instant,
        log: &mut Log<'_>,
    ) -> Option<i64> {
        let events = self.own_events(target, attempts, deadline, log).await;
        let stored = |event: &&PhaseEvent| (event.kind, event.phase) == (PhaseEventKind::Stored, phase);
        events.iter().find(stored).map(|event| event.revision)
    }

    /// These phases, and those that one of the attempts changed in this way, in their order.
    pub(super) async fn with_own(
        &self,
        kind: PhaseEventKind,
        phases: Vec<Phase>,
        target: &Target,
        (attempts, deadline): (&[String], Instant),
        log: &mut Log<'_>,
    ) -> Vec<Phase> {
        let events = self.own_events(target, attempts, deadline, log).await;
        let own = |phase: &Phase| events.iter().any(|event| (event.kind, event.phase) == (kind, *phase));
        Phase::ALL.into_iter().filter(|phase| phases.contains(phase) || own(phase)).collect()
    }

    /// The changes that these attempts made. None, if that can't be found out.
    async fn own_events(
        &self,
        target: &Target,
        attempts: &[String],
        deadline: Instant,
        log: &mut Log<'_>,
    ) -> Vec<PhaseEvent> {
        if attempts.is_empty() {
            return Vec::new();
        }
        let deadline = deadline.min(Instant::now() + LONGEST_LOOKUP);
        log.line("The answer of an earlier attempt was lost: looking for what that attempt changed.");
        match self.events_until(target, deadline, log).await {
            Ok(page) => {
                let own = |event: &PhaseEvent| attempts.contains(&event.request_id);
                page.events.into_iter().filter(own).collect()
            }
            Err(error) => {
                log.line(&unknown(&error));
                Vec::new()
            }
        }
    }
}

fn unknown(error: &Error) -> String {
    format!("What it changed can't be found out: {error}.")
}
