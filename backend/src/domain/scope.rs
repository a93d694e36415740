//! The scope of a close that is not about one issue.

/// A scope that hides and restores documents together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// A whole repository that was deleted, archived or removed from the App.
    Repository,
    /// A whole account that removed the App.
    Account,
}

impl Scope {
    /// Returns its name, as the database has it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Account => "account",
        }
    }
}
