//! What a connection is doing, and until when it may.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::ServerLimits;

/// What one connection is doing. Its socket, its requests and its answers report here.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<State>,
    closed: Notify,
}

#[derive(Debug)]
struct State {
    /// Requests that are being worked on.
    running: usize,
    /// Until when the peer must have taken each answer that is on its way.
    answers: BTreeMap<u64, Instant>,
    next_answer: u64,
    /// Since when there is neither.
    idle_since: Instant,
    /// Since when a head is arriving.
    head_since: Option<Instant>,
    /// HTTP/2 sends more than heads between requests.
    is_http2: bool,
    /// The peer does not take what is sent.
    is_stalled: bool,
    /// One of its requests has proven who sent it.
    is_proven: bool,
    /// It has to end without a goodbye.
    is_aborted: bool,
}

/// How a connection that has to make room for another one ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    /// It does nothing, and is told.
    Idle,
    /// It is in the middle of something.
    Abort,
}

/// A request that is being worked on, until this is dropped.
#[derive(Debug)]
pub(super) struct Running(Arc<Activity>);

/// An answer that is on its way, until this is dropped.
#[derive(Debug)]
pub(super) struct Outgoing {
    activity: Arc<Activity>,
    id: u64,
}

impl Activity {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        let state = State {
            running: 0,
            answers: BTreeMap::new(),
            next_answer: 0,
            idle_since: now,
            // The time for the first head starts with the connection.
            head_since: Some(now),
            is_http2: false,
            is_stalled: false,
            is_proven: false,
            is_aborted: false,
        };
        Self { state: Mutex::new(state), closed: Notify::new() }
    }

    /// Notes that bytes came.
    pub(super) fn received(&self) {
        let mut state = self.state();
        if state.is_idle() && !state.is_http2 && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
        }
    }

    /// Notes that a head is complete.
    pub(super) fn start(self: &Arc<Self>, is_http2: bool) -> Running {
        let mut state = self.state();
        state.running += 1;
        state.head_since = None;
        state.is_http2 = is_http2;
        drop(state);
        Running(self.clone())
    }

    /// Notes that the peer does not take what is sent.
    pub(super) fn stalled(&self) {
        self.state().is_stalled = true;
    }

    /// Tells whether the peer does not take what is sent.
    pub(super) fn is_stalled(&self) -> bool {
        self.state().is_stalled
    }

    /// Since when nothing is asked or answered, if so.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        state.is_idle().then_some(state.idle_since)
    }

    /// Notes that a request has proven who sent it.
    pub(super) fn prove(&self) {
        self.state().is_proven = true;
    }

    /// Tells whether one of its requests has proven who sent it.
    pub(super) fn is_proven(&self) -> bool {
        self.state().is_proven
    }

    /// Ends the connection.
    pub(super) fn close(&self, how: Close) {
        self.state().is_aborted |= how == Close::Abort;
        self.closed.notify_one();
    }

    /// Tells whether it has to end without a goodbye.
    pub(super) fn is_aborted(&self) -> bool {
        self.state().is_aborted
    }

    /// Ready when the connection has to end, with the reason.
    pub(super) async fn overdue(&self, limits: &ServerLimits) -> &'static str {
        // What begins meanwhile may be due earlier than what was there: look again.
        let look_again = limits.head_timeout.min(limits.idle_timeout).min(limits.write_timeout) / 4;
        loop {
            let now = Instant::now();
            let due = self.state().due(limits);
            match due {
                Some((at, reason)) if at <= now => {
                    if reason == UNREAD {
                        self.stalled();
                    }
                    return reason;
                }
                _ => {}
            }
            let wake = due.map_or(now + look_again, |(at, _)| at.min(now + look_again));
            tokio::select! {
                () = tokio::time::sleep_until(wake) => {}
                () = self.closed.notified() => return "room is needed for another connection",
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds it can leave it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const UNREAD: &str = "the peer does not read its answer";

impl State {
    fn is_idle(&self) -> bool {
        self.running == 0 && self.answers.is_empty()
    }

    fn due(&self, limits: &ServerLimits) -> Option<(Instant, &'static str)> {
        let unread = self.answers.values().min().map(|at| (*at, UNREAD));
        let head = self.head_since.map(|at| (at + limits.head_timeout, "no whole request head came in time"));
        let idle = self.is_idle().then(|| (self.idle_since + limits.idle_timeout, "it was idle"));
        [unread, head, idle].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    fn ended_one(&mut self) {
        if self.is_idle() {
            self.idle_since = Instant::now();
        }
    }
}

impl Running {
    /// Notes that the answer is on its way, and may take so long.
    pub(super) fn answer(self, may_take: Duration) -> Outgoing {
        let mut state = self.0.state();
        let id = state.next_answer;
        state.next_answer += 1;
        state.answers.insert(id, Instant::now() + may_take);
        drop(state);
        Outgoing { activity: self.0.clone(), id }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.running -= 1;
        state.ended_one();
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        state.answers.remove(&self.id);
        state.ended_one();
    }
}
