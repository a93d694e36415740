//! What a notice of the forge is about.

/// What hides documents, and brings them back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// A whole repository that was deleted, archived or taken away from us.
    Repository,
    /// A whole account that left.
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
