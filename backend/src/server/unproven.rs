//! Limits the requests whose caller has proven nothing yet.
//!
//! Over HTTP/1 a connection has one request at a time. Over HTTP/2 it has many: without a budget of their own, unproven
//! callers could hold the product of both limits.

use std::sync::{Arc, Mutex, PoisonError};

use super::activity::Activity;
use crate::shares::{Share, Shares};

/// A request whose caller is unproven until [`Self::prove`] is called. Clones are the same request.
#[derive(Debug, Clone)]
pub(crate) struct Unproven(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    activity: Arc<Activity>,
    /// Its share of the budget of unproven callers.
    share: Mutex<Option<Share<u64>>>,
}

/// The budget of unproven callers is used up.
#[derive(Debug, thiserror::Error)]
#[error("too many requests of unknown callers are in flight")]
pub(super) struct TooManyUnproven(#[source] h2::Error);

impl Unproven {
    /// Makes a request of this connection with this share of the budget.
    pub(super) fn new(activity: Arc<Activity>, share: Option<Share<u64>>) -> Self {
        Self(Arc::new(Inner { activity, share: Mutex::new(share) }))
    }

    /// Admits one more HTTP/2 stream of a connection to the budget that all unproven callers share.
    pub(super) fn admit(
        budget: &Shares<u64>,
        connection: u64,
        activity: Arc<Activity>,
    ) -> Result<Self, TooManyUnproven> {
        // The client may send it again at once, and knows that nothing was done.
        let refused = || TooManyUnproven(h2::Reason::REFUSED_STREAM.into());
        let share = budget.take(connection, 1).ok_or_else(refused)?;
        Ok(Self::new(activity, Some(share)))
    }

    /// Records that the caller has proven who it is. The request no longer counts against the budget, and its connection is
    /// not evicted while it is busy.
    pub(crate) fn prove(&self) {
        self.0.activity.prove();
        // No holder of this lock can leave the data half changed.
        drop(self.0.share.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
