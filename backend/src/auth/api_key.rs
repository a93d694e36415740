//! API keys. `wire` defines their form.
//!
//! The id finds the row. The secret has 178 random bits (30 characters of 62), so a plain SHA-256 of it is a sufficient
//! hash: nothing can be guessed.

use std::fmt;
use std::str::FromStr;

use phase_data_wire::admin::{self, KeyScope};
use phase_data_wire::{API_KEY_ID_CHARS, API_KEY_PREFIX, API_KEY_SECRET_CHARS, api_key_id, whole_api_key};
use rand::distr::{Alphanumeric, SampleString};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Reach, Scope};

/// A whole key. It is never stored, and its `Debug` shows the public part only.
#[derive(Clone)]
pub(crate) struct ApiKey {
    id: KeyId,
    whole: SecretString,
}

/// A key's public part: enough to find it in lists and logs, useless without the rest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub(crate) struct KeyId(String);

/// A text that is no key, or no key's id. It says nothing about the text: that could be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an API key")]
pub(crate) struct NotAKey;

/// The stored record of a key.
#[derive(Debug, Clone)]
pub(crate) struct KeyRecord {
    pub(crate) forge_account_id: Uuid,
    pub(crate) scope: Scope,
    pub(crate) reach: Reach,
    pub(crate) secret_sha256: Vec<u8>,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) revoked_at: Option<OffsetDateTime>,
    /// The time of the look-up by the database's clock.
    pub(crate) looked_up_at: OffsetDateTime,
}

/// Where keys are looked up.
pub(crate) trait KeyLookup: Send + Sync + 'static {
    /// Why a look-up could not be made.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The key of this id, revoked and expired ones included.
    fn find(
        &self,
        id: &KeyId,
        seen_lately: bool,
    ) -> impl Future<Output = Result<Option<KeyRecord>, Self::Error>> + Send;
}

impl ApiKey {
    /// A new random key.
    pub(crate) fn generate() -> Self {
        let body = Alphanumeric.sample_string(&mut rand::rng(), API_KEY_ID_CHARS + API_KEY_SECRET_CHARS);
        Self { id: KeyId(body[..API_KEY_ID_CHARS].to_owned()), whole: whole_api_key(&body).into() }
    }

    /// The public part.
    pub(crate) fn id(&self) -> &KeyId {
        &self.id
    }

    /// Returns the digest of the complete key, which is stored.
    pub(crate) fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.whole.expose_secret().as_bytes()).into()
    }

    /// The key itself, to be shown to its owner once.
    pub(crate) fn expose(&self) -> &str {
        self.whole.expose_secret()
    }
}

impl FromStr for ApiKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        // A damaged key is refused here, without a query.
        let id = api_key_id(text).map_err(|_| NotAKey)?;
        Ok(Self { id: KeyId(id.to_owned()), whole: text.into() })
    }
}

impl KeyId {
    /// The id.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = NotAKey;

    /// Takes `pd_` before the id, too, since people copy it with the prefix.
    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let id = text.strip_prefix(API_KEY_PREFIX).unwrap_or(text);
        let valid = id.len() == API_KEY_ID_CHARS && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if valid { Ok(Self(id.to_owned())) } else { Err(NotAKey) }
    }
}

/// The contract's name for the same: 12 letters and digits, too.
impl From<&admin::KeyId> for KeyId {
    fn from(id: &admin::KeyId) -> Self {
        Self(id.as_str().to_owned())
    }
}

impl From<KeyScope> for Scope {
    fn from(scope: KeyScope) -> Self {
        match scope {
            KeyScope::Read => Self::Read,
            KeyScope::Write => Self::Write,
            KeyScope::Admin => Self::Admin,
        }
    }
}

impl From<Scope> for KeyScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Write => Self::Write,
            Scope::Admin => Self::Admin,
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({})", self.id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_reads_back_and_no_two_are_alike() {
        let key = ApiKey::generate();
        let read: ApiKey = key.expose().parse().expect("our own key");
        assert_eq!((read.id(), read.sha256()), (key.id(), key.sha256()));
        assert_eq!(key.expose().len(), 51);
        assert_ne!(key.expose(), ApiKey::generate().expose());
    }

    #[test]
    fn a_damaged_key_is_none() {
        let key = ApiKey::generate();
        let whole = key.expose();
        let last = if whole.ends_with('0') { "1" } else { "0" };
        let changed = format!("{}{last}", &whole[..50]);
        for damaged in
            [&whole[..50], &whole[3..], &format!("{whole}0"), &changed, "", "pd_", &whole.to_lowercase()]
        {
            assert!(damaged.parse::<ApiKey>().is_err());
        }
    }

    #[test]
    fn debug_shows_the_public_part_only() {
        let key = ApiKey::generate();
        assert_eq!(format!("{key:?}"), format!("ApiKey({})", key.id().as_str()));
    }
}
