//! The data directory: its layout and its locks.
//!
//! ```text
//! backend.lock          locked while a backend uses the directory; marks a data directory of phase-data
//! cluster/              PostgreSQL's own data
//! cluster.new/          an unfinished cluster, while initdb runs
//! socket/               the directory of the Unix socket
//! postgres.log          its log, locked while any of its processes runs
//! postgresql-17.5.0/    downloaded programs of PostgreSQL
//! ```

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::EmbeddedError;
use crate::os_user::OsUser;
use crate::settings::Durability;
use crate::stale;

/// The file that the backend which uses the directory locks.
pub(crate) const BACKEND_LOCK: &str = "backend.lock";
/// The longest path of a Unix socket that every system accepts: macOS has 104 bytes with the final zero.
const MAX_SOCKET_PATH: usize = 103;
/// The deadline of an earlier PostgreSQL to stop. The supervisor kills it sooner.
const EARLIER_STOP_LIMIT: Duration = Duration::from_secs(20);
/// The deadline of the kernel to release the locks of a killed process.
const LOCK_RELEASE_LIMIT: Duration = Duration::from_secs(1);
const MAX_LOG_BYTES: u64 = 10 * 1024 * 1024;

/// A data directory, locked until this value is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    root: PathBuf,
    socket_dir: PathBuf,
    log: File,
    _backend_lock: File,
}

impl DataDir {
    /// Creates the directory if it is missing, and locks it. Blocks while an earlier PostgreSQL stops.
    pub(crate) fn open(root: &Path, user: &OsUser, durability: Durability) -> Result<DataDir, EmbeddedError> {
        user.check_reach(root)?;
        check_content(root, durability)?;
        user.create_dirs(root)?;
        if is_empty(root)? {
            user.take_over(root)?;
        }
        let backend_lock = lock_backend(root, user)?;
        let log = lock_log(root, user)?;
        let socket_dir = make_socket_dir(root, user)?;
        Ok(DataDir { root: root.to_owned(), socket_dir, log, _backend_lock: backend_lock })
    }

    /// The directory itself.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of the Unix socket.
    pub(crate) fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The directory of the Unix socket if it is outside the data directory, and so must be removed separately.
    pub(crate) fn external_socket_dir(&self) -> Option<&Path> {
        (!self.socket_dir.starts_with(&self.root)).then_some(&self.socket_dir)
    }

    /// PostgreSQL's own data.
    pub(crate) fn cluster(&self) -> PathBuf {
        cluster_in(&self.root)
    }

    /// The directory in which initdb works.
    pub(crate) fn unfinished_cluster(&self) -> PathBuf {
        self.root.join("cluster.new")
    }

    /// The files that contain PostgreSQL's process id.
    pub(crate) fn pid_files(&self) -> [PathBuf; 2] {
        [pid_file_in(&self.root), self.socket_dir.join(".s.PGSQL.5432.lock")]
    }

    /// The path of PostgreSQL's log.
    pub(crate) fn log_path(&self) -> PathBuf {
        log_in(&self.root)
    }

    /// Returns the log for a child process. Its lock is released when the last process that has it ends.
    pub(crate) fn share_log(&self) -> Result<File, EmbeddedError> {
        self.log.try_clone().map_err(EmbeddedError::io("open the file", self.log_path()))
    }

    /// Returns the last lines of the log, for error messages. Reads the open file, because the directory of a
    /// throw-away cluster may be removed already.
    pub(crate) fn log_tail(&self) -> String {
        let mut bytes = vec![0; 8192];
        let length = self.log.metadata().map_or(0, |metadata| metadata.len());
        let read = self.log.read_at(&mut bytes, length.saturating_sub(8192)).unwrap_or(0);
        let text = String::from_utf8_lossy(&bytes[..read]);
        let lines: Vec<&str> = text.lines().collect();
        if lines.is_empty() {
            return "(empty)".to_owned();
        }
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// Returns the major version that created the cluster; `None` if the cluster does not exist.
    pub(crate) fn cluster_major(&self) -> Result<Option<u32>, EmbeddedError> {
        let path = self.cluster().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EmbeddedError::io("read the file", path)(error)),
        }
    }
}

