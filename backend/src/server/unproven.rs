//! Requests whose caller has proven nothing yet, and how many of them there may be.
//!
//! Over HTTP/1 a connection has one request at a time. Over HTTP/2 it has many: what strangers could hold would be the
//! product of both limits.

use std::sync::{Arc, Mutex, PoisonError};

use super::activity::Activity;
use crate::shares::{Share, Shares};

/// A request whose caller is a stranger until [`Self::prove`] says otherwise. Clones are the same request.
#[derive(Debug, Clone)]
pub(crate) struct Unproven(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    activity: Arc<Activity>,
    /// What it has of the budget of strangers.
    share: Mutex<Option<Share<u64>>>,
}

/// There is no room for one more request of a stranger.
#[derive(Debug, thiserror::Error)]
#[error("too many requests of unknown callers are in flight")]
pub(super) struct TooManyStrangers(#[source] h2::Error);

impl Unproven {
    /// Makes a request of this connection that has so much of the budget.
    pub(super) fn new(activity: Arc<Activity>, share: Option<Share<u64>>) -> Self {
        Self(Arc::new(Inner { activity, share: Mutex::new(share) }))
    }

    /// Takes one more HTTP/2 stream of a connection into the budget of all connections' strangers.
    pub(super) fn enter(
        strangers: &Shares<u64>,
        connection: u64,
        activity: Arc<Activity>,
    ) -> Result<Self, TooManyStrangers> {
        // The client may send it again at once, and knows that nothing was done.
        let refused = || TooManyStrangers(h2::Reason::REFUSED_STREAM.into());
        let share = strangers.take(connection, 1).ok_or_else(refused)?;
        Ok(Self::new(activity, Some(share)))
    }

    /// Notes that the caller has proven who it is. The request counts no longer as a stranger's, and its connection
    /// does not have to make room for others while it is busy.
    pub(crate) fn prove(&self) {
        self.0.activity.prove();
        // Nothing that holds it can leave it half changed.
        drop(self.0.share.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
