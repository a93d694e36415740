//! Bodies whose sender is known only when all of them is there: webhook deliveries, reports of leaked keys.
//!
//! Anybody may send them, so together they have one budget in bytes, counted as they come: an announced length
//! reserves nothing. When the budget is full,
//!
//! 1. who sends slowly is refused;
//! 2. the first in line goes on, and for it the one that holds most is refused;
//! 3. the others wait. Large bodies stand behind all small ones, and else who came earlier stands before who came later.
//!
//! So every body becomes the first in line within seconds, whatever others do, unless it is large or slow itself.

mod arriving;

use std::ops::Deref;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::in_flight::busy;
use crate::error::ApiError;
use arriving::{Arriving, Part};

/// The cost of a body besides its bytes: the bytes that its connection has read ahead.
const OVERHEAD_BYTES: usize = 32 << 10;
/// The maximum number of arriving bodies: a request whose body does not arrive also costs memory.
const MOST_ARRIVING: usize = 1024;
/// The interval at which a waiting body looks for bodies that have become slow.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The budget, and the bodies that are arriving.
#[derive(Debug, Clone)]
pub(crate) struct StrangerBodies(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    budget: usize,
    pool: Mutex<Pool>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Pool {
    held: usize,
    arriving: Arriving,
}

/// A body that is arriving.
#[derive(Debug)]
pub(super) struct ArrivingBody {
    shared: Arc<Shared>,
    id: u64,
    refused: Arc<Notify>,
}

/// A body that has arrived. It counts until it is dropped.
#[derive(Debug)]
pub(super) struct StrangersBody {
    shared: Arc<Shared>,
    held: usize,
    bytes: Vec<u8>,
}

/// The budget is full, and this body was the one to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Too many bodies of unknown senders are arriving, and this one was slow or large.")]
pub(super) struct Displaced;

impl From<Displaced> for ApiError {
    fn from(displaced: Displaced) -> Self {
        busy(displaced.to_string())
    }
}

impl StrangerBodies {
    /// Makes a budget of so many bytes.
    pub(crate) fn new(budget: usize) -> Self {
        Self(Arc::new(Shared { budget, pool: Mutex::default(), freed: Notify::new() }))
    }

    /// The largest body that is taken, beside others.
    pub(super) fn largest(&self) -> usize {
        self.0.budget / 2
    }

    /// Lets one more body arrive. It holds nothing of the budget until its first byte comes, but is one of so many: a slow
    /// one has to go for it.
    pub(super) fn arrive(&self) -> Result<ArrivingBody, Displaced> {
        let mut pool = self.0.pool();
        if pool.arriving.len() >= MOST_ARRIVING {
            pool.refuse_a_slow_one()?;
        }
        let (id, refused) = pool.arriving.add();
        Ok(ArrivingBody { shared: self.0.clone(), id, refused })
    }
}

impl Shared {
    fn pool(&self) -> MutexGuard<'_, Pool> {
        // Nothing that holds it can leave it half changed.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a chunk, unless it has to wait for room.
    fn try_push(&self, id: u64, chunk: &[u8]) -> Result<bool, Displaced> {
        let mut pool = self.pool();
        pool.arriving.change(id, Part::pause).ok_or(Displaced)?;
        let part = pool.arriving.get(id).ok_or(Displaced)?;
        let (len, needed) = (part.bytes.len(), part.bytes.len() + chunk.len());
        // Doubled, for copying less; but no body may be larger than half of the budget.
        let capacity_needed = if needed <= part.bytes.capacity() {
            part.bytes.capacity()
        } else {
            (2 * len).min(self.budget / 2).max(needed)
        };
        let more = capacity_needed + OVERHEAD_BYTES - part.held;
        if !pool.make_room(id, more, self.budget) {
            return Ok(false);
        }
        pool.held += more;
        let keep = |part: &mut Part| {
            part.held += more;
            part.bytes.reserve_exact(capacity_needed - len);
            part.bytes.extend_from_slice(chunk);
            part.resume();
        };
        pool.arriving.change(id, keep).ok_or(Displaced)?;
        Ok(true)
    }

    fn release(&self, bytes: usize) {
        self.pool().held -= bytes;
        // One of those that wait; the others look again by themselves. Waking all of them would cost more than it brings.
        self.freed.notify_one();
    }
}

impl Pool {
    /// Makes so many more bytes fit, if this body may have them now.
    fn make_room(&mut self, for_id: u64, more: usize, budget: usize) -> bool {
        while self.held + more > budget {
            let slow = self.arriving.slow_and_holding(for_id);
            let largest = || self.arriving.largest(for_id).filter(|_| self.arriving.is_first(for_id));
            let Some(victim) = slow.or_else(largest) else { return false };
            self.refuse(victim);
        }
        true
    }

    fn refuse_a_slow_one(&mut self) -> Result<(), Displaced> {
        let slow = self.arriving.slow();
        self.refuse(slow.ok_or(Displaced)?);
        Ok(())
    }

    fn refuse(&mut self, id: u64) {
        if let Some(part) = self.arriving.remove(id) {
            self.held -= part.held;
            part.refused.notify_one();
        }
    }
}

impl ArrivingBody {
    /// Keeps what came, when there is room for it.
    pub(super) async fn push(&self, chunk: &[u8]) -> Result<(), Displaced> {
        loop {
            let mut freed = pin!(self.shared.freed.notified());
            // From here on a release is noticed, so that none falls between the try and the wait.
            freed.as_mut().enable();
            if self.shared.try_push(self.id, chunk)? {
                return Ok(());
            }
            let _ = timeout(LOOK_AGAIN, freed).await;
        }
    }

    /// Ready when this body has to go.
    pub(super) async fn displaced(&self) -> Displaced {
        self.refused.notified().await;
        Displaced
    }

    /// The whole body.
    pub(super) fn finish(self) -> Result<StrangersBody, Displaced> {
        let part = self.shared.pool().arriving.remove(self.id).ok_or(Displaced)?;
        Ok(StrangersBody { shared: self.shared.clone(), held: part.held, bytes: part.bytes })
    }
}

impl Deref for StrangersBody {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for ArrivingBody {
    fn drop(&mut self) {
        // It is not there any more if it has arrived or was refused.
        let part = self.shared.pool().arriving.remove(self.id);
        self.shared.release(part.map_or(0, |part| part.held));
    }
}

impl Drop for StrangersBody {
    fn drop(&mut self) {
        self.shared.release(self.held);
    }
}

#[cfg(test)]
mod tests;
