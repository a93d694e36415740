//! Checks a credential.

use std::sync::Arc;

use subtle::ConstantTimeEq;
use time::OffsetDateTime;
use uuid::Uuid;

use super::oidc::{EventPolicy, Oidc, OidcRefusal, VerifiedToken};
use super::{
    AccountId, Actor, ApiKey, Caller, KeyId, KeyLookup, KeyRecord, LastUsedTracker, LookUps, Reach,
    RememberedKeys, Scope,
};

/// Where accounts are looked up.
pub(crate) trait AccountLookup: KeyLookup {
    /// The account of this owner of this forge.
    fn find_account(
        &self,
        forge: &str,
        owner_id: i64,
    ) -> impl Future<Output = Result<Option<AccountRecord>, Self::Error>> + Send;
}

/// The record of an account, for its tokens.
#[derive(Debug, Clone)]
pub(crate) struct AccountRecord {
    pub(crate) id: Uuid,
    pub(crate) policy: EventPolicy,
    /// The time of the look-up by the database's clock.
    pub(crate) looked_up_at: OffsetDateTime,
}

/// Turns credentials into callers.
#[derive(Debug)]
pub(crate) struct Authenticator<L> {
    keys: L,
    oidc: Option<Oidc>,
    remembered: RememberedKeys,
    look_ups: LookUps,
    last_used: Arc<LastUsedTracker>,
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
    /// The id token was not taken, or could not be verified.
    #[error(transparent)]
    Token(OidcRefusal),
    /// The backend takes no id tokens.
    #[error("this backend accepts no id tokens")]
    NoTokens,
    /// It could not be checked.
    #[error("the credential could not be looked up")]
    LookUp(#[source] E),
}

impl<L: AccountLookup> Authenticator<L> {
    /// An authenticator that looks keys and accounts up there, and takes id tokens if it can verify them.
    pub(crate) fn new(keys: L, oidc: Option<Oidc>) -> Self {
        Self {
            keys,
            oidc,
            remembered: RememberedKeys::default(),
            look_ups: LookUps::default(),
            last_used: Arc::default(),
        }
    }

    /// The verifier of id tokens.
    pub(crate) fn oidc(&self) -> Option<&Oidc> {
        self.oidc.as_ref()
    }

    /// The caller that this credential stands for.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub(crate) async fn authenticate(&self, credential: &str) -> Result<Caller, Refusal<L::Error>> {
        // A token has three parts with dots between them; a key has none.
        if credential.contains('.') { self.by_token(credential).await } else { self.by_key(credential).await }
    }

    async fn by_token(&self, token: &str) -> Result<Caller, Refusal<L::Error>> {
        let oidc = self.oidc.as_ref().ok_or(Refusal::NoTokens)?;
        let token = oidc.verify(token).await.map_err(Refusal::Token)?;
        let owner_id = token.claims.repository_owner_id;
        let account = self.keys.find_account(&token.forge, owner_id).await.map_err(Refusal::LookUp)?;
        let account = account.ok_or_else(|| Refusal::Token(token.unknown_owner()))?;
        token.check_expiry(account.looked_up_at).map_err(Refusal::Token)?;
        token.check_policy(&account.policy).map_err(Refusal::Token)?;
        Ok(Caller {
            account: AccountId::proven(account.id),
            scope: Scope::Write,
            actor: run(&token),
            reach: Reach::Token(Arc::new(token)),
        })
    }

    async fn by_key(&self, credential: &str) -> Result<Caller, Refusal<L::Error>> {
        let key: ApiKey = credential.parse().map_err(|_| Refusal::Invalid)?;
        let record = self.record(key.id()).await.map_err(Refusal::LookUp)?.ok_or(Refusal::Invalid)?;
        // In constant time, so that the time taken does not tell how much of a guess was right.
        let right = bool::from(record.secret_sha256.ct_eq(&key.sha256()));
        if !right || record.revoked_at.is_some() {
            return Err(Refusal::Invalid);
        }
        // Only who knew the secret learns that it expired.
        let now = record.looked_up_at.max(OffsetDateTime::now_utc());
        if let Some(end) = record.expires_at.filter(|end| *end <= now) {
            return Err(Refusal::Expired(end));
        }
        let account = AccountId::proven(record.forge_account_id);
        self.last_used.record(key.id(), account);
        Ok(Caller {
            account,
            scope: record.scope,
            reach: record.reach,
            actor: Actor::ApiKey { key_id: key.id().clone() },
        })
    }

    /// Returns the tracker of the keys' last uses.
    pub(crate) fn last_used(&self) -> Arc<LastUsedTracker> {
        self.last_used.clone()
    }

    /// Looks this key up afresh the next time, because it was changed.
    pub(crate) fn forget(&self, id: &KeyId) {
        self.remembered.forget(id);
    }

    async fn record(&self, id: &KeyId) -> Result<Option<KeyRecord>, L::Error> {
        if let Some(record) = self.remembered.recall(id) {
            return Ok(Some(record));
        }
        let look_up = self.look_ups.begin_or_wait(id).await;
        // A result that another request found in the meantime is as good as a cached one. If it is missing or too old, each
        // request looks the key up itself, and none waits a second time.
        if look_up.is_none()
            && let Some(record) = self.remembered.recall(id)
        {
            return Ok(Some(record));
        }
        let started = self.remembered.begin_look_up();
        let found = self.keys.find(id, self.remembered.knows(id)).await?;
        if let Some(record) = &found {
            self.remembered.remember(id, record, started);
        }
        Ok(found)
    }
}

/// Returns the actor of a token, for events.
fn run(token: &VerifiedToken) -> Actor {
    let claims = &token.claims;
    Actor::Oidc {
        issuer: claims.iss.clone(),
        repository: claims.repository.clone(),
        repository_id: claims.repository_id,
        run_id: claims.run_id,
        run_attempt: claims.run_attempt,
        actor: claims.actor.clone(),
        event_name: claims.event_name.clone(),
        workflow_ref: claims.workflow_ref.clone(),
    }
}

#[cfg(test)]
mod tests;
