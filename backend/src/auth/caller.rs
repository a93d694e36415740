//! Who calls, and what they may do.

use phase_data_wire::Repository;
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
    pub(super) account: AccountId,
    pub(super) scope: Scope,
    pub(super) reach: Reach,
    pub(super) actor: Actor,
}

/// Which of the account's repositories a credential is good for.
#[derive(Debug, Clone)]
pub(crate) enum Reach {
    /// All of them.
    Account,
    /// Those on its list.
    Repositories(Vec<Repository>),
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
#[derive(Debug, thiserror::Error)]
pub(crate) enum Denied {
    /// The credential's scope is too small.
    #[error("this needs a credential with the scope {}, and yours has {}", .needed.as_str(), .held.as_str())]
    Scope {
        /// What is needed.
        needed: Scope,
        /// What there is.
        held: Scope,
    },
    /// The key is not for this repository.
    #[error("the key's list of repositories does not have {0}")]
    Reach(Repository),
}

impl Caller {
    /// The caller's account, if the caller may do in this repository what this scope allows. What is stored
    /// plays no part in the answer.
    ///
    /// # Errors
    /// [`Denied`] says what is missing.
    pub(crate) fn allowed(&self, needed: Scope, repository: &Repository) -> Result<AccountId, Denied> {
        let account = self.allowed_account(needed)?;
        match &self.reach {
            Reach::Account => Ok(account),
            Reach::Repositories(listed) if listed.contains(repository) => Ok(account),
            Reach::Repositories(_) => Err(Denied::Reach(repository.clone())),
        }
    }

    /// The caller's whole account, if the caller's scope is large enough. No key that is limited to
    /// repositories has the scope `admin`.
    ///
    /// # Errors
    /// [`Denied::Scope`] names both scopes.
    pub(crate) fn allowed_account(&self, needed: Scope) -> Result<AccountId, Denied> {
        if self.scope >= needed { Ok(self.account) } else { Err(Denied::Scope { needed, held: self.scope }) }
    }

    /// Who to name in a receipt.
    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(scope: Scope, reach: Reach) -> Caller {
        let actor = Actor::ApiKey { key_id: "A".repeat(12).parse().expect("a key id") };
        Caller { account: AccountId::proven(uuid::Uuid::nil()), scope, reach, actor }
    }

    fn repository(name: &str) -> Repository {
        name.parse().expect("a repository")
    }

    #[test]
    fn each_scope_includes_the_smaller_ones() {
        let scopes = [Scope::Read, Scope::Write, Scope::Admin];
        for (rank, scope) in scopes.into_iter().enumerate() {
            let caller = caller(scope, Reach::Account);
            for (needed_rank, needed) in scopes.into_iter().enumerate() {
                let allowed = caller.allowed(needed, &repository("octo/hello")).is_ok();
                assert_eq!(allowed, rank >= needed_rank, "{scope:?} for {needed:?}");
            }
        }
    }

    #[test]
    fn a_list_of_repositories_is_the_reach() {
        let caller = caller(Scope::Write, Reach::Repositories(vec![repository("octo/hello")]));
        assert!(caller.allowed(Scope::Write, &repository("Octo/Hello")).is_ok());
        let refusal = caller.allowed(Scope::Read, &repository("octo/other")).expect_err("not on the list");
        assert_eq!(refusal.to_string(), "the key's list of repositories does not have octo/other");
    }

    #[test]
    fn a_refusal_names_both_scopes() {
        let caller = caller(Scope::Read, Reach::Account);
        let refusal = caller.allowed_account(Scope::Write).expect_err("too small").to_string();
        assert_eq!(refusal, "this needs a credential with the scope write, and yours has read");
    }
}
