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
    /// A part is empty, too long, or contains characters that forges don't allow.
    #[error(
        "{part:?} can't be part of a repository's name: up to 99 letters, digits, `-`, `_` or `.` \
         are allowed, after at most one leading `.`"
    )]
    Part {
        /// The refused part.
        part: String,
    },
}

/// The owner or the name, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RepositoryPart(String);

impl FromStr for RepositoryPart {
    type Err = RepositoryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_part(text) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(RepositoryError::Part { part: excerpt(text) })
        }
    }
}

impl fmt::Display for RepositoryPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Repository {
    /// The length of the longest text in bytes: two parts and the slash.
    pub const MAX_BYTES: usize = 2 * PART_MAX_BYTES + 1;

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

const PART_MAX_BYTES: usize = 100;

/// Refuses `.` and `..`, which proxies and clients resolve to another path.
fn is_part(part: &str) -> bool {
    let word = part.strip_prefix('.').unwrap_or(part);
    (1..PART_MAX_BYTES).contains(&word.len())
        && word.bytes().next().is_some_and(|byte| byte != b'.')
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

impl FromStr for Repository {
    type Err = RepositoryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((owner, name)) = text.split_once('/').filter(|(_, name)| !name.contains('/')) else {
            return Err(RepositoryError::NotTwoParts(excerpt(text)));
        };
        match [owner, name].into_iter().find(|part| !is_part(part)) {
            Some(part) => Err(RepositoryError::Part { part: excerpt(part) }),
            None => Ok(Self(text.to_ascii_lowercase())),
        }
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
            r"^\.?[A-Za-z0-9_-][A-Za-z0-9_.-]{0,98}/\.?[A-Za-z0-9_-][A-Za-z0-9_.-]{0,98}$".to_owned()
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
    fn real_names_are_accepted() {
        for name in ["o/r", "octo/.github", "a_b/c-d", "0/0", "o/a..b", "octo/-x"] {
            assert!(name.parse::<Repository>().is_ok(), "{name}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = format!("o/{}", "a".repeat(101));
        for name in
            ["", "o", "/", "o/", "/r", "o/r/x", "o/.", "o/..", "../r", "o/..x", "o r/x", "ö/x", "o/r?", &long]
        {
            assert!(name.parse::<Repository>().is_err(), "{name}");
        }
    }

    #[test]
    fn owner_and_name_are_told_apart() {
        let repository: Repository = "octo/hello".parse().expect("a valid name");
        assert_eq!((repository.owner(), repository.name()), ("octo", "hello"));
    }
}
