//! How many statements each owner runs at once, so that nobody starves the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::Access;

/// Whose statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    /// An account.
    Account(Uuid),
    /// Somebody whose account is not known yet: look-ups of credentials, deliveries.
    Unproven,
    /// A background job.
    Job,
}

/// How many statements may run at once, of all `max` connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Limits {
    /// Of one owner, reads and writes together.
    owner: usize,
    /// Of one owner, writes.
    owner_writes: usize,
    /// Writes of all owners but jobs. Writers may have to wait for locks or for a standby: readers go on meanwhile.
    writes: usize,
    /// Of all jobs.
    jobs: usize,
}

/// The turns of all owners: who runs how many statements now.
#[derive(Debug)]
pub(super) struct Turns {
    limits: Limits,
    writes: Arc<Semaphore>,
    jobs: Arc<Semaphore>,
    owners: Mutex<HashMap<Owner, Arc<Share>>>,
}

#[derive(Debug)]
struct Share {
    all: Arc<Semaphore>,
    writes: Arc<Semaphore>,
}

/// The right to run a statement now. Dropping it lets the next one run.
#[derive(Debug)]
pub(super) struct Turn {
    _permits: [Option<OwnedSemaphorePermit>; 3],
}

impl Limits {
    fn new(max: usize) -> Self {
        // Small shares would cost throughput: the more writers, the more of them share one flush of the log.
        let most = |of: usize| (of * 7 / 8).max(1);
        let writes = most(max);
        Self { owner: most(max), owner_writes: most(writes), writes, jobs: (max / 8).max(1) }
    }
}

impl Turns {
    pub(super) fn new(max_connections: usize) -> Self {
        let limits = Limits::new(max_connections);
        Self {
            limits,
            writes: Arc::new(Semaphore::new(limits.writes)),
            jobs: Arc::new(Semaphore::new(limits.jobs)),
            owners: Mutex::default(),
        }
    }

    /// Waits for the owner's turn. Whoever waits here keeps nobody but its own waiting.
    pub(super) async fn turn(&self, owner: Owner, access: Access) -> Turn {
        if owner == Owner::Job {
            return Turn { _permits: [take(&self.jobs).await, None, None] };
        }
        let share = self.share(owner);
        let writes = access == Access::Write;
        let own_write = if writes { take(&share.writes).await } else { None };
        let own = take(&share.all).await;
        let write = if writes { take(&self.writes).await } else { None };
        Turn { _permits: [own_write, own, write] }
    }

    /// Whether the owner has as many statements running as it may.
    pub(super) fn is_exhausted(&self, owner: Owner, access: Access) -> bool {
        let owners = self.lock();
        owners.get(&owner).is_some_and(|share| {
            share.all.available_permits() == 0
                || (access == Access::Write && share.writes.available_permits() == 0)
        })
    }

    fn share(&self, owner: Owner) -> Arc<Share> {
        let mut owners = self.lock();
        if let Some(share) = owners.get(&owner) {
            return share.clone();
        }
        // Who runs nothing needs no entry. Looked for when one is added, so that the map stays as large as its use.
        owners.retain(|_, share| Arc::strong_count(share) > 1 || !share.is_idle(&self.limits));
        let share = Arc::new(Share {
            all: Arc::new(Semaphore::new(self.limits.owner)),
            writes: Arc::new(Semaphore::new(self.limits.owner_writes)),
        });
        owners.insert(owner, share.clone());
        share
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Owner, Arc<Share>>> {
        // Nothing that holds it can leave it half changed.
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    fn is_idle(&self, limits: &Limits) -> bool {
        self.all.available_permits() == limits.owner && self.writes.available_permits() == limits.owner_writes
    }
}

/// Waits for a permit. The semaphores here are never closed.
async fn take(of: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    of.clone().acquire_owned().await.ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    async fn has_turn(turns: &Turns, owner: Owner, access: Access) -> Option<Turn> {
        timeout(Duration::from_millis(20), turns.turn(owner, access)).await.ok()
    }

    #[test]
    fn everybody_has_a_share_of_any_pool_and_readers_have_one_that_writers_cannot_take() {
        assert_eq!(Limits::new(1), Limits { owner: 1, owner_writes: 1, writes: 1, jobs: 1 });
        assert_eq!(Limits::new(16), Limits { owner: 14, owner_writes: 12, writes: 14, jobs: 2 });
        for max in 3..200 {
            let limits = Limits::new(max);
            assert!(limits.owner < max && limits.owner_writes < limits.writes, "{max}");
            assert!(limits.writes + limits.jobs <= max, "{max}");
        }
    }

    #[tokio::test]
    async fn an_account_that_runs_all_that_it_may_leaves_room_for_others_and_for_its_own_reads() {
        let turns = Turns::new(16);
        let (hog, other) = (Owner::Account(Uuid::from_u128(1)), Owner::Account(Uuid::from_u128(2)));
        let mut taken = Vec::new();
        while let Some(turn) = has_turn(&turns, hog, Access::Write).await {
            taken.push(turn);
        }
        assert_eq!(taken.len(), 12);
        assert!(turns.is_exhausted(hog, Access::Write) && !turns.is_exhausted(hog, Access::Read));
        assert!(has_turn(&turns, hog, Access::Read).await.is_some());
        assert!(has_turn(&turns, other, Access::Write).await.is_some());
        taken.pop();
        assert!(has_turn(&turns, hog, Access::Write).await.is_some(), "a turn that ended is free again");
    }

    #[tokio::test]
    async fn accounts_that_run_nothing_are_forgotten() {
        let turns = Turns::new(4);
        let busy = turns.turn(Owner::Account(Uuid::from_u128(0)), Access::Read).await;
        for account in 1..1000 {
            drop(turns.turn(Owner::Account(Uuid::from_u128(account)), Access::Write).await);
        }
        assert!(turns.lock().len() <= 3, "{}", turns.lock().len());
        drop(busy);
    }
}
