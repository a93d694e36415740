//! The data directory: what lies where, and who may use it.
//!
//! ```text
//! backend.lock          locked while a backend uses the directory; also marks the directory as ours
//! cluster/              PostgreSQL's own data
//! cluster.new/          a cluster that initdb has not finished
//! socket/               where PostgreSQL listens
//! postgres.log          its log, locked for as long as any of its processes lives
//! postgresql-17.5.0/    PostgreSQL's programs, when they had to be fetched
//! ```

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::owner::Owner;
use super::{Durability, EmbeddedError, stale};

/// Held by the backend that uses the directory.
pub(super) const BACKEND_LOCK: &str = "backend.lock";
/// What a Unix socket's address can hold on every system: 104 bytes with the final zero on macOS.
const LONGEST_SOCKET: usize = 103;
/// A little more than the supervisor grants PostgreSQL before it uses force.
const PATIENCE: Duration = Duration::from_secs(20);
/// A process that was killed keeps its locks until the kernel has taken it apart.
const DYING: Duration = Duration::from_secs(1);
const LOG_LIMIT: u64 = 10 * 1024 * 1024;

/// A data directory that is ours for as long as this value lives.
#[derive(Debug)]
pub(super) struct DataDir {
    root: PathBuf,
    socket_dir: PathBuf,
    log: File,
    _backend_lock: File,
}

impl DataDir {
    /// Creates the directory where needed, and takes it. Blocks while an earlier PostgreSQL stops.
    pub(super) fn open(root: &Path, owner: &Owner, durability: Durability) -> Result<DataDir, EmbeddedError> {
        owner.check_reach(root)?;
        check_content(root, durability)?;
        owner.create_dirs(root)?;
        if is_empty(root)? {
            owner.take_over(root)?;
        }
        let backend_lock = lock_backend(root, owner)?;
        let log = lock_log(root, owner)?;
        let socket_dir = make_socket_dir(root, owner)?;
        Ok(DataDir { root: root.to_owned(), socket_dir, log, _backend_lock: backend_lock })
    }

    /// The directory itself.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of PostgreSQL's socket.
    pub(super) fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The socket's directory when it lies outside the data directory and so has to be removed by itself.
    pub(super) fn foreign_socket_dir(&self) -> Option<&Path> {
        (!self.socket_dir.starts_with(&self.root)).then_some(&self.socket_dir)
    }

    /// PostgreSQL's own data.
    pub(super) fn cluster(&self) -> PathBuf {
        cluster_in(&self.root)
    }

    /// Where initdb works.
    pub(super) fn unfinished_cluster(&self) -> PathBuf {
        self.root.join("cluster.new")
    }

    /// The files that PostgreSQL writes its process into.
    pub(super) fn pid_files(&self) -> [PathBuf; 2] {
        [pid_file_in(&self.root), self.socket_dir.join(".s.PGSQL.5432.lock")]
    }

    /// The path of PostgreSQL's log.
    pub(super) fn log_path(&self) -> PathBuf {
        log_in(&self.root)
    }

    /// The log, to hand to a process. The lock goes with it: it ends when the last holder has ended.
    pub(super) fn share_log(&self) -> Result<File, EmbeddedError> {
        self.log.try_clone().map_err(EmbeddedError::files("open the file", self.log_path()))
    }

    /// The last lines of the log, for error messages. Read from the open file, since the directory of a
    /// throw-away cluster may have been removed already.
    pub(super) fn log_tail(&self) -> String {
        let mut bytes = vec![0; 8192];
        let length = self.log.metadata().map_or(0, |metadata| metadata.len());
        let read = self.log.read_at(&mut bytes, length.saturating_sub(8192)).unwrap_or(0);
        let text = String::from_utf8_lossy(&bytes[..read]);
        let lines: Vec<&str> = text.lines().collect();
        if lines.is_empty() {
            return "(it is empty)".to_owned();
        }
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// The major version that made the cluster; `None` when there is no cluster yet.
    pub(super) fn cluster_major(&self) -> Result<Option<u32>, EmbeddedError> {
        let path = self.cluster().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().parse().ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EmbeddedError::files("read the file", path)(error)),
        }
    }
}

