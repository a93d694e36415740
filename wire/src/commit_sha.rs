//! Full object names of commits.

use std::fmt;
use std::str::FromStr;

/// The full object name of a commit: 40 lower-case hexadecimal digits (SHA-1) or 64 (SHA-256).
///
/// Short names are refused: two commits can share one, so that a stale document would look fresh.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CommitSha(String);

/// An invalid [`CommitSha`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a commit must be a full object name of 40 or 64 lower-case hexadecimal digits (got {0:?})")]
pub struct CommitShaError(String);

impl CommitSha {
    /// The object name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CommitSha {
    type Err = CommitShaError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hexadecimal = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if hexadecimal && matches!(text.len(), 40 | 64) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CommitShaError(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for CommitSha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

crate::serde_as_string!(CommitSha);

crate::schema::schema!(
    CommitSha,
    MetaSchema {
        pattern: Some("^([0-9a-f]{40}|[0-9a-f]{64})$".to_owned()),
        example: Some("0f1e2d3c4b5a69788796a5b4c3d2e1f001122334".into()),
        ..crate::schema::string("Full object name of a commit (SHA-1 or SHA-256) in lower case.")
    }
);
crate::schema::parameter!(CommitSha);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_lower_case_names_are_commits() {
        for good in ["a".repeat(40), "0".repeat(64)] {
            assert!(good.parse::<CommitSha>().is_ok(), "{good}");
        }
        for bad in ["a".repeat(39), "A".repeat(40), "g".repeat(40), "abc1234".into(), String::new()] {
            assert!(bad.parse::<CommitSha>().is_err(), "{bad}");
        }
    }
}
