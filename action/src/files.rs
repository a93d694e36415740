//! Files that inputs name, and files that steps leave for each other.
//!
//! A checkout can contain symbolic links, so a name does not show where a file is. [`NamedFile`] opens files below one
//! directory, and the kernel refuses every link and `..` that leaves it. Files are written under a temporary name in the
//! same directory and renamed: readers see the old content or the new one, and a link at the final name is never
//! followed.

use std::ffi::OsStr;
use std::fs::{FileType, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, MetadataExt as _, OpenOptionsExt as _};

use crate::error::{Error, FileError, shown};
use crate::random;

mod ownership;

use ownership::{Owner, make_directories};

/// The largest document that is read from a file. A backend accepts 16 MiB by default, and three times that with white space.
pub(crate) const MAX_DOCUMENT_BYTES: usize = 64 << 20;
/// The largest answer with documents: an issue has up to three.
pub(crate) const MAX_DOCUMENTS_BYTES: usize = 2 * MAX_DOCUMENT_BYTES;

/// Opens without blocking: a named pipe would wait for a writer.
const OPEN_FLAGS: i32 = libc::O_NONBLOCK | libc::O_NOCTTY;

/// A file, and the directory that its path can't leave.
#[derive(Debug, Clone)]
pub(crate) struct NamedFile {
    /// The name in the workflow.
    named: PathBuf,
    /// The directory that links can't leave. `None`: links may point anywhere.
    root: Option<PathBuf>,
    /// The path below `root`, or the whole path without one.
    path: PathBuf,
}

impl NamedFile {
    /// Accepts a file in any directory.
    pub(crate) fn anywhere(named: PathBuf, path: PathBuf) -> Self {
        Self { named, root: None, path }
    }

    /// Accepts a file below a directory. Messages name its whole path.
    pub(crate) fn inside(root: &Path, path: &Path) -> Result<Self, FileError> {
        let named = root.join(path);
        Ok(Self { named, ..Self::below(&[root], path.to_owned())? })
    }

    /// Accepts a file below one of these directories. Relative names start from the first.
    pub(crate) fn below(roots: &[&Path], named: PathBuf) -> Result<Self, FileError> {
        let found = match (named.is_relative(), roots) {
            (true, [first, ..]) => Some((first.to_path_buf(), named.clone())),
            _ => roots.iter().find_map(|root| relative_to(root, &named)),
        };
        let (root, path) = found.filter(|(_, path)| !leaves(path)).ok_or(FileError::Outside)?;
        let path = if path.as_os_str().is_empty() { PathBuf::from(".") } else { path };
        Ok(Self { named, root: Some(root), path })
    }

    /// Returns the name in the workflow.
    pub(crate) fn named(&self) -> &Path {
        &self.named
    }

    /// Returns the whole path.
    pub(crate) fn full_path(&self) -> PathBuf {
        self.root.as_ref().map_or_else(|| self.path.clone(), |root| root.join(&self.path))
    }

    /// Reads the whole file, up to a limit.
    pub(crate) fn read(&self, limit: usize) -> Result<Vec<u8>, FileError> {
        let Some(root) = &self.root else { return read(&self.path, limit) };
        let mut options = cap_std::fs::OpenOptions::new();
        options.read(true).custom_flags(OPEN_FLAGS);
        let root = open_root(root)?;
        read_all(root.open_with(&self.path, &options)?.into_std(), limit)
    }

    /// Writes the whole file, in place of an existing one. Creates missing directories below the root.
    pub(crate) fn write(&self, text: &str) -> Result<(), Error> {
        self.write_with_mode(text, None)
    }

    /// Writes the whole file like [`write`](Self::write), readable for this user only.
    pub(crate) fn write_private(&self, text: &str) -> Result<(), Error> {
        self.write_with_mode(text, Some(0o600))
    }

    fn write_with_mode(&self, text: &str, mode: Option<u32>) -> Result<(), Error> {
        // A name of its own for each writer: two steps may write the same file at once.
        let draft = format!(".phase-data-{:032x}.tmp", random::bits()?);
        self.replace(draft.as_ref(), text, mode).map_err(|source| Error::document_file(&self.named, source))
    }

