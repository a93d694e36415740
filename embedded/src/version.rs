//! The versions of PostgreSQL that can run a cluster.

use std::fmt;

/// The oldest major version that the schema and the queries support.
const OLDEST_MAJOR: u32 = 13;

/// The versions that can run a cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RequiredVersion {
    /// Any supported version: the cluster does not exist yet.
    Supported,
    /// The major version that created the cluster.
    Major(u32),
}

impl RequiredVersion {
    pub(crate) fn accepts(self, major: u32) -> bool {
        match self {
            Self::Supported => major >= OLDEST_MAJOR,
            Self::Major(required) => major == required,
        }
    }
}

impl fmt::Display for RequiredVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Supported => write!(f, "version {OLDEST_MAJOR} or later"),
            Self::Major(major) => write!(f, "version {major}, which created the cluster"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_cluster_takes_supported_versions_and_an_existing_one_only_its_own() {
        let accepted = |required: RequiredVersion| [12, 13, 15, 17].map(|major| required.accepts(major));
        assert_eq!(accepted(RequiredVersion::Supported), [false, true, true, true]);
        assert_eq!(accepted(RequiredVersion::Major(15)), [false, false, true, false]);
    }
}