/// Where the cluster lies in a data directory.
pub(super) fn cluster_in(root: &Path) -> PathBuf {
    root.join("cluster")
}

fn log_in(root: &Path) -> PathBuf {
    root.join("postgres.log")
}

/// Refuses a directory that holds something else: it may be there by mistake, as in `--data-dir=$HOME`.
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

/// Whether there is nothing in the directory but what a file system makes by itself.
fn is_empty(root: &Path) -> Result<bool, EmbeddedError> {
    let entries = fs::read_dir(root).map_err(EmbeddedError::files("list the directory", root))?;
    Ok(entries.filter_map(Result::ok).all(|entry| entry.file_name() == "lost+found"))
}

fn lock_backend(root: &Path, owner: &Owner) -> Result<File, EmbeddedError> {
    let path = root.join(BACKEND_LOCK);
    let file = owner.open_file(&path)?;
    match lock_within(&file, DYING).map_err(EmbeddedError::files("lock the file", path))? {
        true => Ok(file),
        false => Err(EmbeddedError::InUse(root.to_owned())),
    }
}

/// Locks the log. The processes of a backend that was killed hold that lock until the last has gone.
fn lock_log(root: &Path, owner: &Owner) -> Result<File, EmbeddedError> {
    let path = log_in(root);
    let file = owner.open_file(&path)?;
    let failed = || EmbeddedError::files("lock the file", &path);
    if !lock_within(&file, Duration::ZERO).map_err(failed())? {
        tracing::info!(data_dir = %root.display(), "waiting for an earlier PostgreSQL to stop");
        if !lock_within(&file, PATIENCE).map_err(failed())? {
            let pid = stale::pid_in(&pid_file_in(root));
            let (data_dir, waited) = (root.to_owned(), PATIENCE.as_secs());
            return Err(EmbeddedError::StillRunning { data_dir, pid, waited });
        }
    }
    shorten(&file).map_err(EmbeddedError::files("shorten the file", path))?;
    Ok(file)
}

/// Locks the file as soon as nobody else does. `false`: somebody did all the time.
#[expect(
    clippy::disallowed_methods,
    reason = "runs on a thread for blocking work; file locks can't be awaited"
)]
fn lock_within(file: &File, patience: Duration) -> io::Result<bool> {
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if began.elapsed() >= patience => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Starts the log anew when it has grown long. Renaming it would take the lock away with it.
fn shorten(log: &File) -> io::Result<()> {
    if log.metadata()?.len() > LOG_LIMIT { log.set_len(0) } else { Ok(()) }
}

fn pid_file_in(root: &Path) -> PathBuf {
    cluster_in(root).join("postmaster.pid")
}

fn make_socket_dir(root: &Path, owner: &Owner) -> Result<PathBuf, EmbeddedError> {
    let inside = root.join("socket");
    if socket_fits(&inside) {
        owner.create_dirs(&inside)?;
        return Ok(inside);
    }
    // Not TMPDIR, which may be as long, or closed to the user PostgreSQL runs as.
    let mut attempt = 0;
    loop {
        let outside = PathBuf::from(format!("/tmp/phase-data-{}-{attempt}", std::process::id()));
        // An existing one is never used: in /tmp anybody may have made it.
        match DirBuilder::new().mode(0o700).create(&outside) {
            Ok(()) => return owner.take_over(&outside).map(|()| outside),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempt < 1000 => attempt += 1,
            Err(error) => return Err(EmbeddedError::files("create the directory", outside)(error)),
        }
    }
}

fn socket_fits(dir: &Path) -> bool {
    dir.join(".s.PGSQL.5432").as_os_str().len() <= LONGEST_SOCKET
}
