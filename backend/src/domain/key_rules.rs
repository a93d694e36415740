//! The rules for new keys.

use phase_data_wire::Repository;
use phase_data_wire::admin::{CreateKey, ExpiresInDays, KeyName, KeyScope, MAX_REPOSITORIES};

/// A key to be made, with members that fit together.
#[derive(Debug, Clone)]
pub(crate) struct KeyRules {
    request: CreateKey,
}

/// Why a key can't be made as it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyRulesError {
    /// An empty list could be meant as "none" or as "all".
    #[error("the list of repositories is empty: omit it to allow all repositories of the account")]
    NoRepositories,
    /// The list is compared with every request's repository.
    #[error(
        "the list has more than {MAX_REPOSITORIES} repositories; make several keys, or one without a list"
    )]
    TooManyRepositories,
    /// It could make a key without the limit.
    #[error("a key with the scope admin can't be limited to repositories: it could create an unlimited key")]
    LimitedAdmin,
}

impl KeyRules {
    /// Checks what is wanted. A repository that is listed twice is kept once; the contract's limits are on
    /// the list as it was sent.
    ///
    /// # Errors
    /// [`KeyRulesError`], always about the list of repositories.
    pub(crate) fn new(mut request: CreateKey) -> Result<Self, KeyRulesError> {
        if let Some(list) = &mut request.repositories {
            match list.len() {
                0 => return Err(KeyRulesError::NoRepositories),
                1..=MAX_REPOSITORIES => {}
                _ => return Err(KeyRulesError::TooManyRepositories),
            }
            list.sort();
            list.dedup();
            if request.scope == KeyScope::Admin {
                return Err(KeyRulesError::LimitedAdmin);
            }
        }
        Ok(Self { request })
    }

    /// Returns the name.
    pub(crate) fn name(&self) -> &KeyName {
        &self.request.name
    }

    /// Returns the scope.
    pub(crate) fn scope(&self) -> KeyScope {
        self.request.scope
    }

    /// The only repositories that it reaches, in order; `None` for all.
    pub(crate) fn repositories(&self) -> Option<&[Repository]> {
        self.request.repositories.as_deref()
    }

    /// After how many days it stops working; `None` for never.
    pub(crate) fn expires_in_days(&self) -> Option<ExpiresInDays> {
        self.request.expires_in_days
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(scope: KeyScope, repositories: Option<&[String]>) -> Result<KeyRules, KeyRulesError> {
        let parse = |name: &String| name.parse().expect("a repository");
        KeyRules::new(CreateKey {
            name: "x".parse().expect("a name"),
            scope,
            repositories: repositories.map(|list| list.iter().map(parse).collect()),
            expires_in_days: None,
        })
    }

    #[test]
    fn a_list_of_repositories_has_one_to_a_hundred_different_ones() {
        let many: Vec<String> = (0..=MAX_REPOSITORIES).map(|n| format!("octo/{n}")).collect();
        assert_eq!(rules(KeyScope::Write, Some(&[])).err(), Some(KeyRulesError::NoRepositories));
        assert_eq!(rules(KeyScope::Write, Some(&many)).err(), Some(KeyRulesError::TooManyRepositories));
        assert!(rules(KeyScope::Write, Some(&many[1..])).is_ok());
        let twice = ["Octo/Hello".to_owned(), "octo/hello".to_owned()];
        let once = rules(KeyScope::Read, Some(&twice)).expect("a list");
        assert_eq!(once.repositories().map(<[_]>::len), Some(1));
    }

    #[test]
    fn an_admin_key_is_not_limited() {
        let list = ["octo/hello".to_owned()];
        assert_eq!(rules(KeyScope::Admin, Some(&list)).err(), Some(KeyRulesError::LimitedAdmin));
        assert!(rules(KeyScope::Admin, None).is_ok());
    }
}
