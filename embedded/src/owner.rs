//! Who PostgreSQL runs as, and what that user can reach.
//!
//! PostgreSQL refuses to run as root. When we are root, its processes run as another user, and everything
//! they touch has to belong to that user.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User};

use super::EmbeddedError;

/// Where rm and sleep are; the last is NixOS's place.
const SYSTEM_PATH: &str = "/usr/bin:/bin:/run/current-system/sw/bin";
/// Enters one directory after the other; prints the first that is closed.
const FIND_CLOSED: &str = r#"for d; do cd "$d" 2>/dev/null || { printf %s "$d"; exit 1; }; done"#;

/// The user PostgreSQL runs as.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    /// Its name, for messages.
    pub(super) name: String,
    /// User and group to change to; `None` when we are a normal user ourselves.
    change_to: Option<(u32, u32)>,
}

impl Owner {
    /// Decides who runs the cluster in `cluster_dir`: ourselves, unless we are root. Root gives an existing
    /// cluster to the user that it belongs to, a new one to `postgres`, or else to `nobody`.
    pub(super) fn choose(cluster_dir: &Path) -> Result<Owner, EmbeddedError> {
        let me = Uid::effective();
        if !me.is_root() {
            return Ok(Owner {
                name: user_by_id(me).map_or_else(|| me.to_string(), |u| u.name),
                change_to: None,
            });
        }
        let of_cluster = cluster_dir.symlink_metadata().ok().map(|m| Uid::from_raw(m.uid()));
        of_cluster
            .filter(|uid| !uid.is_root())
            .and_then(user_by_id)
            .or_else(|| user_by_name("postgres"))
            .or_else(|| user_by_name("nobody"))
            .map(|user| Owner { name: user.name, change_to: Some((user.uid.as_raw(), user.gid.as_raw())) })
            .ok_or(EmbeddedError::NoUserToRunAs)
    }

    /// A command that runs as this user, knows nothing of our environment (which holds secrets, and `PG…`
    /// variables that are meant for another server) and does not hear the terminal's Ctrl-C.
    pub(super) fn command(&self, program: impl AsRef<OsStr>, path: Option<&OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").env("PATH", path.unwrap_or(OsStr::new(SYSTEM_PATH)));
        // Our own working directory may be closed to that user.
        command.current_dir("/").stdin(Stdio::null()).process_group(0);
        if let Some((uid, gid)) = self.change_to {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Checks that the user can get as far as `path`, or as the part of it that exists. It really tries:
    /// permission bits alone don't know of access lists and security modules.
    pub(super) fn check_reach(&self, path: &Path) -> Result<(), EmbeddedError> {
        if self.change_to.is_none() {
            return Ok(());
        }
        let mut way: Vec<&Path> = path.ancestors().skip(1).filter(|p| p.exists()).collect();
        way.reverse();
        let program = "/bin/sh";
        let output = self
            .command(program, None)
            .args(["-c", FIND_CLOSED, "sh"])
            .args(way)
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

    /// Creates `path` and what is missing above it, closed to everybody but this user.
    pub(super) fn create_dirs(&self, path: &Path) -> Result<(), EmbeddedError> {
        let mut missing: Vec<&Path> = path.ancestors().take_while(|p| !p.exists()).collect();
        missing.reverse();
        for dir in missing {
            match DirBuilder::new().mode(0o700).create(dir) {
                Ok(()) => self.take_over(dir)?,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(EmbeddedError::files("create the directory", dir)(error)),
            }
        }
        Ok(())
    }

    /// Gives a directory to this user.
    pub(super) fn take_over(&self, dir: &Path) -> Result<(), EmbeddedError> {
        let Some((uid, gid)) = self.change_to else { return Ok(()) };
        lchown(dir, Some(uid), Some(gid)).map_err(EmbeddedError::files("change the owner of", dir))
    }

    /// Opens a file to read and append, creating it for this user only. A symbolic link is refused: as root
    /// we would otherwise write wherever the user that owns the directory points us.
    pub(super) fn open_file(&self, path: &Path) -> Result<File, EmbeddedError> {
        let failed = || EmbeddedError::files("open the file", path);
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
