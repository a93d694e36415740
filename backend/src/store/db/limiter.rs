//! Limits how many statements each owner runs at once, so that none starves the others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::Access;

/// The owner of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    /// An account.
    Account(Uuid),
    /// A caller who has shown something that others can't make up.
    Known,
    /// Somebody whose account is not known yet: look-ups of credentials, deliveries.
    Unproven,
    /// A background job.
    Job,
}

/// An account counts as active for so long after a statement of its own.
const ACTIVE: Duration = Duration::from_secs(1);
/// So many bytes of a document weigh as much as one more statement.
const BYTES_PER_PERMIT: usize = 128 << 10;
/// Statements with a document that is larger than this count as large: they take memory and time of the machine, also if
/// their account is alone.
const LARGE_BYTES: usize = 2 << 20;
/// Of what an account read lately, this part is forgotten with each smaller document.
const FORGOTTEN: usize = 4;
/// The most requests of unproven accounts that may wait for a permit: each costs memory, and anybody can send them.
const UNPROVEN_WAITING: usize = 512;

/// The most statements that may run at once, of all `max` connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limits {
    /// Of one owner, reads and writes together.
    owner: usize,
    /// Of one owner, writes.
    owner_writes: usize,
    /// Of one account while others are active, and of all whose account is not proven. It is the machine that they share
    /// then, not only the connections.
    beside_others: usize,
    /// Writes of all owners but jobs. Writers may have to wait for locks or for a standby: readers go on meanwhile.
    writes: usize,
    /// Of all jobs.
    jobs: usize,
    /// With a large document, of all accounts.
    large: usize,
}

/// Counts the statements that each owner runs now.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: Limits,
    writes: Arc<Semaphore>,
    jobs: Arc<Semaphore>,
    large: Arc<Semaphore>,
    unproven_waiting: Semaphore,
    owners: Mutex<Owners>,
}

#[derive(Debug, Default)]
struct Owners {
    shares: HashMap<Owner, Arc<Share>>,
    /// The account that ran a statement last, and the last one that is another.
    latest: Option<(Owner, Instant)>,
    other: Option<(Owner, Instant)>,
}

#[derive(Debug)]
struct Share {
    all: Arc<Semaphore>,
    writes: Arc<Semaphore>,
    beside_others: Arc<Semaphore>,
    /// About how large the documents are that it reads: before a read nobody knows.
    read_bytes: AtomicUsize,
}

/// The right to run a statement now. Dropping it lets the next one run.
#[derive(Debug)]
pub(super) struct Permit {
    _permits: [Option<OwnedSemaphorePermit>; 5],
}

impl Limits {
    fn new(max: usize) -> Self {
        // Small shares would cost throughput: the more writers, the more of them share one flush of the log.
        let all_but = |of: usize, part: usize| of.saturating_sub((of / part).max(1)).max(1);
        let writes = all_but(max, 8);
        Self {
            owner: all_but(max, 16),
            owner_writes: all_but(writes, 16),
            beside_others: (max / 4).max(1),
            writes,
            jobs: (max / 8).max(1),
            large: (max / 8).max(1),
        }
    }
}

impl Limiter {
    pub(super) fn new(max_connections: usize) -> Self {
        let limits = Limits::new(max_connections);
        Self {
            limits,
            writes: Arc::new(Semaphore::new(limits.writes)),
            jobs: Arc::new(Semaphore::new(limits.jobs)),
            large: Arc::new(Semaphore::new(limits.large)),
            unproven_waiting: Semaphore::new(UNPROVEN_WAITING),
            owners: Mutex::default(),
        }
    }

