//! Callers and their permissions.

use std::sync::Arc;

use phase_data_wire::Repository;
use serde::Serialize;
use time::OffsetDateTime;

use super::oidc::{OidcRefusal, VerifiedToken};
use super::{AccountId, KeyId};

/// For how long after its end a used token is remembered, by the database's clock: longer than the leeway with which
/// ends are checked by that clock, and than a request may take from that check to its write.
const REMEMBERED_AFTER_EXPIRY: time::Duration = time::Duration::minutes(15);

/// The scope of a credential. Each scope includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::Type, clap::ValueEnum)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
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

/// The repositories of the account that a credential is valid for.
#[derive(Debug, Clone)]
pub(crate) enum Reach {
    /// All of them.
    Account,
    /// Those on its list.
    Repositories(Vec<Repository>),
    /// The one that the token was issued for.
    Token(Arc<VerifiedToken>),
}

/// The actor in an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Actor {
    /// The holder of an API key.
    ApiKey {
        /// The key's public part.
        key_id: KeyId,
    },
    /// A workflow run.
    Oidc {
        /// The forge that vouches for it.
        issuer: String,
        /// The repository's name at that time.
        repository: Repository,
        /// The repository.
        repository_id: i64,
        /// The run.
        run_id: i64,
        /// The attempt of the run.
        run_attempt: i64,
        /// The user who started the run.
        actor: String,
        /// The event that started the run.
        event_name: String,
        /// Its file and version.
        workflow_ref: String,
    },
    /// The forge, by a webhook.
    Webhook {
        /// The event of the delivery.
        event_name: String,
        /// The id of the delivery.
        delivery_id: String,
    },
    /// This backend, by itself.
    System,
}

/// Access to one repository of an account. Every query on tenant data requires a grant.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    account: AccountId,
    repository: Repository,
    repository_id: Option<i64>,
    proven_at: Option<OffsetDateTime>,
}

/// A token that can be used for one write.
#[derive(Debug, Clone)]
pub(crate) struct SingleUse {
    /// The token's own name.
    pub(crate) jti: String,
    /// Until when it has to be remembered.
    pub(crate) expires_at: OffsetDateTime,
}

/// The caller is known but may not do this.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Denied {
    /// The credential's scope is too small.
    #[error("this call needs the scope {}, and the credential has {}", .needed.as_str(), .held.as_str())]
    Scope {
        /// The required scope.
        needed: Scope,
        /// The scope of the credential.
        held: Scope,
    },
    /// The key is not for this repository.
    #[error("the key's list of repositories does not contain {0}")]
    Reach(Repository),
    /// The token is for another repository.
    #[error(transparent)]
    Token(OidcRefusal),
}

impl Caller {
    /// The caller's part of the account's data in this repository, if the caller may do there what this scope
    /// allows. What is stored plays no part in the answer. The log lines of the request name the repository from here on,
    /// also if it is refused.
    ///
    /// # Errors
    /// [`Denied`] says what is missing.
    pub(crate) fn allowed(&self, needed: Scope, repository: Repository) -> Result<Grant, Denied> {
        tracing::Span::current().record("repository", repository.as_str());
        let account = self.allowed_account(needed)?;
        let claims = match &self.reach {
            Reach::Account => None,
            Reach::Repositories(listed) if listed.contains(&repository) => None,
            Reach::Repositories(_) => return Err(Denied::Reach(repository)),
            Reach::Token(token) if token.claims.repository == repository => Some(&token.claims),
            Reach::Token(token) => return Err(Denied::Token(token.wrong_repository(repository.as_str()))),
        };
        let repository_id = claims.map(|claims| claims.repository_id);
        let proven_at = claims.and_then(|claims| OffsetDateTime::from_unix_timestamp(claims.iat).ok());
        Ok(Grant { account, repository, repository_id, proven_at })
    }

    /// The caller's whole account, if the caller's scope is large enough.
    ///
    /// # Errors
    /// [`Denied::Scope`] names both scopes.
    pub(crate) fn allowed_account(&self, needed: Scope) -> Result<AccountId, Denied> {
        if self.scope >= needed { Ok(self.account) } else { Err(Denied::Scope { needed, held: self.scope }) }
    }

    /// Returns the actor, for events.
    pub(crate) fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The caller's credential, if a write uses it up. It is remembered until nobody accepts it any more.
    pub(crate) fn single_use(&self) -> Option<SingleUse> {
        let Reach::Token(token) = &self.reach else { return None };
        let end = OffsetDateTime::from_unix_timestamp(token.claims.exp).ok()?;
        let expires_at = end.saturating_add(REMEMBERED_AFTER_EXPIRY);
        Some(SingleUse { jti: token.claims.jti.clone(), expires_at })
    }
}

impl Grant {
    /// The account.
    pub(crate) fn account(&self) -> AccountId {
        self.account
    }

    /// The repository, as the request names it.
    pub(crate) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The repository's numeric id, where the credential proves it.
    pub(crate) fn repository_id(&self) -> Option<i64> {
        self.repository_id
    }

    /// When the forge said that the repository of this id has this name, where the credential proves it.
    pub(crate) fn proven_at(&self) -> Option<OffsetDateTime> {
        self.proven_at
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
                let allowed = caller.allowed(needed, repository("octo/hello")).is_ok();
                assert_eq!(allowed, rank >= needed_rank, "{scope:?} for {needed:?}");
            }
        }
    }

    #[test]
    fn a_list_of_repositories_is_the_reach() {
        let caller = caller(Scope::Write, Reach::Repositories(vec![repository("octo/hello")]));
        assert!(caller.allowed(Scope::Write, repository("Octo/Hello")).is_ok());
        let refusal = caller.allowed(Scope::Read, repository("octo/other")).expect_err("not on the list");
        assert_eq!(refusal.to_string(), "the key's list of repositories does not contain octo/other");
    }

    #[test]
    fn a_refusal_names_both_scopes() {
        let caller = caller(Scope::Read, Reach::Account);
        let refusal = caller.allowed_account(Scope::Write).expect_err("too small").to_string();
        assert_eq!(refusal, "this call needs the scope write, and the credential has read");
    }
}
