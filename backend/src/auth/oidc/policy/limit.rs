//! Lists of allowed values of a claim.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The allowed values of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<T>", bound(deserialize = "T: Deserialize<'de>"))]
pub(super) struct Limit<T>(Vec<T>);

/// The reason why a policy is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LimitError {
    #[error("an empty list would allow nothing: omit the member for no limit")]
    Empty,
    #[error("an entry must not be empty")]
    EmptyEntry,
    #[error("a `*` is allowed only at the end (got {0:?})")]
    Star(String),
    #[error("a ref must be complete, like refs/heads/main or refs/tags/v* (got {0:?})")]
    Ref(String),
    #[error("the name of an environment must not contain `*` (got {0:?})")]
    Environment(String),
}

/// An entry of a limit.
pub(super) trait Allow: fmt::Display {
    /// Returns `true` if this value is allowed.
    fn allows(&self, got: &str) -> bool;
}

/// A text, or a prefix and a `*`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pattern(String);

/// A [`Pattern`] for a git ref. `main` would never match, since tokens contain `refs/heads/main`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct RefPattern(Pattern);

/// A [`Pattern`] for a workflow, `owner/name/path@ref`. GitHub compares owner and name without case, path and ref
/// exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct WorkflowPattern(Pattern);

/// An environment's name. GitHub compares them without case, and so do we: of ASCII letters only, because folding all
/// of Unicode would let other names in (`K`, the sign for kelvin, folds to `k`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct EnvironmentName(String);

/// The visibility of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Visibility {
    Public,
    Private,
    Internal,
}

impl<T: Allow> Limit<T> {
    /// Returns `true` if an entry allows this value.
    pub(super) fn allows(&self, got: &str) -> bool {
        self.0.iter().any(|entry| entry.allows(got))
    }
}

/// An empty list is a mistake either way: read as "nothing" it shuts everybody out, read as "anything" it
/// lifts the limit of whoever removed the last entry.
impl<T> TryFrom<Vec<T>> for Limit<T> {
    type Error = LimitError;

    fn try_from(entries: Vec<T>) -> Result<Self, LimitError> {
        if entries.is_empty() { Err(LimitError::Empty) } else { Ok(Self(entries)) }
    }
}

impl TryFrom<String> for Pattern {
    type Error = LimitError;

    fn try_from(text: String) -> Result<Self, LimitError> {
        match text.find('*') {
            _ if text.is_empty() => Err(LimitError::EmptyEntry),
            Some(at) if at + 1 < text.len() => Err(LimitError::Star(text)),
            _ => Ok(Self(text)),
        }
    }
}

impl TryFrom<String> for RefPattern {
    type Error = LimitError;

    fn try_from(text: String) -> Result<Self, LimitError> {
        if !text.is_empty() && !text.starts_with("refs/") {
            return Err(LimitError::Ref(text));
        }
        Pattern::try_from(text).map(Self)
    }
}

impl TryFrom<String> for EnvironmentName {
    type Error = LimitError;

    fn try_from(text: String) -> Result<Self, LimitError> {
        match text.as_str() {
            "" => Err(LimitError::EmptyEntry),
            _ if text.contains('*') => Err(LimitError::Environment(text)),
            _ => Ok(Self(text)),
        }
    }
}

impl Allow for Pattern {
    fn allows(&self, got: &str) -> bool {
        self.0.strip_suffix('*').map_or(got == self.0, |beginning| got.starts_with(beginning))
    }
}

impl Allow for RefPattern {
    fn allows(&self, got: &str) -> bool {
        self.0.allows(got)
    }
}

impl Allow for WorkflowPattern {
    fn allows(&self, got: &str) -> bool {
        Pattern(with_lower_case_name(&self.0.0)).allows(&with_lower_case_name(got))
    }
}

/// The text with its part up to the second slash in lower case.
fn with_lower_case_name(text: &str) -> String {
    let end = text.match_indices('/').nth(1).map_or(text.len(), |(at, _)| at);
    let (name, rest) = text.split_at(end);
    name.to_ascii_lowercase() + rest
}

impl Allow for EnvironmentName {
    fn allows(&self, got: &str) -> bool {
        self.0.eq_ignore_ascii_case(got)
    }
}

impl Allow for Visibility {
    fn allows(&self, got: &str) -> bool {
        self.as_str() == got
    }
}

impl Visibility {
    fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Internal => "internal",
        }
    }
}

impl<T: fmt::Display> fmt::Display for Limit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, entry) in self.0.iter().enumerate() {
            let or = if at == 0 { "" } else { " or " };
            write!(f, "{or}{entry}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RefPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for WorkflowPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
