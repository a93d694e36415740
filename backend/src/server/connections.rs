//! How many connections are open, and which of them make room for others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::ServerLimits;
use super::activity::{Activity, Close};
use super::unproven::{TooManyStrangers, Unproven};
use crate::shares::Shares;

/// How often the same trouble is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(10);
/// How often connections are looked through for some that make room, at most.
const LOOK_THROUGH: Duration = Duration::from_millis(20);
/// How many of those make room at once: as they come back as fast as they can, one at a time would let nobody else in.
const MAKE_ROOM: usize = 64;

/// The open connections.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    unproven_timeout: Duration,
    /// HTTP/2 streams of callers who have proven nothing yet, by connection.
    strangers: Shares<u64>,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    open: HashMap<u64, Open>,
    logged: Option<Instant>,
    looked_through: Option<Instant>,
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
            strangers: Shares::new(limits.strangers),
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
    /// have proven nothing since they were opened: strangers must lock nobody out, whatever they are busy with.
    pub(super) fn make_room(&self) {
        let state = self.state();
        let idle = state.open.values().filter_map(|open| Some((open.activity.idle_since()?, open)));
        match idle.min_by_key(|(since, _)| *since) {
            Some((_, open)) => open.activity.close(Close::Idle),
            None => state.abort_unproven(self.unproven_timeout, |_busy| true),
        }
    }

    /// Takes one more HTTP/2 stream of a connection into the budget of all connections' strangers. If a connection gets none
    /// at all, some that have streams and have proven nothing since they were opened make room for the next try.
    pub(super) fn enter(&self, id: u64, activity: &Arc<Activity>) -> Result<Unproven, TooManyStrangers> {
        let entered = Unproven::enter(&self.strangers, id, activity.clone());
        if entered.is_err() && self.strangers.held(id) == 0 {
            let mut state = self.state();
            if state.looked_through.is_none_or(|at| at.elapsed() >= LOOK_THROUGH) {
                state.looked_through = Some(Instant::now());
                state.abort_unproven(self.unproven_timeout, |id| self.strangers.held(id) > 0);
            }
        }
        entered
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

impl State {
    /// Closes some connections that are busy and have proven nothing, those that have been open longest.
    fn abort_unproven(&self, after: Duration, may_go: impl Fn(u64) -> bool) {
        let unproven = |(id, open): &(&u64, &Open)| {
            open.since.elapsed() >= after && !open.activity.is_proven() && may_go(**id)
        };
        let mut unproven: Vec<_> = self.open.iter().filter(unproven).collect();
        unproven.sort_unstable_by_key(|(id, _)| **id);
        unproven.iter().take(MAKE_ROOM).for_each(|(_, open)| open.activity.close(Close::Abort));
    }
}

impl Slot {
    /// See [`Connections::enter`]; over HTTP/1 the connection itself is the bound.
    pub(super) fn enter(&self, is_http2: bool) -> Result<Unproven, TooManyStrangers> {
        match is_http2 {
            true => self.connections.enter(self.id, &self.activity),
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