    /// Waits for a permit to run a statement with a document of so many bytes. An owner that waits here delays only its own
    /// statements. Returns `None` if too many requests of unproven accounts wait.
    pub(super) async fn acquire(&self, owner: Owner, access: Access, bytes: usize) -> Option<Permit> {
        let _waiting = match owner {
            Owner::Job => {
                return Some(Permit { _permits: [take(&self.jobs, 1).await, None, None, None, None] });
            }
            Owner::Unproven => Some(self.unproven_waiting.try_acquire().ok()?),
            Owner::Account(_) | Owner::Known => None,
        };
        let (share, is_alone) = self.share(owner);
        let weight = (1 + bytes / BYTES_PER_PERMIT).min(self.limits.beside_others);
        let is_large = bytes > LARGE_BYTES;
        let beside = if is_alone && !is_large { None } else { take(&share.beside_others, weight).await };
        let writes = access == Access::Write;
        let own_write = if writes { take(&share.writes, 1).await } else { None };
        let own = take(&share.all, 1).await;
        let write = if writes { take(&self.writes, 1).await } else { None };
        let large = if is_large { take(&self.large, 1).await } else { None };
        Some(Permit { _permits: [beside, own_write, own, write, large] })
    }

    /// Records how many bytes the documents had that the owner read.
    pub(super) fn note_read(&self, owner: Owner, bytes: usize) {
        if let Some(share) = self.lock().shares.get(&owner) {
            let before = share.read_bytes.load(Ordering::Relaxed);
            share.read_bytes.store(bytes.max(before - before / FORGOTTEN), Ordering::Relaxed);
        }
    }

    /// Returns how many bytes to expect of the documents that the owner reads next.
    pub(super) fn expected_read(&self, owner: Owner) -> usize {
        self.lock().shares.get(&owner).map_or(0, |share| share.read_bytes.load(Ordering::Relaxed))
    }

    /// Tells whether the owner has as many statements running as it may.
    pub(super) fn is_exhausted(&self, owner: Owner, access: Access) -> bool {
        let owners = self.lock();
        owners.shares.get(&owner).is_some_and(|share| {
            share.all.available_permits() == 0
                || share.beside_others.available_permits() == 0
                || (access == Access::Write && share.writes.available_permits() == 0)
        })
    }

    /// Returns the owner's share, and whether no other account is active.
    fn share(&self, owner: Owner) -> (Arc<Share>, bool) {
        let mut owners = self.lock();
        let is_alone = owners.is_alone(owner);
        if let Some(share) = owners.shares.get(&owner) {
            return (share.clone(), is_alone);
        }
        // Idle owners need no entry. They are removed when one is added, so that the map stays as large as its use.
        owners.shares.retain(|_, share| Arc::strong_count(share) > 1 || !share.is_idle(&self.limits));
        let share = Arc::new(Share {
            all: Arc::new(Semaphore::new(self.limits.owner)),
            writes: Arc::new(Semaphore::new(self.limits.owner_writes)),
            beside_others: Arc::new(Semaphore::new(self.limits.beside_others)),
            read_bytes: AtomicUsize::new(0),
        });
        owners.shares.insert(owner, share.clone());
        (share, is_alone)
    }

    fn lock(&self) -> MutexGuard<'_, Owners> {
        // No holder of this lock can leave the data half changed.
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Owners {
    /// Tells whether no other account ran a statement just now. Look-ups of credentials that were seen before are
    /// everybody's; who has proven nothing never has the database for itself.
    fn is_alone(&mut self, owner: Owner) -> bool {
        match owner {
            Owner::Account(_) => {}
            Owner::Unproven => return false,
            Owner::Known | Owner::Job => return true,
        }
        let now = Instant::now();
        if self.latest.is_some_and(|(latest, _)| latest != owner) {
            self.other = self.latest;
        }
        self.latest = Some((owner, now));
        self.other.is_none_or(|(_, at)| now.duration_since(at) > ACTIVE)
    }
}

impl Share {
    fn is_idle(&self, limits: &Limits) -> bool {
        self.all.available_permits() == limits.owner && self.writes.available_permits() == limits.owner_writes
    }
}

/// Waits for permits. The semaphores here are never closed.
async fn take(of: &Arc<Semaphore>, permits: usize) -> Option<OwnedSemaphorePermit> {
    of.clone().acquire_many_owned(u32::try_from(permits).unwrap_or(u32::MAX)).await.ok()
}

#[cfg(test)]
mod tests;