/// Returns the path of the cluster in a data directory.
pub(crate) fn cluster_in(root: &Path) -> PathBuf {
    root.join("cluster")
}

fn log_in(root: &Path) -> PathBuf {
    root.join("postgres.log")
}

/// Refuses a directory with other content: it may be named by mistake, as in `--data-dir=$HOME`.
fn check_content(root: &Path, durability: Durability) -> Result<(), EmbeddedError> {
    if !root.exists() || is_empty(root)? {
        return Ok(());
    }
    match durability {
        Durability::Throwaway => Err(EmbeddedError::NotEmpty(root.to_owned())),
        Durability::Safe if root.join(BACKEND_LOCK).exists() => Ok(()),
        Durability::Safe => Err(EmbeddedError::NotOurs(root.to_owned())),
    }
}

/// Checks that the directory contains only what a file system creates itself.
fn is_empty(root: &Path) -> Result<bool, EmbeddedError> {
    let entries = fs::read_dir(root).map_err(EmbeddedError::io("list the directory", root))?;
    Ok(entries.filter_map(Result::ok).all(|entry| entry.file_name() == "lost+found"))
}

fn lock_backend(root: &Path, user: &OsUser) -> Result<File, EmbeddedError> {
    let path = root.join(BACKEND_LOCK);
    let file = user.open_file(&path)?;
    match lock_within(&file, LOCK_RELEASE_LIMIT).map_err(EmbeddedError::io("lock the file", path))? {
        true => Ok(file),
        false => Err(EmbeddedError::InUse(root.to_owned())),
    }
}

/// Locks the log. The PostgreSQL of a killed backend holds that lock until its last process has ended.
fn lock_log(root: &Path, user: &OsUser) -> Result<File, EmbeddedError> {
    let path = log_in(root);
    let file = user.open_file(&path)?;
    let failed = || EmbeddedError::io("lock the file", &path);
    if !lock_within(&file, Duration::ZERO).map_err(failed())? {
        tracing::info!(data_dir = %root.display(), "waiting until an earlier PostgreSQL has stopped");
        if !lock_within(&file, EARLIER_STOP_LIMIT).map_err(failed())? {
            let running = stale::processes_in(&cluster_in(root));
            let postmaster = stale::pid_in(&pid_file_in(root)).filter(|pid| running.contains(pid));
            let (data_dir, waited) = (root.to_owned(), EARLIER_STOP_LIMIT.as_secs());
            return Err(EmbeddedError::StillRunning { data_dir, postmaster, running, waited });
        }
    }
    truncate_long(&file).map_err(EmbeddedError::io("truncate the file", path))?;
    Ok(file)
}

/// Locks the file, waiting up to the limit. `false`: another process held the lock all the time.
#[expect(
    clippy::disallowed_methods,
    reason = "runs on a thread for blocking work; file locks can't be awaited"
)]
fn lock_within(file: &File, limit: Duration) -> io::Result<bool> {
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if began.elapsed() >= limit => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Truncates a log that has grown long. A renamed file would keep the lock.
fn truncate_long(log: &File) -> io::Result<()> {
    if log.metadata()?.len() > MAX_LOG_BYTES { log.set_len(0) } else { Ok(()) }
}

fn pid_file_in(root: &Path) -> PathBuf {
    cluster_in(root).join("postmaster.pid")
}

fn make_socket_dir(root: &Path, user: &OsUser) -> Result<PathBuf, EmbeddedError> {
    let inside = root.join("socket");
    if socket_fits(&inside) {
        user.create_dirs(&inside)?;
        return Ok(inside);
    }
    // Not TMPDIR: it may be too long, or closed to the user that PostgreSQL runs as.
    let mut attempt = 0;
    loop {
        let outside = PathBuf::from(format!("/tmp/phase-data-{}-{attempt}", std::process::id()));
        // An existing directory is never used: every user can create one in /tmp.
        match DirBuilder::new().mode(0o700).create(&outside) {
            Ok(()) => return user.take_over(&outside).map(|()| outside),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 1000 => attempt += 1,
            Err(error) => return Err(EmbeddedError::io("create the directory", outside)(error)),
        }
    }
}

fn socket_fits(dir: &Path) -> bool {
    dir.join(".s.PGSQL.5432").as_os_str().len() <= MAX_SOCKET_PATH
}
