//! A file that can't be read or written.

use std::io;

/// A file can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file is outside of the directories that inputs may name.
    #[error(
        "it is outside the working directory and RUNNER_TEMP, or a link points there, which needs \
         allow-outside-workspace"
    )]
    Outside,
    /// The workspace or `RUNNER_TEMP` does not exist.
    #[error("the directory {0} does not exist where the action runs")]
    NoDirectory(String),
    /// The name is not that of a file.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// The file is too large.
    #[error("it is larger than {0} bytes")]
    TooLarge(usize),
    /// The operating system refused.
    #[error("{0}")]
    Io(io::Error),
}

impl FileError {
    /// Says what to change, where the operating system's own text does not.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Outside => Some(
                "Use a file in the workspace or in RUNNER_TEMP. If the workflow needs another file and trusts its checkout, \
                 set `allow-outside-workspace: true`.",
            ),
            Self::NoDirectory(_) => Some(
                "The runner must mount its workspace and RUNNER_TEMP into the action's container, under the paths in \
                 GITHUB_WORKSPACE and RUNNER_TEMP. Use a file in the one that exists.",
            ),
            Self::NotAFile(_) => Some("Use the name of a regular file, or a name that does not exist yet."),
            Self::TooLarge(_) => Some("Store less: only what the next phase needs and can't read elsewhere."),
            Self::Io(_) => None,
        }
    }
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        // cap-std creates this error itself; an error of the operating system has a number.
        let refused = error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none();
        if refused { Self::Outside } else { Self::Io(error) }
    }
}
