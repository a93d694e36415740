//! The activity of a connection, and its deadlines.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::ServerLimits;

/// The activity of one connection. Its socket, its requests and its answers report here.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<State>,
    closed: Notify,
}

#[derive(Debug)]
struct State {
    /// Requests that are being worked on.
    running: usize,
    /// The deadlines by which the peer must have taken each answer that is being sent.
    answers: BTreeMap<u64, Instant>,
    next_answer: u64,
    /// The time since which there is no request and no answer.
    idle_since: Instant,
    /// The time since which a request head is arriving.
    head_since: Option<Instant>,
    /// HTTP/2 sends more than heads between requests.
    is_http2: bool,
    /// The peer does not take what is sent.
    is_stalled: bool,
    /// One of its requests has proven who sent it.
    is_proven: bool,
    /// It has to end without a graceful shutdown.
    is_aborted: bool,
}

/// The way in which a connection is evicted for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    /// It is idle: it is shut down gracefully.
    Idle,
    /// It is busy: it is aborted.
    Abort,
}

/// A request that is being worked on, until this is dropped.
#[derive(Debug)]
pub(super) struct Running(Arc<Activity>);

/// An answer that is being sent, until this is dropped.
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

    /// Records that bytes came.
    pub(super) fn received(&self) {
        let mut state = self.state();
        if state.is_idle() && !state.is_http2 && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
        }
    }

    /// Records that a head is complete.
    pub(super) fn start(self: &Arc<Self>, is_http2: bool) -> Running {
        let mut state = self.state();
        state.running += 1;
        state.head_since = None;
        state.is_http2 = is_http2;
        drop(state);
        Running(self.clone())
    }

    /// Records that the peer does not take what is sent.
    pub(super) fn stalled(&self) {
        self.state().is_stalled = true;
    }

    /// Tells whether the peer does not take what is sent.
    pub(super) fn is_stalled(&self) -> bool {
        self.state().is_stalled
    }

    /// Returns since when it is idle, if it is.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        state.is_idle().then_some(state.idle_since)
    }

    /// Records that a request has proven who sent it.
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

    /// Tells whether it has to end without a graceful shutdown.
    pub(super) fn is_aborted(&self) -> bool {
        self.state().is_aborted
    }

    /// Waits until the connection has to end, and returns the reason.
    pub(super) async fn overdue(&self, limits: &ServerLimits) -> &'static str {
        // A request that begins in the meantime can be due earlier: check again.
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
        // No holder of this lock can leave the data half changed.
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
    /// Records that the answer is being sent, and may take so long.
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
