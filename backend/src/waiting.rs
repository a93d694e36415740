//! Requests that wait for data to appear. A waiting request holds no database connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::auth::AccountId;
use crate::shares::{Share, Shares};

/// The maximum number of waiting requests: each uses a socket and a little memory.
const CAPACITY: usize = 1000;

/// The requests that wait. Clones are the same registry.
#[derive(Debug, Clone)]
pub(crate) struct Registry {
    state: Arc<Mutex<State>>,
    /// The capacity, shared by accounts: one that waits for everything leaves capacity for the others.
    capacity: Shares,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<i64, Entry>,
    is_closed: bool,
}

/// The requests that wait for one signal.
#[derive(Debug, Default)]
struct Entry {
    notify: Arc<Notify>,
    subscriptions: usize,
}

/// Reserved capacity for one request. Dropping it releases the capacity.
#[derive(Debug)]
pub(crate) struct Reservation {
    registry: Registry,
    _share: Share,
}

/// A request that waits for a signal.
#[derive(Debug)]
pub(crate) struct Subscription {
    reservation: Reservation,
    signal: i64,
    notify: Arc<Notify>,
}

/// The reason why a request can't wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CapacityError {
    /// Too many requests of the account are waiting already.
    #[error("too many requests of the account are waiting")]
    Full,
    /// The server is stopping.
    #[error("the server is stopping")]
    Closed,
}

impl Default for Registry {
    fn default() -> Self {
        Self { state: Arc::default(), capacity: Shares::new(CAPACITY) }
    }
}

impl Registry {
    /// Reserves capacity for a request of this account. Call it before the database is asked: a request that can't wait
    /// then costs nothing.
    ///
    /// # Errors
    /// [`CapacityError`] says why it can't wait.
    pub(crate) fn reserve(&self, account: AccountId) -> Result<Reservation, CapacityError> {
        if self.is_closed() {
            return Err(CapacityError::Closed);
        }
        let share = self.capacity.take(account, 1).ok_or(CapacityError::Full)?;
        Ok(Reservation { registry: self.clone(), _share: share })
    }

    /// Ends all waits and refuses new ones: the server is stopping.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.notify_all();
    }

    /// Tells whether the server is stopping.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Notifies all requests that wait for this signal. Tells whether any does.
    pub(crate) fn notify(&self, signal: i64) -> bool {
        let state = self.state();
        let entry = state.entries.get(&signal);
        entry.inspect(|entry| entry.notify.notify_waiters()).is_some()
    }

    /// Notifies all requests.
    pub(crate) fn notify_all(&self) {
        self.state().entries.values().for_each(|entry| entry.notify.notify_waiters());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No holder of this lock can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reservation {
    /// Subscribes the request to a signal.
    pub(crate) fn subscribe(self, signal: i64) -> Subscription {
        let mut state = self.registry.state();
        let entry = state.entries.entry(signal).or_default();
        entry.subscriptions += 1;
        let notify = entry.notify.clone();
        drop(state);
        Subscription { reservation: self, signal, notify }
    }
}

impl Subscription {
    /// Waits until it is time to look again. To miss nothing, `enable` the future before looking.
    pub(crate) fn notified(&self) -> Notified<'_> {
        self.notify.notified()
    }

    /// Tells whether the server is stopping.
    pub(crate) fn is_closed(&self) -> bool {
        self.reservation.registry.is_closed()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut state = self.reservation.registry.state();
        if let Some(entry) = state.entries.get_mut(&self.signal) {
            entry.subscriptions -= 1;
            if entry.subscriptions == 0 {
                state.entries.remove(&self.signal);
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
    async fn only_requests_that_wait_for_the_signal_are_notified() {
        let registry = Registry::default();
        let mine = registry.reserve(account(1)).expect("capacity").subscribe(1);
        let others = registry.reserve(account(1)).expect("capacity").subscribe(2);
        let (mut notified, mut silent) = (Box::pin(mine.notified()), Box::pin(others.notified()));
        notified.as_mut().enable();
        silent.as_mut().enable();
        assert!(registry.notify(1) && !registry.notify(3));
        notified.await;
        assert!(tokio::time::timeout(Duration::from_millis(20), silent).await.is_err());
    }

    #[test]
    fn capacity_ends_and_is_released_again() {
        let registry = Registry::default();
        let all: Vec<_> =
            (0..).map_while(|signal| Some(registry.reserve(account(1)).ok()?.subscribe(signal))).collect();
        assert_eq!(all.len(), CAPACITY / 2);
        assert_eq!(registry.reserve(account(1)).expect_err("full"), CapacityError::Full);
        assert!(registry.reserve(account(2)).is_ok(), "another account's");
        drop(all);
        assert!(registry.state().entries.is_empty());
        let last = registry.reserve(account(1)).expect("released again").subscribe(0);
        registry.close();
        assert!(last.is_closed());
        assert_eq!(registry.reserve(account(1)).expect_err("closed"), CapacityError::Closed);
    }
}