    fn replace(&self, draft: &OsStr, text: &str, mode: Option<u32>) -> Result<(), FileError> {
        let name = self.path.file_name().ok_or(FileError::NotAFile("a directory"))?;
        let directory = self.directory()?;
        let before = match directory.symlink_metadata(name) {
            Ok(there) if there.is_file() => Some(there),
            Ok(there) if there.is_dir() => return Err(FileError::NotAFile("a directory")),
            Ok(there) if there.is_symlink() => return Err(FileError::NotAFile("a symbolic link")),
            Ok(_) => return Err(FileError::NotAFile("a named pipe, a socket or a device")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let mut options = cap_std::fs::OpenOptions::new();
        options.write(true).create_new(true).mode(mode.unwrap_or(0o666));
        let mut file = directory.open_with(draft, &options)?.into_std();
        let owner = match &before {
            Some(before) => Owner::of(before),
            None => Owner::of(&directory.dir_metadata()?),
        };
        let mode = before.filter(|_| mode.is_none()).map(|before| before.mode() & 0o777);
        let written = owner
            .take(&file)
            .and_then(|()| mode.map_or(Ok(()), |mode| file.set_permissions(Permissions::from_mode(mode))))
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| directory.rename(draft, &directory, name));
        if written.is_err() {
            // The partial file is useless; the first error counts.
            let _ = directory.remove_file(draft);
        }
        Ok(written?)
    }

    /// Opens the directory that the file is in.
    fn directory(&self) -> Result<Dir, FileError> {
        let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let Some(root) = &self.root else {
            let parent = parent.unwrap_or(Path::new("."));
            let existing = parent.ancestors().find(|it| it.is_dir()).unwrap_or(Path::new("."));
            let base = Dir::open_ambient_dir(existing, ambient_authority())?;
            let missing = parent.strip_prefix(existing).unwrap_or(parent);
            return if missing.as_os_str().is_empty() {
                Ok(base)
            } else {
                Ok(make_directories(&base, missing)?)
            };
        };
        let root = open_root(root)?;
        let Some(parent) = parent else { return Ok(root) };
        match root.open_dir(parent) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // Only opening distinguishes a link that leaves the root from one that is followed.
            opened => return Ok(opened?),
        }
        match make_directories(&root, parent) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(FileError::NotAFile("below a link that leads nowhere"))
            }
            made => Ok(made?),
        }
    }

    /// Removes the file. Returns `false` if it did not exist.
    pub(crate) fn remove(&self) -> Result<bool, FileError> {
        let removed = match &self.root {
            Some(root) => {
                Dir::open_ambient_dir(root, ambient_authority()).and_then(|root| root.remove_file(&self.path))
            }
            None => std::fs::remove_file(&self.path),
        };
        match removed {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Opens the directory that a path can't leave. It is never made: a directory that the runner did not mount into the
/// container would be lost with it.
fn open_root(root: &Path) -> Result<Dir, FileError> {
    Dir::open_ambient_dir(root, ambient_authority()).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => FileError::NoDirectory(shown(root)),
        _ => error.into(),
    })
}

/// Reads a whole file of the runner, up to a limit.
pub(crate) fn read(path: &Path, limit: usize) -> Result<Vec<u8>, FileError> {
    read_all(OpenOptions::new().read(true).custom_flags(OPEN_FLAGS).open(path)?, limit)
}

/// Reads an open file. Checks the file itself, because its name may refer to another file now.
fn read_all(file: std::fs::File, limit: usize) -> Result<Vec<u8>, FileError> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(FileError::NotAFile(kind(metadata.file_type())));
    }
    if usize::try_from(metadata.len()).map_or(true, |size| size > limit) {
        return Err(FileError::TooLarge(limit));
    }
    // The file may grow while it is read.
    read_stream(file, limit)
}

/// Reads a stream to its end, up to a limit.
pub(crate) fn read_stream(stream: impl Read, limit: usize) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let read = stream.take((limit as u64).saturating_add(1)).read_to_end(&mut bytes)?;
    if read > limit { Err(FileError::TooLarge(limit)) } else { Ok(bytes) }
}

fn kind(file_type: FileType) -> &'static str {
    match file_type {
        it if it.is_dir() => "a directory",
        it if it.is_fifo() => "a named pipe",
        it if it.is_socket() => "a socket",
        _ => "a device",
    }
}

/// Returns the directory and the path below it, if an absolute path is below the directory.
fn relative_to(root: &Path, path: &Path) -> Option<(PathBuf, PathBuf)> {
    let below = |root: PathBuf| path.strip_prefix(&root).map(Path::to_owned).ok().map(|path| (root, path));
    below(root.to_owned()).or_else(|| below(root.canonicalize().ok()?))
}

/// Checks by its components if a relative path leaves its start.
fn leaves(path: &Path) -> bool {
    let mut depth = 0_usize;
    for part in path.components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests;
