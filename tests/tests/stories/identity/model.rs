//! The model of an account in which names are reused: a repository is its numeric id, and a row without a proof is known only
//! by its name. It shares no code with the backend, and returns [`Unspecified`] for cases without a rule.

mod issue;
mod moment;
mod reading;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

use issue::StateChange;
pub(super) use issue::{Document, Event, Issue, Outcome, PHASES, Slot};
pub(super) use moment::{Moment, SECOND, Unspecified};
pub(super) use reading::Seen;

/// The caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// A key knows names only.
    Key,
    /// A token of this id, issued in this second.
    Token(i64, i64),
}

/// A repository, or what keys stored under a name that nobody proved yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Row {
    pub(super) id: Option<i64>,
    pub(super) name: Option<&'static str>,
    /// Since when it is known to have the name, or not to have it any more.
    pub(super) named_at: Moment,
    pub(super) issues: BTreeMap<i32, Issue>,
}

/// The place of a document: its row, issue and phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) row: usize,
    pub(super) issue: i32,
    pub(super) phase: usize,
}

/// An account.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    /// A row that was merged into another one stays, empty and without a name.
    pub(super) rows: Vec<Row>,
}

/// A known name becomes as new as a proof that is so much newer.
const MINUTE: i64 = 60 * SECOND;

/// When a step is taken, and its number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) at: Moment,
    pub(super) step: usize,
}

impl Model {
    pub(super) fn by_id(&self, id: i64) -> Option<usize> {
        self.rows.iter().position(|row| row.id == Some(id))
    }

    pub(super) fn named(&self, name: &str) -> Option<usize> {
        self.rows.iter().position(|row| row.name == Some(name))
    }

    /// The row of nobody that is called so.
    fn unproven(&self, name: &str) -> Option<usize> {
        self.named(name).filter(|row| self.rows[*row].id.is_none())
    }

    /// Takes a proof over that is as old as this; answers the id's row.
    pub(super) fn prove(
        &mut self,
        id: i64,
        name: &'static str,
        proof: Moment,
        step: usize,
    ) -> Result<usize, Unspecified> {
        let own = self.by_id(id);
        if let Some(row) = own {
            let Row { name: known, named_at, .. } = &mut self.rows[row];
            if *known == Some(name) {
                if named_at.after(MINUTE).is_before(proof)? {
                    *named_at = proof;
                }
                return Ok(row);
            }
            if named_at.is_in_a_later_second(proof)? {
                return Ok(row);
            }
        }
        let holder = self.named(name);
        if let Some(row) = holder
            && !self.rows[row].named_at.is_before(proof)?
        {
            let new = Row { id: Some(id), ..Row::default() };
            return Ok(own.unwrap_or_else(|| self.add(new)));
        }
        let unproven = self.unproven(name);
        if let Some(row) = holder {
            self.rows[row].name = None;
            self.rows[row].named_at = proof;
        }
        let row = own.or(unproven).unwrap_or_else(|| self.add(Row::default()));
        let named = &mut self.rows[row];
        (named.id, named.name, named.named_at) = (Some(id), Some(name), named.named_at.max(proof));
        if let Some(unproven) = unproven.filter(|unproven| *unproven != row) {
            for (number, issue) in std::mem::take(&mut self.rows[unproven].issues) {
                self.rows[row].issues.entry(number).or_default().merge(issue, step)?;
            }
        }
        Ok(row)
    }

    /// The row that a write goes to.
    fn row_for_write(
        &mut self,
        caller: Caller,
        name: &'static str,
        now: Now,
    ) -> Result<Option<usize>, Unspecified> {
        match caller {
            Caller::Token(id, second) => self.prove(id, name, Moment::second(second), now.step).map(Some),
            Caller::Key => Ok(self.named(name)),
        }
    }

    fn add(&mut self, row: Row) -> usize {
        self.rows.push(row);
        self.rows.len() - 1
    }

