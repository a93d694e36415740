//! An issue of a repository: its documents, the newest change of its state, its events.

use serde_json::Value;

use super::moment::{Moment, SECOND, Unspecified};

/// The phases of the walk. One is like the other: two are enough.
pub(in super::super) const PHASES: [&str; 2] = ["scan", "validate"];

/// A document that is kept, seen or hidden.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct Document {
    pub(in super::super) content: Value,
    /// The name of the repository that its last writer used.
    pub(in super::super) repository: &'static str,
    pub(in super::super) bytes: i64,
    /// When somebody last asked to store it.
    pub(in super::super) stored: Moment,
    pub(in super::super) hidden: bool,
    /// The entity tag that its own URL has for it, once an answer told.
    pub(in super::super) tag: Option<String>,
}

/// A phase of an issue.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in super::super) struct Slot {
    pub(in super::super) document: Option<Document>,
    /// The document's.
    pub(in super::super) revision: i64,
    /// The last revision of what was here and is gone.
    pub(in super::super) gone: i64,
}

/// An issue was closed or opened again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct StateChange {
    pub(in super::super) closed: bool,
    pub(in super::super) at: Moment,
}

/// An event: which step made it, of which kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Event {
    pub(in super::super) step: usize,
    pub(in super::super) kind: &'static str,
    pub(in super::super) phase: usize,
    /// Nobody asked for it.
    pub(in super::super) by_merge: bool,
}

/// An issue.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in super::super) struct Issue {
    pub(in super::super) slots: [Slot; 2],
    pub(in super::super) change: Option<StateChange>,
    /// It was transferred to another place.
    pub(in super::super) went: bool,
    /// In their order.
    pub(in super::super) events: Vec<Event>,
    /// The number of merges of other rows into this one.
    pub(in super::super) merges: usize,
}

/// The expected answer to a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Outcome {
    Created,
    Replaced,
    Unchanged,
}

enum Ordering {
    Newer,
    Duplicate,
    Stale,
}

impl Slot {
    /// The document that readers see.
    pub(in super::super) fn live(&self) -> Option<&Document> {
        self.document.as_ref().filter(|document| !document.hidden)
    }

    fn empty(&mut self) {
        self.document = None;
        self.gone = self.gone.max(self.revision);
    }

    /// Takes in what another row has: of two documents the one that is seen stays, else the newer one, and its
    /// revision says that there were two. Answers the kinds of the events that this makes.
    fn merge(&mut self, mut from: Self) -> Result<&'static [&'static str], Unspecified> {
        let (own, other) = (self.document.take(), from.document.take());
        let gone = self.gone.max(from.gone);
        let (kept, kinds): (_, &[_]) = match (own, other) {
            (None, None) => (None, &[]),
            (Some(own), None) => (Some(own), &[]),
            (None, Some(other)) => {
                (self.gone, self.revision) = (gone.max(from.revision), from.revision.max(self.gone + 1));
                self.document = Some(Document { tag: None, ..other });
                return Ok(&["moved"]);
            }
            (Some(own), Some(other)) => {
                let own_stays = match (own.hidden, other.hidden) {
                    (false, true) => true,
                    (true, false) => false,
                    _ => !own.stored.is_before(other.stored)?,
                };
                let above = self.revision.max(from.revision) + 2;
                let gone_now = if own_stays { from.revision } else { above };
                self.revision = if own_stays { above } else { above.max(self.gone + 1) };
                self.gone = gone.max(gone_now);
                self.document = Some(Document { tag: None, ..if own_stays { own } else { other } });
                return Ok(if own_stays { &["purged", "merged"] } else { &["purged", "merged", "moved"] });
            }
        };
        (self.document, self.gone) = (kept, gone);
        Ok(kinds)
    }
}

