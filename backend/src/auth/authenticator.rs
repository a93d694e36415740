//! Checks a credential.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq;
use time::OffsetDateTime;
use uuid::Uuid;

use super::oidc::{EventPolicy, Oidc, OidcRefusal, VerifiedToken};
use super::{AccountId, Actor, ApiKey, Caller, KeyId, KeyLookup, KeyRecord, Reach, Scope};

/// For how long a key that was found is not looked up again. It is also how long a revoked key can go
/// on working.
const REMEMBERED: Duration = Duration::from_secs(1);
/// When so many keys are remembered, the old ones are dropped.
const REMEMBERED_MAX: usize = 10_000;

/// Where accounts are looked up.
pub(crate) trait AccountLookup: KeyLookup {
    /// The account of this owner of this forge.
    fn find_account(
        &self,
        forge: &str,
        owner_id: i64,
    ) -> impl Future<Output = Result<Option<AccountRecord>, Self::Error>> + Send;
}

/// What is kept of an account for its tokens.
#[derive(Debug, Clone)]
pub(crate) struct AccountRecord {
    pub(crate) id: Uuid,
    pub(crate) policy: EventPolicy,
}

/// Turns credentials into callers.
#[derive(Debug)]
pub(crate) struct Authenticator<L> {
    keys: L,
    oidc: Option<Oidc>,
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
        Self { keys, oidc, remembered: RwLock::default() }
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
        if let Some(end) = record.expires_at.filter(|end| *end <= OffsetDateTime::now_utc()) {
            return Err(Refusal::Expired(end));
        }
        Ok(Caller {
            account: AccountId::proven(record.forge_account_id),
            scope: record.scope,
            reach: Reach::Account,
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

/// Who a token names, for receipts.
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
