//! When keys were last used, kept in memory until somebody writes it down: a request never waits for that.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;

use super::{AccountId, KeyId};

/// The keys that were accepted since the last [`KeyUse::take`]. Only keys that exist get here, so there are
/// never more of them than rows in the database.
#[derive(Debug, Default)]
pub(crate) struct KeyUse(Mutex<HashMap<KeyId, (AccountId, OffsetDateTime)>>);

/// One key's last use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) account: AccountId,
    pub(crate) key: KeyId,
    pub(crate) at: OffsetDateTime,
}

impl KeyUse {
    /// The key was accepted just now.
    pub(super) fn note(&self, key: &KeyId, account: AccountId) {
        let now = OffsetDateTime::now_utc();
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match used.get_mut(key) {
            Some((_, at)) => *at = now,
            None => drop(used.insert(key.clone(), (account, now))),
        }
    }

    /// What is to be written down, in the order of the keys, so that two processes that write at once can't
    /// hold what the other waits for.
    pub(crate) fn take(&self) -> Vec<Used> {
        let taken = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut used: Vec<Used> =
            taken.into_iter().map(|(key, (account, at))| Used { account, key, at }).collect();
        used.sort_unstable_by(|one, other| one.key.as_str().cmp(other.key.as_str()));
        used
    }

    /// Takes back what could not be written down. What was noted meanwhile is newer.
    pub(crate) fn put_back(&self, unwritten: Vec<Used>) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for Used { account, key, at } in unwritten {
            used.entry(key).or_insert((account, at));
        }
    }
}
