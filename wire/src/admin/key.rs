//! API keys in answers, without their secrets.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::key_name::KeyName;
use crate::Repository;

/// An API key without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct Key {
    /// The public id: the 12 characters after `pd_`.
    pub id: KeyId,
    /// The purpose of the key.
    pub name: KeyName,
    /// The scope of the key.
    pub scope: KeyScope,
    /// The repositories that the key is valid for; absent if it is valid for all of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repositories: Option<Vec<Repository>>,
    /// Time of creation.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Time of expiry, past or future; absent if the key does not expire.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// Time of revocation; absent if the key is not revoked.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
    /// Time of last use, exact to about a minute; absent if the key was never used.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
}

/// The scope of a key. Each scope includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyScope {
    /// Retrieve phase data.
    Read,
    /// Also store and clean up.
    Write,
    /// Also manage the account.
    Admin,
}

/// A key's public id. It identifies the key in lists and logs, and can't be used as a credential.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(String);

/// An invalid [`KeyId`]. The error does not contain the text, because it can be a whole key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key id has 12 letters and digits, the ones after pd_ in the key")]
pub struct KeyIdError;

impl KeyId {
    const CHARS: usize = 12;

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        let valid = text.len() == Self::CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if valid { Ok(Self(text.to_owned())) } else { Err(KeyIdError) }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::serde_as_string!(KeyId);

crate::schema::schema!(
    KeyId,
    MetaSchema {
        pattern: Some("^[0-9A-Za-z]{12}$".to_owned()),
        example: Some("h3Jx0PqZr81M".into()),
        ..crate::schema::string("Public id of an API key: the 12 characters after `pd_`.")
    }
);
crate::schema::parameter!(KeyId);

crate::schema::schema!(
    KeyScope,
    crate::schema::words(
        "Scope of a key: `read` retrieves, `write` also stores and cleans up, `admin` also manages the \
         account's keys.",
        ["read", "write", "admin"].into_iter()
    )
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_public_part_is_an_id_and_a_refusal_shows_nothing_of_a_secret() {
        assert!("0123456789aZ".parse::<KeyId>().is_ok());
        for bad in ["", "0123456789a", "0123456789aZ1", "pd_0123456789aZ", "0123456789a/"] {
            let refusal = bad.parse::<KeyId>().expect_err(bad).to_string();
            assert!(bad.is_empty() || !refusal.contains(bad), "{refusal}");
        }
    }
}
