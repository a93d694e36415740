//! How many connections are open, and which of them is idle.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::activity::Activity;

/// How often the same trouble is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// The open connections.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    open: HashMap<u64, Arc<Activity>>,
    logged: Option<Instant>,
}

/// One open connection's slot; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    connections: Arc<Connections>,
    id: u64,
    pub(super) activity: Arc<Activity>,
}

impl Connections {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, state: Mutex::default(), freed: Notify::new() })
    }

    /// Opens one more, if the limit allows it.
    pub(super) fn open(self: &Arc<Self>) -> Option<Slot> {
        let mut state = self.state();
        if state.open.len() >= self.most {
            return None;
        }
        let id = state.next;
        state.next += 1;
        let activity = Arc::new(Activity::new());
        state.open.insert(id, activity.clone());
        Some(Slot { connections: self.clone(), id, activity })
    }

    /// Closes the connection that has been without a request for the longest time.
    pub(super) fn close_longest_idle(&self) {
        let state = self.state();
        let idle = state.open.values().filter_map(|activity| Some((activity.idle_since()?, activity)));
        if let Some((_, activity)) = idle.min_by_key(|(since, _)| *since) {
            activity.close();
        }
    }

    /// Ready when a connection has ended.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }

    /// Ready when all have ended.
    pub(super) async fn ended(&self) {
        while !self.state().open.is_empty() {
            self.freed().await;
        }
    }

    /// Logs why connections can't be accepted, and how many there are; once in a while only, for it repeats.
    pub(super) fn warn(&self, reason: &str) {
        let mut state = self.state();
        if state.logged.is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL) {
            state.logged = Some(Instant::now());
            let (open, most) = (state.open.len(), self.most);
            drop(state);
            tracing::warn!(
                reason,
                open,
                most,
                "a connection can't be accepted at once: idle ones are closed; \
                 if this lasts, raise the limit on open files (ulimit -n)"
            );
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds it can leave it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connections.state().open.remove(&self.id);
        self.connections.freed.notify_one();
    }
}
