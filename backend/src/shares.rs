//! Fair shares of a bounded resource (bytes, waits, requests), by account or by connection.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::auth::AccountId;

/// Identifies the holder of a share.
pub(crate) trait Holder: Copy + Debug + Eq + Hash {}

impl<T: Copy + Debug + Eq + Hash> Holder for T {}

/// Units that accounts, or other holders, share. A holder may have as many as are left after it took them: alone at most
/// half of all, beside another greedy holder at most a third. Units are always left for the next holder.
///
/// This is the dynamic threshold of Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory
/// packet switches" (1998).
#[derive(Debug, Clone)]
pub(crate) struct Shares<H: Holder = AccountId>(Arc<Pool<H>>);

#[derive(Debug)]
struct Pool<H: Holder> {
    total: usize,
    held: Mutex<Usage<H>>,
}

#[derive(Debug)]
struct Usage<H: Holder> {
    by_holder: HashMap<H, usize>,
    sum: usize,
    waiting: HashMap<H, Arc<Notify>>,
}

/// A wait for units. When it ends, the next wait of the same holder is notified: this one may have been notified for
/// nothing, or more units may be free.
struct Waiter<'a, H: Holder> {
    pool: &'a Pool<H>,
    holder: H,
    released: Arc<Notify>,
}

/// Units of one holder. Dropping it releases them.
#[derive(Debug)]
pub(crate) struct Share<H: Holder = AccountId> {
    pool: Arc<Pool<H>>,
    holder: H,
    units: usize,
}

impl<H: Holder> Shares<H> {
    /// Makes a pool of so many units.
    pub(crate) fn new(total: usize) -> Self {
        let held = Usage { by_holder: HashMap::new(), sum: 0, waiting: HashMap::new() };
        Self(Arc::new(Pool { total, held: Mutex::new(held) }))
    }

    /// Takes units for a holder, if its share allows it.
    pub(crate) fn take(&self, holder: H, units: usize) -> Option<Share<H>> {
        let mut held = self.0.held();
        let own = held.by_holder.get(&holder).copied().unwrap_or_default() + units;
        let sum = held.sum + units;
        if own + sum > self.0.total {
            return None;
        }
        held.sum = sum;
        held.by_holder.insert(holder, own);
        Some(Share { pool: self.0.clone(), holder, units })
    }

    /// Returns how many units a holder has.
    pub(crate) fn held(&self, holder: H) -> usize {
        self.0.held().by_holder.get(&holder).copied().unwrap_or_default()
    }

    /// Tells whether a holder of some units could take so many more.
    pub(crate) fn has_room(&self, holder: H, units: usize) -> bool {
        let held = self.0.held();
        held.by_holder.get(&holder).is_none_or(|own| own + held.sum + 2 * units <= self.0.total)
    }

    /// Takes units, and waits for them for at most `patience`.
    pub(crate) async fn take_within(&self, patience: Duration, holder: H, units: usize) -> Option<Share<H>> {
        if let Some(share) = self.take(holder, units) {
            return Some(share);
        }
        let waiter = self.0.wait(holder);
        let taking = async {
            loop {
                let mut released = std::pin::pin!(waiter.released.notified());
                // From here on a release counts, so that none falls between the try and the wait.
                released.as_mut().enable();
                if let Some(share) = self.take(holder, units) {
                    return share;
                }
                released.await;
            }
        };
        tokio::time::timeout(patience, taking).await.ok()
    }
}

impl<H: Holder> Pool<H> {
    fn held(&self) -> MutexGuard<'_, Usage<H>> {
        // No holder of this lock can leave the data half changed.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn release(&self, holder: H, units: usize) {
        let mut held = self.held();
        held.sum -= units;
        if let Some(own) = held.by_holder.get_mut(&holder) {
            *own -= units;
            if *own == 0 {
                held.by_holder.remove(&holder);
            }
        }
        // One wait of each holder: to notify all would cost more than the released units are worth.
        held.waiting.values().for_each(|released| released.notify_one());
    }

    fn wait(&self, holder: H) -> Waiter<'_, H> {
        let released = self.held().waiting.entry(holder).or_default().clone();
        Waiter { pool: self, holder, released }
    }
}

impl<H: Holder> Drop for Waiter<'_, H> {
    fn drop(&mut self) {
        let mut held = self.pool.held();
        // The registry's own handle and this one.
        if Arc::strong_count(&self.released) == 2 {
            held.waiting.remove(&self.holder);
        }
        self.released.notify_one();
    }
}

impl<H: Holder> Share<H> {
    /// Releases what is above so many units.
    pub(crate) fn shrink_to(&mut self, units: usize) {
        if units < self.units {
            self.pool.release(self.holder, self.units - units);
            self.units = units;
        }
    }
}

impl<H: Holder> Drop for Share<H> {
    fn drop(&mut self) {
        self.pool.release(self.holder, self.units);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: u128) -> AccountId {
        AccountId::named_by_operator(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_greedy_account_gets_half_and_each_further_one_still_gets_some() {
        let shares = Shares::new(1000);
        let take_all = |number| std::iter::from_fn(|| shares.take(account(number), 1)).collect::<Vec<_>>();
        let greedy: Vec<_> = (0..5).map(take_all).collect();
        assert_eq!(greedy.iter().map(Vec::len).collect::<Vec<_>>(), [500, 250, 125, 62, 31]);
        drop(greedy);
        assert!(shares.0.held().by_holder.is_empty());
        assert_eq!(take_all(7).len(), 500);
    }

    #[test]
    fn too_many_units_at_once_are_refused_and_fewer_are_not() {
        let shares = Shares::new(1000);
        assert!(shares.take(account(1), 501).is_none());
        let mut share = shares.take(account(1), 500).expect("half");
        assert!(shares.take(account(1), 1).is_none());
        share.shrink_to(100);
        assert!(shares.has_room(account(1), 400) && !shares.has_room(account(1), 401));
        assert!(shares.take(account(1), 400).is_some());
    }

    #[tokio::test]
    async fn a_wait_gets_units_that_are_released_in_time() {
        let shares = Shares::new(10);
        let held = shares.take(account(1), 5).expect("half");
        assert!(shares.take_within(Duration::from_millis(20), account(1), 1).await.is_none());
        let waiting = tokio::spawn({
            let shares = shares.clone();
            async move { shares.take_within(Duration::from_secs(10), account(1), 5).await.is_some() }
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        drop(held);
        assert!(waiting.await.expect("the task"));
        assert!(shares.0.held().waiting.is_empty());
    }

    #[tokio::test]
    async fn all_waits_get_their_units_as_they_are_released_one_by_one() {
        let shares = Shares::new(10);
        let mut held: Vec<_> = (0..5).map(|_| shares.take(account(1), 1).expect("one of half")).collect();
        let waiting: Vec<_> = (0..50)
            .map(|_| {
                let shares = shares.clone();
                tokio::spawn(async move {
                    let share = shares.take_within(Duration::from_secs(10), account(1), 1).await;
                    tokio::task::yield_now().await;
                    share.is_some()
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(20)).await;
        held.clear();
        for task in waiting {
            assert!(task.await.expect("the task"));
        }
    }
}
