//! `owner/name`.

use std::fmt;
use std::str::FromStr;

/// A repository as `owner/name`, in lower case.
///
/// Forges compare these names without case, so `Octo/Hello` and `octo/hello` are one repository. With one spelling, all
/// data of a repository is found.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repository(String);

/// An invalid [`Repository`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryError {
    /// The text does not contain exactly one `/`.
    #[error("a repository must have the form owner/name, with one slash (got {0:?})")]
    NotTwoParts(String),
    /// The owner is empty, too long, or has characters that no owner has.
    #[error("{0:?} can't be the owner of a repository: up to 39 letters, digits, `-` or `_` are allowed")]
    Owner(String),
    /// The repository's own name is empty, too long, or has characters that no name has.
    #[error(
        "{0:?} can't be the name of a repository: up to 100 letters, digits, `-`, `_` or `.` are allowed, but not `.` or \
         `..` alone"
    )]
    Name(String),
}

/// The name of an owner, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Login(String);

impl FromStr for Login {
    type Err = RepositoryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_owner(text) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(RepositoryError::Owner(excerpt(text)))
        }
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Repository {
    /// Returns the owner.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.0.split_once('/').map_or("", |(owner, _)| owner)
    }

    /// Returns the name without the owner.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }

    /// Returns `owner/name`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const OWNER_MAX_BYTES: usize = 39;
const NAME_MAX_BYTES: usize = 100;

/// Allows `-` at the ends and twice in a row, for old owners, and `_`, for those that an enterprise manages.
fn is_owner(owner: &str) -> bool {
    (1..=OWNER_MAX_BYTES).contains(&owner.len())
        && owner.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Refuses `.` and `..`, which proxies and clients resolve to another path.
fn is_name(name: &str) -> bool {
    (1..=NAME_MAX_BYTES).contains(&name.len())
        && name != "."
        && name != ".."
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

impl FromStr for Repository {
    type Err = RepositoryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((owner, name)) = text.split_once('/').filter(|(_, name)| !name.contains('/')) else {
            return Err(RepositoryError::NotTwoParts(excerpt(text)));
        };
        if !is_owner(owner) {
            return Err(RepositoryError::Owner(excerpt(owner)));
        }
        if !is_name(name) {
            return Err(RepositoryError::Name(excerpt(name)));
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

/// Returns the beginning of a refused text, to recognise it.
fn excerpt(text: &str) -> String {
    text.chars().take(120).collect()
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repository({})", self.0)
    }
}

crate::serde_as_string!(Repository);

crate::schema::schema!(
    Repository,
    MetaSchema {
        pattern: Some(
            // Not every engine of regular expressions has look-ahead, so the three beginnings of a name are listed.
            r"^[A-Za-z0-9_-]{1,39}/([A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}|\.[A-Za-z0-9_-][A-Za-z0-9_.-]{0,98}|\.\.[A-Za-z0-9_.-]{1,98})$"
                .to_owned()
        ),
        example: Some("octo/hello".into()),
        ..crate::schema::string(
            "Repository as `owner/name`. Letter case does not matter; answers use lower case."
        )
    }
);
crate::schema::parameter!(Repository);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_tell_repositories_apart() {
        assert_eq!("Octo-Org/Hello.World".parse::<Repository>(), "octo-org/hello.world".parse());
    }

    #[test]
    fn every_name_that_github_takes_is_accepted() {
        let longest = format!("{}/{}", "o".repeat(39), "-".repeat(100));
        for name in
            ["o/r", "octo/.github", "a_b/c-d", "0/0", "o/a..b", "octo/-x", "octo/_", "octo/a.", &longest]
        {
            assert!(name.parse::<Repository>().is_ok(), "{name}");
        }
        for name in
            ["octo/...", "octo/..a", "octo/...a", "octo/._.", "octo-/x", "-octo/x", "a--b/x", "m_octo/x"]
        {
            assert!(name.parse::<Repository>().is_ok(), "{name}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long_name = format!("o/{}", "a".repeat(101));
        let long_owner = format!("{}/r", "o".repeat(40));
        for name in [
            "", "o", "/", "o/", "/r", "o/r/x", "o/.", "o/..", "../r", ".o/r", "o.o/r", "o r/x", "ö/x", "o/r?",
        ] {
            assert!(name.parse::<Repository>().is_err(), "{name}");
        }
        for (name, limit) in [(&long_name, "up to 100"), (&long_owner, "up to 39")] {
            let refusal = name.parse::<Repository>().expect_err(name).to_string();
            assert!(refusal.contains(limit), "{refusal}");
        }
    }

    #[test]
    fn owner_and_name_are_told_apart() {
        let repository: Repository = "octo/hello".parse().expect("a valid name");
        assert_eq!((repository.owner(), repository.name()), ("octo", "hello"));
    }
}
