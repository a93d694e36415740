//! A key as answers describe it, always without its secret.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::key_name::KeyName;
use crate::Repository;

/// A key without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example, skip_serializing_if_is_none))]
pub struct Key {
    /// The key's public part: the 12 characters after `pd_`.
    pub id: KeyId,
    /// What the key is for.
    pub name: KeyName,
    /// What the key allows.
    pub scope: KeyScope,
    /// The only repositories that the key reaches; absent when it reaches all of the account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repositories: Option<Vec<Repository>>,
    /// When the key was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the key stops working, or did; absent when it does not expire.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// When the key was revoked; absent when it was not.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
    /// When the key was last accepted, to the minute or so; absent when it never was.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
}

/// What a key allows; each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyScope {
    /// Retrieve phase data.
    Read,
    /// Store and clean up, too.
    Write,
    /// Manage the account's keys, too.
    Admin,
}

/// A key's public part: enough to find it in lists and logs, useless without the rest.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(String);

/// Why a text is not a [`KeyId`]. It does not show the text: people paste whole keys where ids belong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key's id is 12 letters and digits, the ones after pd_ in the key")]
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
        ..crate::schema::string("A key's public part: the 12 characters after `pd_`.")
    }
);
crate::schema::parameter!(KeyId);

crate::schema::schema!(
    KeyScope,
    crate::schema::words(
        "What a key allows: `read` retrieves, `write` also stores and cleans up, `admin` also manages the \
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
