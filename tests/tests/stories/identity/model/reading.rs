//! The expected answers to readers. A read proves a new name like a write.

use super::{Caller, Document, Issue, Model, Moment, Now, Target, Unspecified};

/// A phase in the expected answer.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Seen {
    pub(in super::super) phase: usize,
    pub(in super::super) document: Document,
    /// Where it is kept.
    pub(in super::super) place: Target,
}

impl Model {
    /// The rows that a reader reads: its own, and with it what was stored by name in the second of its proof.
    pub(in super::super) fn rows_to_read(
        &mut self,
        caller: Caller,
        name: &'static str,
        now: Now,
    ) -> Result<Vec<usize>, Unspecified> {
        let Caller::Token(id, second) = caller else { return Ok(self.named(name).into_iter().collect()) };
        let (own, unproven, proof) = (self.by_id(id), self.unproven(name), Moment::second(second));
        let since = unproven.map(|row| self.rows[row].named_at);
        if own.is_none() && !since.map_or(Ok(false), |since| since.is_before(proof))? {
            return Ok(Vec::new());
        }
        if let Some(row) = own.filter(|row| self.rows[*row].name == Some(name)) {
            return Ok(vec![row]);
        }
        let is_over = own.map_or(Ok(false), |row| self.rows[row].named_at.is_in_a_later_second(proof))?;
        let along = !is_over && since.map_or(Ok(false), |since| since.is_in_second(proof))?;
        let row = self.prove(id, name, proof, now.step)?;
        Ok([row].into_iter().chain(unproven.filter(|_| along)).collect())
    }

    /// Returns the expected answer about an issue: the newest document of each phase.
    pub(in super::super) fn read(
        &mut self,
        caller: Caller,
        name: &'static str,
        issue: i32,
        now: Now,
    ) -> Result<Vec<Seen>, Unspecified> {
        let mut seen: Vec<Seen> = Vec::new();
        for row in self.rows_to_read(caller, name, now)? {
            let slots = self.rows[row].issues.get(&issue).map(|issue: &Issue| &issue.slots);
            for (phase, slot) in slots.into_iter().flatten().enumerate() {
                let Some(document) = slot.live().cloned() else { continue };
                let here = Seen { phase, document, place: Target { row, issue, phase } };
                match seen.iter_mut().find(|seen| seen.phase == phase) {
                    None => seen.push(here),
                    Some(seen) if seen.document.stored.is_before(here.document.stored)? => *seen = here,
                    Some(_) => {}
                }
            }
        }
        seen.sort_by_key(|seen| seen.phase);
        Ok(seen)
    }
}
