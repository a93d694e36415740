//! Requests that wait for data to appear. A waiting request holds no connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::auth::AccountId;
use crate::shares::{Share, Shares};

/// How many requests may wait at once: each holds a socket and a little memory.
const MOST: usize = 1000;

/// The requests that wait.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    registry: Arc<Mutex<Registry>>,
    /// Places, by account: one that waits for everything leaves room for the others.
    places: Shares,
}

#[derive(Debug, Default)]
struct Registry {
    entries: HashMap<i64, Entry>,
    closed: bool,
}

/// Those that wait for one signal.
#[derive(Debug, Default)]
struct Entry {
    notify: Arc<Notify>,
    subscriptions: usize,
}

/// One request's place among them; it is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    waiting: Waiting,
    _share: Share,
}

/// A request that waits for a signal.
#[derive(Debug)]
pub(crate) struct Subscription {
    place: Place,
    signal: i64,
    notify: Arc<Notify>,
}

/// Why a request can't wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CapacityError {
    /// Too many of the account do already.
    #[error("too many requests of the account are waiting")]
    Full,
    /// The server is stopping.
    #[error("the server is stopping")]
    Closed,
}

impl Default for Waiting {
    fn default() -> Self {
        Self { registry: Arc::default(), places: Shares::new(MOST) }
    }
}

impl Waiting {
    /// Takes a place for a request of this account. To be done before the database is asked anything: who finds no place
    /// costs nothing then.
    ///
    /// # Errors
    /// [`CapacityError`] says why it can't wait.
    pub(crate) fn enter(&self, account: AccountId) -> Result<Place, CapacityError> {
        if self.is_closed() {
            return Err(CapacityError::Closed);
        }
        let share = self.places.take(account, 1).ok_or(CapacityError::Full)?;
        Ok(Place { waiting: self.clone(), _share: share })
    }

    /// Sends everybody home, and lets nobody in: the server is stopping.
    pub(crate) fn close(&self) {
        self.registry().closed = true;
        self.wake_all();
    }

    /// Tells whether the server is stopping.
    pub(crate) fn is_closed(&self) -> bool {
        self.registry().closed
    }

    /// Has everybody look again who waits for this signal.
    pub(crate) fn wake(&self, signal: i64) {
        if let Some(entry) = self.registry().entries.get(&signal) {
            entry.notify.notify_waiters();
        }
    }

    /// Has everybody look again.
    pub(crate) fn wake_all(&self) {
        self.registry().entries.values().for_each(|entry| entry.notify.notify_waiters());
    }

    fn registry(&self) -> std::sync::MutexGuard<'_, Registry> {
        // Nothing that holds it can leave it half changed.
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Subscribes the request to a signal.
    pub(crate) fn subscribe(self, signal: i64) -> Subscription {
        let mut registry = self.waiting.registry();
        let entry = registry.entries.entry(signal).or_default();
        entry.subscriptions += 1;
        let notify = entry.notify.clone();
        drop(registry);
        Subscription { place: self, signal, notify }
    }
}

impl Subscription {
    /// Ready when it is time to look again. To miss nothing, `enable` it before looking.
    pub(crate) fn rung(&self) -> tokio::sync::futures::Notified<'_> {
        self.notify.notified()
    }

    /// Tells whether the server is stopping.
    pub(crate) fn is_closed(&self) -> bool {
        self.place.waiting.is_closed()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut registry = self.place.waiting.registry();
        if let Some(entry) = registry.entries.get_mut(&self.signal) {
            entry.subscriptions -= 1;
            if entry.subscriptions == 0 {
                registry.entries.remove(&self.signal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn account(number: u128) -> AccountId {
        AccountId::named_by_operator(uuid::Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn only_who_waits_for_the_signal_is_woken() {
        let waiting = Waiting::default();
        let mine = waiting.enter(account(1)).expect("a place").subscribe(1);
        let others = waiting.enter(account(1)).expect("a place").subscribe(2);
        let (mut rung, mut silent) = (Box::pin(mine.rung()), Box::pin(others.rung()));
        rung.as_mut().enable();
        silent.as_mut().enable();
        waiting.wake(1);
        rung.await;
        assert!(tokio::time::timeout(Duration::from_millis(20), silent).await.is_err());
    }

    #[test]
    fn places_end_and_come_free_again() {
        let waiting = Waiting::default();
        let all: Vec<_> =
            (0..).map_while(|signal| Some(waiting.enter(account(1)).ok()?.subscribe(signal))).collect();
        assert_eq!(all.len(), MOST / 2);
        assert_eq!(waiting.enter(account(1)).expect_err("full"), CapacityError::Full);
        assert!(waiting.enter(account(2)).is_ok(), "another account's");
        drop(all);
        assert!(waiting.registry().entries.is_empty());
        let last = waiting.enter(account(1)).expect("free again").subscribe(0);
        waiting.close();
        assert!(last.is_closed());
        assert_eq!(waiting.enter(account(1)).expect_err("closed"), CapacityError::Closed);
    }
}
