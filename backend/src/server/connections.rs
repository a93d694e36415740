//! Limits the open connections, and evicts some for new ones.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::ServerLimits;
use super::activity::{Activity, Close};
use super::unproven::{TooManyUnproven, Unproven};
use crate::shares::Shares;

/// The shortest time between two log lines about the same trouble.
const LOG_INTERVAL: Duration = Duration::from_secs(10);
/// The shortest time between two searches for connections to evict.
const SCAN_INTERVAL: Duration = Duration::from_millis(20);
/// The most connections that are evicted at once. Their clients reconnect at once: one at a time would let no other in.
const EVICT_AT_ONCE: usize = 64;

/// The open connections.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    unproven_timeout: Duration,
    /// HTTP/2 streams of unproven callers, by connection.
    unproven: Shares<u64>,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    open: HashMap<u64, Open>,
    logged: Option<Instant>,
    scanned_at: Option<Instant>,
}

#[derive(Debug)]
struct Open {
    activity: Arc<Activity>,
    since: Instant,
}

/// One open connection's slot; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    connections: Arc<Connections>,
    id: u64,
    pub(super) activity: Arc<Activity>,
}

impl Connections {
    pub(super) fn new(limits: &ServerLimits) -> Arc<Self> {
        Arc::new(Self {
            most: limits.connections,
            unproven_timeout: limits.unproven_timeout,
            unproven: Shares::new(limits.unproven_streams),
            state: Mutex::default(),
            freed: Notify::new(),
        })
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
        state.open.insert(id, Open { activity: activity.clone(), since: Instant::now() });
        Some(Slot { connections: self.clone(), id, activity })
    }

    /// Closes the connection that has been without a request for the longest time. If there is none, some of those that
    /// have proven nothing since they were opened: unproven callers must lock nobody out.
    pub(super) fn evict(&self) {
        let state = self.state();
        let idle = state.open.values().filter_map(|open| Some((open.activity.idle_since()?, open)));
        match idle.min_by_key(|(since, _)| *since) {
            Some((_, open)) => open.activity.close(Close::Idle),
            None => state.abort_unproven(self.unproven_timeout, |_busy| true),
        }
    }

    /// Admits one more HTTP/2 stream of a connection to the budget that all unproven callers share. If a connection gets none
    /// at all, some connections that have streams and have proven nothing since they were opened are evicted.
    pub(super) fn admit(&self, id: u64, activity: &Arc<Activity>) -> Result<Unproven, TooManyUnproven> {
        let admitted = Unproven::admit(&self.unproven, id, activity.clone());
        if admitted.is_err() && self.unproven.held(id) == 0 {
            let mut state = self.state();
            if state.scanned_at.is_none_or(|at| at.elapsed() >= SCAN_INTERVAL) {
                state.scanned_at = Some(Instant::now());
                state.abort_unproven(self.unproven_timeout, |id| self.unproven.held(id) > 0);
            }
        }
        admitted
    }

    /// Waits until a connection has ended.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }

    /// Waits until all have ended.
    pub(super) async fn ended(&self) {
        while !self.state().open.is_empty() {
            self.freed().await;
        }
    }

    /// Logs why connections can't be accepted, and how many are open, at most once in a while.
    pub(super) fn warn(&self, reason: &str) {
        let mut state = self.state();
        if state.logged.is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL) {
            state.logged = Some(Instant::now());
            let (open_connections, max_connections) = (state.open.len(), self.most);
            drop(state);
            tracing::warn!(
                reason,
                open_connections,
                max_connections,
                "a connection has to wait, and idle ones are closed; \
                 if this lasts, raise the limit on open files (ulimit -n)"
            );
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No holder of this lock can leave the data half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Closes some connections that are busy and have proven nothing, those that have been open longest.
    fn abort_unproven(&self, after: Duration, may_go: impl Fn(u64) -> bool) {
        let unproven = |(id, open): &(&u64, &Open)| {
            open.since.elapsed() >= after && !open.activity.is_proven() && may_go(**id)
        };
        let mut unproven: Vec<_> = self.open.iter().filter(unproven).collect();
        unproven.sort_unstable_by_key(|(id, _)| **id);
        unproven.iter().take(EVICT_AT_ONCE).for_each(|(_, open)| open.activity.close(Close::Abort));
    }
}

impl Slot {
    /// See [`Connections::admit`]; over HTTP/1 the connection itself is the bound.
    pub(super) fn admit(&self, is_http2: bool) -> Result<Unproven, TooManyUnproven> {
        match is_http2 {
            true => self.connections.admit(self.id, &self.activity),
            false => Ok(Unproven::new(self.activity.clone(), None)),
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connections.state().open.remove(&self.id);
        self.connections.freed.notify_one();
    }
}
