//! The owner of what the step makes.
//!
//! In a container the action runs as root. Files of root in the workspace of a self-hosted runner break the next checkout,
//! because the runner is another user and can't remove them. So what the step makes belongs to the owner of the directory
//! that it is in. Without the right to change owners, as outside of a container, the step's own user is right.

use std::os::fd::AsFd;
use std::os::unix::fs::fchown;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use cap_std::fs::{Dir, Metadata, MetadataExt, OpenOptions, OpenOptionsExt};

/// The owner of a file or a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { user: metadata.uid(), group: metadata.gid() }
    }

    /// Gives an open file or directory, which this step made, to this owner.
    pub(super) fn take(self, made: &fs::File) -> io::Result<()> {
        let by = std::os::unix::fs::MetadataExt::uid(&made.metadata()?);
        if by != self.user {
            // Some file systems and all other users refuse this. The file is complete all the same.
            let _ = fchown(made.as_fd(), Some(self.user), Some(self.group));
        }
        Ok(())
    }
}

/// Makes the missing directories of a path, and gives each to the owner of the one above it.
pub(super) fn make_directories(root: &Dir, path: &Path) -> io::Result<Dir> {
    let mut made = PathBuf::new();
    for component in path.components() {
        let above = if made.as_os_str().is_empty() { PathBuf::from(".") } else { made.clone() };
        made.push(component);
        if !matches!(component, Component::Normal(_)) {
            continue;
        }
        match root.create_dir(&made) {
            Ok(()) => {
                let owner = Owner::of(&root.open_dir(&above)?.dir_metadata()?);
                // Another process may have put a link there since.
                let mut options = OpenOptions::new();
                options.read(true).custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW);
                owner.take(&root.open_with(&made, &options)?.into_std())?;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    root.open_dir(path)
}
