//! The operating system's user that PostgreSQL runs as, and what that user can reach.
//!
//! PostgreSQL refuses to run as root. If the backend is root, PostgreSQL runs as another user, and every file that
//! it writes must belong to that user.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User};

use crate::error::EmbeddedError;

/// Where rm and sleep are; the last directory is that of NixOS.
const SYSTEM_PATH: &str = "/usr/bin:/bin:/run/current-system/sw/bin";
/// Enters one directory after the other, and prints the first that is closed.
const FIND_CLOSED: &str = r#"for d; do cd "$d" 2>/dev/null || { printf %s "$d"; exit 1; }; done"#;

/// The user that PostgreSQL runs as.
#[derive(Debug, Clone)]
pub(crate) struct OsUser {
    /// Its name, for messages.
    pub(crate) name: String,
    /// The user and group to change to; `None` if the backend is not root.
    change_to: Option<(u32, u32)>,
}

impl OsUser {
    /// Chooses the user that runs the cluster in `cluster_dir`: the current user, unless that is root. Root runs an
    /// existing cluster as the user that owns it, and a new one as `postgres`, otherwise as `nobody`.
    pub(crate) fn choose(cluster_dir: &Path) -> Result<OsUser, EmbeddedError> {
        let current = Uid::effective();
        if !current.is_root() {
            return Ok(OsUser {
                name: user_by_id(current).map_or_else(|| current.to_string(), |u| u.name),
                change_to: None,
            });
        }
        let of_cluster = cluster_dir.symlink_metadata().ok().map(|m| Uid::from_raw(m.uid()));
        of_cluster
            .filter(|uid| !uid.is_root())
            .and_then(user_by_id)
            .or_else(|| user_by_name("postgres"))
            .or_else(|| user_by_name("nobody"))
            .map(|user| OsUser { name: user.name, change_to: Some((user.uid.as_raw(), user.gid.as_raw())) })
            .ok_or(EmbeddedError::NoUserToRunAs)
    }

    /// Returns a command that runs as this user. It inherits no environment, which holds secrets and `PG…` variables for
    /// another server, and does not receive the terminal's Ctrl-C.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, path: Option<&OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").env("PATH", path.unwrap_or(OsStr::new(SYSTEM_PATH)));
        // The current working directory may be closed to that user.
        command.current_dir("/").stdin(Stdio::null()).process_group(0);
        if let Some((uid, gid)) = self.change_to {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Checks that the user can reach `path`, or the part of it that exists. It enters each directory, because
    /// permission bits don't show access lists and security modules.
    pub(crate) fn check_reach(&self, path: &Path) -> Result<(), EmbeddedError> {
        if self.change_to.is_none() {
            return Ok(());
        }
        let mut parents: Vec<&Path> = path.ancestors().skip(1).filter(|p| p.exists()).collect();
        parents.reverse();
        let program = "/bin/sh";
        let output = self
            .command(program, None)
            .args(["-c", FIND_CLOSED, "sh"])
            .args(parents)
            .output()
            .map_err(|source| EmbeddedError::Spawn { program: program.into(), source })?;
        if output.status.success() {
            return Ok(());
        }
        Err(EmbeddedError::Unreachable {
            data_dir: path.to_owned(),
            blocked_at: PathBuf::from(String::from_utf8_lossy(&output.stdout).into_owned()),
            user: self.name.clone(),
        })
    }

    /// Creates `path` and its missing parents, open to this user only.
    pub(crate) fn create_dirs(&self, path: &Path) -> Result<(), EmbeddedError> {
        let mut missing: Vec<&Path> = path.ancestors().take_while(|p| !p.exists()).collect();
        missing.reverse();
        for dir in missing {
            match DirBuilder::new().mode(0o700).create(dir) {
                Ok(()) => self.take_over(dir)?,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(EmbeddedError::io("create the directory", dir)(error)),
            }
        }
        Ok(())
    }

    /// Makes this user the owner of a directory.
    pub(crate) fn take_over(&self, dir: &Path) -> Result<(), EmbeddedError> {
        let Some((uid, gid)) = self.change_to else { return Ok(()) };
        lchown(dir, Some(uid), Some(gid)).map_err(EmbeddedError::io("change the owner of", dir))
    }

    /// Opens a file to read and append, and creates it for this user only. Refuses a symbolic link: with one, the user
    /// that owns the directory could make root write to any file.
    pub(crate) fn open_file(&self, path: &Path) -> Result<File, EmbeddedError> {
        let failed = || EmbeddedError::io("open the file", path);
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(nix::libc::O_NOFOLLOW)
            .open(path)
            .map_err(failed())?;
        if let Some((uid, gid)) = self.change_to {
            fchown(&file, Some(uid), Some(gid)).map_err(failed())?;
        }
        Ok(file)
    }
}

fn user_by_id(uid: Uid) -> Option<User> {
    User::from_uid(uid).ok().flatten()
}

fn user_by_name(name: &str) -> Option<User> {
    User::from_name(name).ok().flatten()
}
