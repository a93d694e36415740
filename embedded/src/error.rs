//! What can go wrong with a PostgreSQL of our own. Every message names the cause and the fix.

use std::io;
use std::path::PathBuf;

/// Why the private PostgreSQL did not start, or did not stop.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// PostgreSQL refuses to run as root, and there is nobody else to run it as.
    #[error(
        "PostgreSQL refuses to run as root, and this system has neither a user \"postgres\" nor a user \
         \"nobody\" to run it as. Create one (useradd --system postgres), start phase-data as a normal user, \
         or set DATABASE_URL to a PostgreSQL that runs elsewhere"
    )]
    NoUserToRunAs,
    /// A directory above the data directory is closed to the user that PostgreSQL runs as.
    #[error(
        "the data directory {data_dir} can't be reached by the user \"{user}\", which PostgreSQL runs as \
         because it refuses to run as root: {blocked_at} is closed to that user. Choose another place with \
         --data-dir or PHASE_DATA_DATA_DIR, for example /var/lib/phase-data, or start phase-data as a \
         normal user", data_dir = data_dir.display(), blocked_at = blocked_at.display()
    )]
    Unreachable {
        /// The directory that was asked for.
        data_dir: PathBuf,
        /// The first directory on the way there that `user` can't enter.
        blocked_at: PathBuf,
        /// The user PostgreSQL would run as.
        user: String,
    },
    /// The data directory holds something else.
    #[error(
        "the data directory {} is not empty and is not one that phase-data made. Choose an empty or a new \
         directory with --data-dir or PHASE_DATA_DATA_DIR", .0.display()
    )]
    NotOurs(PathBuf),
    /// A throw-away cluster removes its directory, so that must not hold anything beforehand.
    #[error(
        "the directory {} is not empty: a throw-away PostgreSQL removes its whole directory at the end, so \
         it only starts in a new or an empty one", .0.display()
    )]
    NotEmpty(PathBuf),
    /// The operating system refused something about a file or directory.
    #[error(
        "could not {action} {}. It must be writable for the user that starts phase-data; another place is \
         chosen with --data-dir or PHASE_DATA_DATA_DIR", path.display()
    )]
    Files {
        /// What was tried, as in "create the directory".
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The caller refused the database that the data directory holds. Nothing was changed.
    #[error("the data directory {} {reason}", data_dir.display())]
    Refused {
        /// The data directory.
        data_dir: PathBuf,
        /// The caller's reason, and what to do.
        reason: String,
    },
    /// Another backend uses this directory.
    #[error(
        "another phase-data backend, or one of its commands, is running on the data directory {}. Stop that one first, or give this \
         one a directory of its own with --data-dir or PHASE_DATA_DATA_DIR. Several backends can share one \
         database through DATABASE_URL", .0.display()
    )]
    InUse(PathBuf),
    /// The PostgreSQL of an earlier backend has not gone.
    #[error(
        "the PostgreSQL that an earlier backend left in {} is still running after {waited} s{}",
        data_dir.display(), still_running_hint(*.pid)
    )]
    StillRunning {
        /// The directory that was asked for.
        data_dir: PathBuf,
        /// The process, when its pid file could be read.
        pid: Option<u32>,
        /// For how many seconds we waited.
        waited: u64,
    },
    /// The directory that was given has no usable PostgreSQL.
    #[error(
        "{} has no usable PostgreSQL: {reason}. Give the directory that holds the programs postgres and \
         initdb, for example /usr/lib/postgresql/17/bin, or leave the option out to have one found",
        bin_dir.display()
    )]
    BadBinDir {
        /// The directory that was given.
        bin_dir: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No PostgreSQL anywhere, nor could one be fetched.
    #[error(
        "no PostgreSQL ({needed}) was found on this machine, and fetching one failed.\n  Looked at: \
         {looked_at}\n  Download: {download}\n  Install it with: {install}\n  Or set DATABASE_URL to a \
         PostgreSQL that runs elsewhere"
    )]
    NoPostgres {
        /// Which versions would do.
        needed: String,
        /// Where it was looked for, and what was there.
        looked_at: String,
        /// Why the download failed.
        download: String,
        /// The command that installs it here.
        install: String,
    },
    /// The data were written by another major version.
    #[error(
        "the data in {} were made by PostgreSQL {cluster}, which no other major version can read. There is: \
         {looked_at}. Fetching {cluster} failed too: {download}.\n  Install PostgreSQL {cluster} ({install}) or \
         give its programs' directory as the PostgreSQL bin directory; or set the data directory aside and start \
         with an empty one", data_dir.display()
    )]
    WrongMajor {
        /// The directory that holds the data.
        data_dir: PathBuf,
        /// The major version that wrote them.
        cluster: u32,
        /// What was found instead.
        looked_at: String,
        /// Why the right one could not be fetched.
        download: String,
        /// The command that installs it here.
        install: String,
    },
    /// A program could not be started at all.
    #[error("could not start {}", program.display())]
    Spawn {
        /// Which program.
        program: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// `initdb` failed.
    #[error("initdb could not make a PostgreSQL cluster in {}. It said:\n{output}", data_dir.display())]
    Initdb {
        /// Where the cluster was to be.
        data_dir: PathBuf,
        /// All that it wrote.
        output: String,
    },
    /// PostgreSQL ended, or did not answer, before it was ready.
    #[error("PostgreSQL {what}. The end of its log, {}:\n{log_tail}", log.display())]
    NotReady {
        /// What it did instead.
        what: String,
        /// Its log file.
        log: PathBuf,
        /// The last lines of that file.
        log_tail: String,
    },
    /// PostgreSQL runs but its first statements failed.
    #[error("the private PostgreSQL runs, but preparing the database \"{database}\" failed")]
    Prepare {
        /// The database.
        database: String,
        /// What PostgreSQL said.
        source: sqlx::Error,
    },
    /// The runtime that the start ran in came to its end.
    #[error("starting the private PostgreSQL was cut off, because the program is ending")]
    Interrupted(#[source] tokio::task::JoinError),
    /// PostgreSQL did not go in time.
    #[error(
        "PostgreSQL in {} has not stopped after {waited} s. Nothing stored is lost: the next start waits for \
         it, then recovers", data_dir.display()
    )]
    NotStopped {
        /// The directory of the cluster.
        data_dir: PathBuf,
        /// For how many seconds we waited.
        waited: u64,
    },
}

impl EmbeddedError {
    /// Makes a mapper for `map_err`, so that every I/O error says what was tried with which path.
    pub(super) fn files(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> EmbeddedError {
        let path = path.into();
        move |source| EmbeddedError::Files { action, path, source }
    }
}

fn still_running_hint(pid: Option<u32>) -> String {
    match pid {
        Some(pid) => format!(
            ". If no backend is running on that directory, stop it with: kill -INT {pid}; otherwise wait and \
             start again"
        ),
        None => ". Wait a little and start again".to_owned(),
    }
}
