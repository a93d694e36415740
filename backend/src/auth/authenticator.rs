//! Checks a credential.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq;
use time::OffsetDateTime;

use super::{AccountId, Actor, ApiKey, Caller, KeyId, KeyLookup, KeyRecord};

/// For how long a key that was found is not looked up again. It is also how long a revoked key can go
/// on working.
const REMEMBERED: Duration = Duration::from_secs(1);
/// When so many keys are remembered, the old ones are dropped.
const REMEMBERED_MAX: usize = 10_000;

/// Turns credentials into callers.
#[derive(Debug)]
pub(crate) struct Authenticator<L> {
    keys: L,
    remembered: RwLock<HashMap<KeyId, (KeyRecord, Instant)>>,
}

/// Why a credential was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal<E> {
    /// Unknown, malformed, wrong or revoked: a caller learns no more than that.
    #[error("the API key is unknown, incomplete or revoked")]
    Invalid,
    /// The secret was right, but its time is over.
    #[error("the API key expired at {0}")]
    Expired(OffsetDateTime),
    /// It could not be checked.
    #[error("the API key could not be looked up")]
    LookUp(#[source] E),
}

impl<L: KeyLookup> Authenticator<L> {
    /// An authenticator that looks keys up there.
    pub(crate) fn new(keys: L) -> Self {
        Self { keys, remembered: RwLock::default() }
    }

    /// The caller that this credential stands for.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub(crate) async fn authenticate(&self, credential: &str) -> Result<Caller, Refusal<L::Error>> {
        let key: ApiKey = credential.parse().map_err(|_| Refusal::Invalid)?;
        let record = self.record(key.id()).await.map_err(Refusal::LookUp)?.ok_or(Refusal::Invalid)?;
        // In constant time, so that the time taken does not tell how much of a guess was right.
        let right = bool::from(record.secret_sha256.ct_eq(&key.sha256()));
        if !right || record.revoked_at.is_some() {
            return Err(Refusal::Invalid);
        }
        // Only who knew the secret learns that it expired.
        if let Some(end) = record.expires_at.filter(|end| *end <= OffsetDateTime::now_utc()) {
            return Err(Refusal::Expired(end));
        }
        Ok(Caller {
            account: AccountId::proven(record.forge_account_id),
            scope: record.scope,
            actor: Actor::ApiKey { key_id: key.id().clone() },
        })
    }

    async fn record(&self, id: &KeyId) -> Result<Option<KeyRecord>, L::Error> {
        if let Some(record) = self.recall(id) {
            return Ok(Some(record));
        }
        let found = self.keys.find(id).await?;
        if let Some(record) = &found {
            self.remember(id, record);
        }
        Ok(found)
    }

    fn recall(&self, id: &KeyId) -> Option<KeyRecord> {
        let remembered = self.remembered.read().unwrap_or_else(PoisonError::into_inner);
        let (record, since) = remembered.get(id)?;
        (since.elapsed() < REMEMBERED).then(|| record.clone())
    }

    /// Only keys that exist are remembered: guesses can't fill the memory.
    fn remember(&self, id: &KeyId, record: &KeyRecord) {
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.retain(|_, (_, since)| since.elapsed() < REMEMBERED);
        }
        remembered.insert(id.clone(), (record.clone(), Instant::now()));
    }
}
