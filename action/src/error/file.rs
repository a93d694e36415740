//! A file that can't be read or written.

use std::io;

/// Why a file can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file is outside of the directories that inputs may name.
    #[error(
        "it is outside of the workspace and of RUNNER_TEMP, or a link leads there; only \
         `allow-outside-workspace: true` permits that"
    )]
    Outside,
    /// There is something else under this name.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// The file is too large.
    #[error("it has more than {0} bytes")]
    TooLarge(usize),
    /// The operating system refuses.
    #[error("{0}")]
    Io(io::Error),
}

impl FileError {
    /// Says what to change, where the operating system's own text does not.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Outside => Some(
                "Name a file in the workspace or in RUNNER_TEMP. If the workflow needs one elsewhere and trusts its \
                 checkout, set `allow-outside-workspace: true`.",
            ),
            Self::NotAFile(_) => Some("Name a plain file, under a name that nothing else has."),
            Self::TooLarge(_) => {
                Some("Store less: what the next phase needs, without what it can look up elsewhere.")
            }
            Self::Io(_) => None,
        }
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        // cap-std makes this error itself; one of the operating system has a number.
        let refused = error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none();
        if refused { Self::Outside } else { Self::Io(error) }
    }
}
