//! Checks a credential.

use subtle::ConstantTimeEq;
use time::OffsetDateTime;

use super::{AccountId, Actor, ApiKey, Caller, KeyId, KeyLookup, KeyRecord, KeyUse, RememberedKeys};

/// Turns credentials into callers.
#[derive(Debug)]
pub(crate) struct Authenticator<L> {
    keys: L,
    remembered: RememberedKeys,
    key_use: KeyUse,
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
        Self { keys, remembered: RememberedKeys::default(), key_use: KeyUse::default() }
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
        let account = AccountId::proven(record.forge_account_id);
        self.key_use.note(key.id(), account);
        Ok(Caller {
            account,
            scope: record.scope,
            reach: record.reach,
            actor: Actor::ApiKey { key_id: key.id().clone() },
        })
    }

    /// Which keys were used since somebody asked last.
    pub(crate) fn key_use(&self) -> &KeyUse {
        &self.key_use
    }

    /// Looks this key up afresh the next time, because it was changed.
    pub(crate) fn forget(&self, id: &KeyId) {
        self.remembered.forget(id);
    }

    async fn record(&self, id: &KeyId) -> Result<Option<KeyRecord>, L::Error> {
        if let Some(record) = self.remembered.recall(id) {
            return Ok(Some(record));
        }
        let asked = self.remembered.asked();
        let found = self.keys.find(id).await?;
        if let Some(record) = &found {
            self.remembered.remember(id, record, asked);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
