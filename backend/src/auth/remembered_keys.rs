//! The keys that were looked up a moment ago.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::{KeyId, KeyRecord};

/// For how long a key that was found is not looked up again. It is also how long a key that another process
/// revoked can go on working.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(1);
/// When so many keys are remembered, the old ones are dropped.
const REMEMBERED_MAX: usize = 10_000;

/// The results of recent look-ups.
#[derive(Debug, Default)]
pub(super) struct RememberedKeys(RwLock<Memory>);

#[derive(Debug, Default)]
struct Memory {
    keys: HashMap<KeyId, (KeyRecord, Instant)>,
    /// Counts what was forgotten.
    forgotten: u64,
}

/// When a look-up began.
#[derive(Debug, Clone, Copy)]
pub(super) struct LookUpStart {
    at: Instant,
    forgotten: u64,
}

impl RememberedKeys {
    /// The key, if it was looked up within the last second.
    pub(super) fn recall(&self, id: &KeyId) -> Option<KeyRecord> {
        let memory = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (record, since) = memory.keys.get(id)?;
        (since.elapsed() < REMEMBERED).then(|| record.clone())
    }

    /// Tells whether the key was found lately, however long ago that is: guesses never are.
    pub(super) fn knows(&self, id: &KeyId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).keys.contains_key(id)
    }

    /// Marks the beginning of a look-up, for [`Self::remember`].
    pub(super) fn begin_look_up(&self) -> LookUpStart {
        let memory = self.0.read().unwrap_or_else(PoisonError::into_inner);
        LookUpStart { at: Instant::now(), forgotten: memory.forgotten }
    }

    /// Keeps what a look-up found. Only keys that exist are remembered: guesses can't fill the memory. And
    /// not if a key was forgotten meanwhile: the look-up may have seen that key as it was before.
    pub(super) fn remember(&self, id: &KeyId, record: &KeyRecord, started: LookUpStart) {
        let mut memory = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if memory.forgotten != started.forgotten {
            return;
        }
        if memory.keys.len() >= REMEMBERED_MAX {
            memory.keys.retain(|_, (_, since)| since.elapsed() < REMEMBERED);
        }
        // The second counts from the question: the answer may be as old as that.
        memory.keys.insert(id.clone(), (record.clone(), started.at));
    }

    /// Drops a key that was changed.
    pub(super) fn forget(&self, id: &KeyId) {
        let mut memory = self.0.write().unwrap_or_else(PoisonError::into_inner);
        memory.keys.remove(id);
        memory.forgotten = memory.forgotten.wrapping_add(1);
    }
}