    pub(super) fn store(
        &mut self,
        caller: Caller,
        (name, issue, phase): (&'static str, i32, usize),
        content: (&Value, bool),
        now: Now,
    ) -> Result<(Target, Outcome), Unspecified> {
        let new = Row { name: Some(name), named_at: now.at, ..Row::default() };
        let row = self.row_for_write(caller, name, now)?.unwrap_or_else(|| self.add(new));
        let kept = self.rows[row].issues.entry(issue).or_default();
        let outcome = kept.store((name, phase), content, now.at, now.step);
        Ok((Target { row, issue, phase }, outcome))
    }

    /// Closes an issue or opens it again at a caller's request, now; answers the phases that this affects.
    pub(super) fn change(
        &mut self,
        caller: Caller,
        (name, issue): (&'static str, i32),
        (closed, purge): (bool, bool),
        now: Now,
    ) -> Result<Vec<usize>, Unspecified> {
        let Some(row) = self.row_for_write(caller, name, now)? else { return Ok(Vec::new()) };
        let kept = self.rows[row].issues.entry(issue).or_default();
        kept.change(StateChange { closed, at: now.at }, purge, now.step)
    }

    /// The row that GitHub tells of, which proves its name. What is known by this name only is what it tells of, also if
    /// it proves nothing.
    fn row_of_proof(
        &mut self,
        id: i64,
        name: &'static str,
        second: i64,
        step: usize,
    ) -> Result<usize, Unspecified> {
        let proof = Moment::second(second);
        match (self.by_id(id), self.unproven(name)) {
            (None, Some(row)) if !self.rows[row].named_at.is_before(proof)? => Ok(row),
            _ => self.prove(id, name, proof, step),
        }
    }

    /// GitHub tells that an issue of this id was closed or opened again.
    pub(super) fn apply_statement(
        &mut self,
        (id, name, issue): (i64, &'static str, i32),
        (closed, second): (bool, i64),
        step: usize,
    ) -> Result<(), Unspecified> {
        let row = self.row_of_proof(id, name, second, step)?;
        let change = StateChange { closed, at: Moment::second(second) };
        self.rows[row].issues.entry(issue).or_default().change(change, false, step).map(drop)
    }

    /// GitHub tells that a repository was renamed in this second. One that is not known yet had the old name until then.
    pub(super) fn renamed(
        &mut self,
        id: i64,
        (old, new): (&'static str, &'static str),
        second: i64,
        step: usize,
    ) -> Result<(), Unspecified> {
        let proof = Moment::second(second);
        if self.by_id(id).is_none() {
            self.prove(id, old, proof.after(-1), step)?;
        }
        self.prove(id, new, proof, step).map(drop)
    }

    /// GitHub tells that an issue is another one now, whose number nobody had.
    pub(super) fn transferred(
        &mut self,
        from: (i64, &'static str, i32),
        to: (i64, &'static str, i32),
        second: i64,
        now: Now,
    ) -> Result<(), Unspecified> {
        let row = self.row_of_proof(from.0, from.1, second, now.step)?;
        let to_row = self.row_of_proof(to.0, to.1, second, now.step)?;
        let is_taken = self.rows[to_row].issues.contains_key(&to.2);
        let old = self.rows[row].issues.entry(from.2).or_default();
        if is_taken || old.went || (row, from.2) == (to_row, to.2) {
            return Err(Unspecified("a transfer to or from where an issue was"));
        }
        let (before, mut here) = (old.change, Issue::default());
        for (phase, slot) in old.slots.iter_mut().enumerate() {
            let Some(document) = slot.document.take() else { continue };
            let document = Some(Document { tag: None, ..document });
            here.slots[phase] = Slot { document, revision: slot.revision, gone: 0 };
            slot.gone = slot.gone.max(slot.revision);
            for events in [&mut old.events, &mut here.events] {
                events.push(Event { step: now.step, kind: "moved", phase, by_merge: false });
            }
        }
        old.change(StateChange { closed: true, at: now.at }, false, now.step)?;
        old.went = true;
        if let Some(before) = before {
            here.change(before, false, now.step)?;
        }
        self.rows[to_row].issues.insert(to.2, here);
        Ok(())
    }

    pub(super) fn slot(&mut self, place: Target) -> &mut Slot {
        &mut self.rows[place.row].issues.entry(place.issue).or_default().slots[place.phase]
    }
}
