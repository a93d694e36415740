//! The bodies that are arriving, in the orders in which they make room: none of them has to be looked for.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// GitHub's deliveries are a hundredth of this as a rule.
const LARGE_BYTES: usize = 1 << 20;
/// Once the budget is full: how long the next byte may take, and all of them besides the time that they have at the
/// slowest rate.
const SLOW_AFTER: Duration = Duration::from_millis(500);
const SLOWEST_BYTES_PER_SECOND: usize = 2 << 20;

/// The bodies that are arriving.
#[derive(Debug, Default)]
pub(super) struct Arriving {
    next: u64,
    parts: HashMap<u64, Part>,
    /// When they become slow unless more of them comes: those that hold something of the budget, and those that don't.
    by_slowness: [BTreeSet<(Instant, u64)>; 2],
    /// Those that hold something of the budget, by how much that is.
    by_held: BTreeSet<(usize, u64)>,
    /// Those that hold something of the budget, in the order in which they go on: small ones first, then as they came.
    in_line: BTreeSet<(bool, u64)>,
}

/// The part of a body that has come.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) bytes: Vec<u8>,
    /// Its part of the budget, in bytes.
    pub(super) held: usize,
    /// The total time of waiting for the peer, up to the current wait.
    waited: Duration,
    waiting_since: Option<Instant>,
    /// When it becomes slow, or became. One that waits itself becomes no slower.
    slow_at: Option<Instant>,
    pub(super) refused: Arc<Notify>,
}

impl Arriving {
    /// Returns the number of entries.
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// The part of a body that has come.
    pub(super) fn get(&self, id: u64) -> Option<&Part> {
        self.parts.get(&id)
    }

    /// Adds a body of which nothing is there yet.
    pub(super) fn add(&mut self) -> (u64, Arc<Notify>) {
        let (id, part) = (self.next, Part::new());
        let refused = part.refused.clone();
        self.next += 1;
        self.insert(id, part);
        (id, refused)
    }

    /// Changes a body.
    pub(super) fn change<T>(&mut self, id: u64, change: impl FnOnce(&mut Part) -> T) -> Option<T> {
        let mut part = self.remove(id)?;
        let changed = change(&mut part);
        self.insert(id, part);
        Some(changed)
    }

    /// Takes a body out.
    pub(super) fn remove(&mut self, id: u64) -> Option<Part> {
        let part = self.parts.remove(&id)?;
        if let Some(at) = part.slow_at {
            self.by_slowness[usize::from(part.held == 0)].remove(&(at, id));
        }
        self.by_held.remove(&(part.held, id));
        self.in_line.remove(&(part.is_large(), id));
        Some(part)
    }

    /// The body that has been slow for longest.
    pub(super) fn slow(&self) -> Option<u64> {
        let [holding, empty] = self.by_slowness.each_ref().map(|those| slow_of(those).next());
        holding.or(empty)
    }

    /// The same of those that hold something of the budget, other than this one.
    pub(super) fn slow_and_holding(&self, but: u64) -> Option<u64> {
        slow_of(&self.by_slowness[0]).find(|id| *id != but)
    }

    /// The body that holds most, other than this one: it makes most room, and ordinary deliveries are small.
    pub(super) fn largest(&self, but: u64) -> Option<u64> {
        self.by_held.iter().rev().map(|(_, id)| *id).find(|id| *id != but)
    }

    /// Tells whether all others that hold something stand behind this one.
    pub(super) fn is_first(&self, id: u64) -> bool {
        let place = self.parts.get(&id).map(|part| (part.is_large(), id));
        place.is_some_and(|place| self.in_line.first().is_none_or(|first| place <= *first))
    }

    fn insert(&mut self, id: u64, part: Part) {
        if let Some(at) = part.slow_at {
            self.by_slowness[usize::from(part.held == 0)].insert((at, id));
        }
        if part.held > 0 {
            self.by_held.insert((part.held, id));
            self.in_line.insert((part.is_large(), id));
        }
        self.parts.insert(id, part);
    }
}

/// Those of them that are slow by now.
fn slow_of(by_slowness: &BTreeSet<(Instant, u64)>) -> impl Iterator<Item = u64> {
    let now = Instant::now();
    by_slowness.iter().take_while(move |(at, _)| *at < now).map(|(_, id)| *id)
}

impl Part {
    fn new() -> Self {
        let mut part = Self {
            bytes: Vec::new(),
            held: 0,
            waited: Duration::ZERO,
            waiting_since: None,
            slow_at: None,
            refused: Arc::default(),
        };
        part.resume();
        part
    }

    /// From here on it is the body that waits, not we.
    pub(super) fn pause(&mut self) {
        if let Some(since) = self.waiting_since.take() {
            self.waited += since.elapsed();
            self.slow_at = self.slow_at.filter(|at| *at < Instant::now());
        }
    }

    /// From here on the peer is waited for.
    pub(super) fn resume(&mut self) {
        let since = Instant::now();
        let may_take = Duration::from_secs_f64(self.bytes.len() as f64 / SLOWEST_BYTES_PER_SECOND as f64);
        let left = (SLOW_AFTER + may_take).saturating_sub(self.waited);
        self.waiting_since = Some(since);
        self.slow_at = Some(since + left.min(SLOW_AFTER));
    }

    /// Makes it look as if the peer had been waited for.
    #[cfg(test)]
    pub(super) fn age(&mut self, by: Duration) {
        self.waited += by;
        self.pause();
        self.resume();
    }

    fn is_large(&self) -> bool {
        self.bytes.len() > LARGE_BYTES
    }
}