impl Issue {
    /// Stores a document, or merges a patch of one level into what is there.
    pub(super) fn store(
        &mut self,
        (repository, phase): (&'static str, usize),
        (content, is_patch): (&Value, bool),
        now: Moment,
        step: usize,
    ) -> Outcome {
        let slot = &mut self.slots[phase];
        let live = slot.live().cloned();
        let content = if is_patch { patched(live.as_ref(), content) } else { content.clone() };
        if let (Some(document), true) =
            (&mut slot.document, live.as_ref().is_some_and(|live| live.content == content))
        {
            document.stored = now;
            return Outcome::Unchanged;
        }
        slot.revision = 1 + if slot.document.is_some() { slot.revision } else { slot.gone };
        slot.document =
            Some(Document { content, repository, bytes: 0, stored: now, hidden: false, tag: None });
        self.events.push(Event { step, kind: "stored", phase, by_merge: false });
        if live.is_some() { Outcome::Replaced } else { Outcome::Created }
    }

    /// Closes the issue or opens it again: answers the phases that this hides, shows or purges.
    pub(super) fn change(
        &mut self,
        change: StateChange,
        purge: bool,
        step: usize,
    ) -> Result<Vec<usize>, Unspecified> {
        let ordering = change.ordering(self.change)?;
        if matches!(ordering, Ordering::Newer) {
            self.change = Some(change);
        }
        let mut affected = Vec::new();
        for phase in 0..PHASES.len() {
            let Some(document) = &mut self.slots[phase].document else { continue };
            let hides = change.closed && !document.hidden && change.covers(&ordering, document.stored)?;
            let shows = !change.closed && document.hidden && !matches!(ordering, Ordering::Stale);
            if hides || shows {
                document.hidden = hides;
                let kind = if hides { "deleted" } else { "restored" };
                self.events.push(Event { step, kind, phase, by_merge: false });
                affected.push(phase);
            }
            if purge && document.hidden {
                self.slots[phase].empty();
                self.events.push(Event { step, kind: "purged", phase, by_merge: false });
                affected.push(phase);
            }
        }
        affected.dedup();
        Ok(affected)
    }

    /// Takes in what another row's issue of this number has.
    pub(super) fn merge(&mut self, other: Self, step: usize) -> Result<(), Unspecified> {
        self.events.extend(other.events);
        self.events.sort_by_key(|event| event.step);
        for (phase, (slot, other)) in self.slots.iter_mut().zip(other.slots).enumerate() {
            let kinds = slot.merge(other)?.iter();
            self.events.extend(kinds.map(|kind| Event { step, kind, phase, by_merge: true }));
        }
        self.change = match (self.change, other.change) {
            (Some(one), Some(two)) => Some(if one.at.is_before(two.at)? { two } else { one }),
            (one, two) => one.or(two),
        };
        self.went |= other.went;
        self.merges += other.merges + 1;
        Ok(())
    }
}

impl StateChange {
    fn ordering(self, newest: Option<Self>) -> Result<Ordering, Unspecified> {
        let Some(newest) = newest else { return Ok(Ordering::Newer) };
        if newest.at == self.at {
            return Ok(match (newest.closed == self.closed, self.closed) {
                (true, _) => Ordering::Duplicate,
                (_, true) => Ordering::Stale,
                _ => Ordering::Newer,
            });
        }
        Ok(if newest.at.is_before(self.at)? { Ordering::Newer } else { Ordering::Stale })
    }

    /// Returns `true` if the document was stored before the close. A whole second means all of it, unless the close is
    /// repeated.
    fn covers(self, ordering: &Ordering, stored: Moment) -> Result<bool, Unspecified> {
        match ordering {
            Ordering::Newer if self.at.earliest % SECOND == 0 => stored.is_before(self.at.after(SECOND)),
            Ordering::Stale => Ok(false),
            _ => stored.is_before(self.at),
        }
    }
}

/// RFC 7396, for patches of one level.
fn patched(live: Option<&Document>, patch: &Value) -> Value {
    let mut content = live.map_or_else(|| serde_json::json!({}), |document| document.content.clone());
    for (member, value) in patch.as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(content.as_object_mut().and_then(|members| members.remove(member))),
            value => content[member] = value.clone(),
        }
    }
    content
}
