//! Keeps one look-up for each key at a time: requests that show the same key meanwhile wait for its answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use super::KeyId;

/// The look-ups that are under way. Each has a semaphore without permits, which is closed when it ends.
#[derive(Debug, Default)]
pub(super) struct LookUps(Mutex<HashMap<KeyId, Arc<Semaphore>>>);

/// A look-up that is under way until this is dropped.
#[derive(Debug)]
pub(super) struct LookUp<'a> {
    all: &'a LookUps,
    id: KeyId,
}

impl LookUps {
    /// Begins to look a key up. If somebody does so already, waits for the end of that, and returns `None`.
    pub(super) async fn begin_or_wait(&self, id: &KeyId) -> Option<LookUp<'_>> {
        let under_way = {
            let mut all = self.all();
            let Some(under_way) = all.get(id) else {
                all.insert(id.clone(), Arc::new(Semaphore::new(0)));
                return Some(LookUp { all: self, id: id.clone() });
            };
            under_way.clone()
        };
        // It has no permits: what comes is the end.
        let _ = under_way.acquire().await;
        None
    }

    fn all(&self) -> MutexGuard<'_, HashMap<KeyId, Arc<Semaphore>>> {
        // Nothing that holds it can leave it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for LookUp<'_> {
    fn drop(&mut self) {
        if let Some(under_way) = self.all.all().remove(&self.id) {
            under_way.close();
        }
    }
}
