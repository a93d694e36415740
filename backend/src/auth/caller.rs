//! Who calls, and what they may do.

use serde::Serialize;

use super::{AccountId, KeyId};

/// What a credential allows; each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::Type, clap::ValueEnum)]
#[sqlx(type_name = "key_scope", rename_all = "lowercase")]
pub(crate) enum Scope {
    /// Retrieve phase data.
    Read,
    /// Store and clean up, too.
    Write,
    /// Manage the account's keys, too.
    Admin,
}

impl Scope {
    /// The scope's name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// A proven caller.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) account: AccountId,
    pub(crate) scope: Scope,
    pub(crate) actor: Actor,
}

/// Who to name in a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Actor {
    /// The holder of an API key.
    ApiKey {
        /// The key's public part.
        key_id: KeyId,
    },
}

/// The caller is known but may not do this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this needs a credential with the scope {}, and yours has {}", .needed.as_str(), .held.as_str())]
pub(crate) struct InsufficientScope {
    needed: Scope,
    held: Scope,
}

impl Caller {
    /// The caller's account, if the caller may do what this scope allows.
    ///
    /// # Errors
    /// [`InsufficientScope`] names both scopes.
    pub(crate) fn allowed(&self, needed: Scope) -> Result<AccountId, InsufficientScope> {
        if self.scope >= needed {
            Ok(self.account)
        } else {
            Err(InsufficientScope { needed, held: self.scope })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_includes_the_smaller_ones() {
        let account = AccountId::proven(uuid::Uuid::nil());
        let actor = Actor::ApiKey { key_id: "A".repeat(12).parse().expect("a key id") };
        let scopes = [Scope::Read, Scope::Write, Scope::Admin];
        for (rank, scope) in scopes.into_iter().enumerate() {
            let caller = Caller { account, scope, actor: actor.clone() };
            for (needed_rank, needed) in scopes.into_iter().enumerate() {
                assert_eq!(caller.allowed(needed).is_ok(), rank >= needed_rank, "{scope:?} for {needed:?}");
            }
        }
    }

    #[test]
    fn a_refusal_names_both_scopes() {
        let refusal = InsufficientScope { needed: Scope::Write, held: Scope::Read };
        assert_eq!(refusal.to_string(), "this needs a credential with the scope write, and yours has read");
    }
}
