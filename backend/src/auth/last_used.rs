//! Tracks in memory when API keys were last used, until a background job stores it: a request never waits for that.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use super::{AccountId, KeyId};

/// The last use of each key since [`LastUsedTracker::take`]. Only keys that exist get here, so there are never more of
/// them than rows in the database.
#[derive(Debug, Default)]
pub(crate) struct LastUsedTracker(Mutex<HashMap<KeyId, (AccountId, OffsetDateTime)>>);

/// One key's last use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastUse {
    pub(crate) account: AccountId,
    pub(crate) key: KeyId,
    pub(crate) at: OffsetDateTime,
}

/// Times that were taken to be stored. Dropped without [`Taken::confirm`], they are put back: the statement failed or was
/// cancelled.
#[derive(Debug)]
pub(crate) struct Taken<'t> {
    tracker: &'t LastUsedTracker,
    uses: Vec<LastUse>,
}

impl LastUsedTracker {
    /// Records that the key was accepted just now.
    pub(super) fn record(&self, key: &KeyId, account: AccountId) {
        let now = OffsetDateTime::now_utc();
        let mut uses = self.lock();
        match uses.get_mut(key) {
            Some((_, at)) => *at = now,
            None => drop(uses.insert(key.clone(), (account, now))),
        }
    }

    /// Takes all that is to be stored, in the order of the keys, so that two processes that store at once can't lock what
    /// the other waits for.
    pub(crate) fn take(&self) -> Taken<'_> {
        let taken = std::mem::take(&mut *self.lock());
        let mut uses: Vec<LastUse> =
            taken.into_iter().map(|(key, (account, at))| LastUse { account, key, at }).collect();
        uses.sort_unstable_by(|one, other| one.key.as_str().cmp(other.key.as_str()));
        Taken { tracker: self, uses }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<KeyId, (AccountId, OffsetDateTime)>> {
        // No holder of this lock can leave the map half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken<'_> {
    /// Returns the uses.
    pub(crate) fn uses(&self) -> &[LastUse] {
        &self.uses
    }

    /// Confirms that they are stored.
    pub(crate) fn confirm(mut self) {
        self.uses.clear();
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut current = self.tracker.lock();
        for LastUse { account, key, at } in self.uses.drain(..) {
            // A use that was recorded meanwhile is newer.
            current.entry(key).or_insert((account, at));
        }
    }
}
