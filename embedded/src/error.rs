//! Errors of a private PostgreSQL. Every message names the cause and the fix.

use std::io;
use std::path::PathBuf;

/// A private PostgreSQL did not start, or did not stop.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// PostgreSQL refuses to run as root, and the system has no other user to run it as.
    #[error(
        "PostgreSQL refuses to run as root, and this system has neither a user \"postgres\" nor a user \
         \"nobody\". Create one (useradd --system postgres), start phase-data as a normal user, or set \
         DATABASE_URL to another PostgreSQL"
    )]
    NoUserToRunAs,
    /// The user that PostgreSQL runs as can't enter a directory above the data directory.
    #[error(
        "the user \"{user}\" can't reach the data directory {data_dir}: it can't enter {blocked_at}. PostgreSQL \
         runs as that user, because it refuses to run as root. Choose another directory with --data-dir or \
         PHASE_DATA_DATA_DIR, for example /var/lib/phase-data, or start phase-data as a normal user", data_dir = data_dir.display(), blocked_at = blocked_at.display()
    )]
    Unreachable {
        /// The data directory.
        data_dir: PathBuf,
        /// The first parent directory that `user` can't enter.
        blocked_at: PathBuf,
        /// The user that PostgreSQL would run as.
        user: String,
    },
    /// The data directory contains other files.
    #[error(
        "the data directory {} is not empty, and phase-data did not create it. Choose an empty or a new \
         directory with --data-dir or PHASE_DATA_DATA_DIR", .0.display()
    )]
    NotOurs(PathBuf),
    /// The directory of a throw-away cluster, which is removed at the end, is not empty.
    #[error(
        "the directory {} is not empty. A throw-away PostgreSQL removes its directory at the end, so it needs \
         a new or an empty one", .0.display()
    )]
    NotEmpty(PathBuf),
    /// An operation on a file or directory failed.
    #[error(
        "could not {action} {}. The user that starts phase-data must be able to write there. Choose another \
         directory with --data-dir or PHASE_DATA_DATA_DIR", path.display()
    )]
    Io {
        /// The operation, like "create the directory".
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The caller refused the database in the data directory. Nothing was changed.
    #[error("the data directory {} {reason}", data_dir.display())]
    Refused {
        /// The data directory.
        data_dir: PathBuf,
        /// The caller's reason, and what to do.
        reason: String,
    },
    /// Another backend uses this directory.
    #[error(
        "another phase-data backend, or one of its commands, is running on the data directory {}. Stop it first, \
         or choose another directory with --data-dir or PHASE_DATA_DATA_DIR. Several backends can share one \
         database with DATABASE_URL", .0.display()
    )]
    InUse(PathBuf),
    /// The PostgreSQL of an earlier backend has not stopped.
    #[error(
        "the PostgreSQL of an earlier backend in {} is still running after {waited} s{}",
        data_dir.display(), still_running_hint(*.postmaster, .running)
    )]
    StillRunning {
        /// The data directory.
        data_dir: PathBuf,
        /// Its main process, if that runs.
        postmaster: Option<u32>,
        /// All of its processes.
        running: Vec<u32>,
        /// The time that the backend waited, in seconds.
        waited: u64,
    },
    /// The configured directory has no usable PostgreSQL.
    #[error(
        "{} has no usable PostgreSQL: {reason}. Name the directory of the programs postgres and initdb, for \
         example /usr/lib/postgresql/17/bin, or omit the option to search for one",
        bin_dir.display()
    )]
    BadBinDir {
        /// The configured directory.
        bin_dir: PathBuf,
        /// The cause.
        reason: String,
    },
    /// No PostgreSQL was found, and the download failed.
    #[error(
        "no PostgreSQL ({required}) was found on this machine, and the download failed.\n  Searched: \
         {searched}\n  Download: {download}\n  Install it with: {install}\n  Or set DATABASE_URL to another \
         PostgreSQL"
    )]
    NoPostgres {
        /// The versions that can run the cluster.
        required: String,
        /// Where the programs were searched for, and what was found.
        searched: String,
        /// The reason why the download failed.
        download: String,
        /// The command that installs it on this system.
        install: String,
    },
    /// Another major version wrote the data.
    #[error(
        "the data in {} are of PostgreSQL {cluster}, and no other major version can read them. Found: \
         {searched}. The download of PostgreSQL {cluster} failed, too: {download}.\n  Install PostgreSQL {cluster} \
         ({install}), or name the directory of its programs with --postgres-bin-dir, or move the data directory \
         away and start with an empty one", data_dir.display()
    )]
    WrongMajor {
        /// The data directory.
        data_dir: PathBuf,
        /// The major version that wrote the data.
        cluster: u32,
        /// The other versions that were found.
        searched: String,
        /// The reason why the download failed.
        download: String,
        /// The command that installs it on this system.
        install: String,
    },
    /// A program could not be started.
    #[error("could not start {}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// `initdb` failed.
    #[error("initdb could not create a PostgreSQL cluster in {}. Its output:\n{output}", data_dir.display())]
    Initdb {
        /// The data directory.
        data_dir: PathBuf,
        /// The output of initdb.
        output: String,
    },
    /// PostgreSQL ended or did not answer before it was ready.
    #[error("PostgreSQL {reason}. The end of its log, {}:\n{log_tail}", log.display())]
    NotReady {
        /// The cause, which continues "PostgreSQL …".
        reason: String,
        /// The log file.
        log: PathBuf,
        /// The last lines of the log.
        log_tail: String,
    },
    /// PostgreSQL runs, but its first statements failed.
    #[error("the private PostgreSQL runs, but preparing the database \"{database}\" failed")]
    Prepare {
        /// The database.
        database: String,
        /// The error of PostgreSQL.
        source: sqlx::Error,
    },
    /// The runtime that ran the start ended.
    #[error("the start of the private PostgreSQL was interrupted, because the program is ending")]
    Interrupted(#[source] tokio::task::JoinError),
    /// PostgreSQL did not stop in time.
    #[error(
        "PostgreSQL in {} has not stopped after {waited} s. No stored data is lost: the next start waits for \
         it, then recovers", data_dir.display()
    )]
    NotStopped {
        /// The data directory.
        data_dir: PathBuf,
        /// The time that the backend waited, in seconds.
        waited: u64,
    },
}

impl EmbeddedError {
    /// Returns a mapper for `map_err`, so that every I/O error names the operation and the path.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> EmbeddedError {
        let path = path.into();
        move |source| EmbeddedError::Io { action, path, source }
    }
}

fn still_running_hint(postmaster: Option<u32>, running: &[u32]) -> String {
    match (postmaster, running) {
        (Some(pid), _) => format!(
            ". If no backend is running on that directory, stop it with: kill -INT {pid}; otherwise wait and retry"
        ),
        (None, []) => ". Wait, then retry".to_owned(),
        // They end by themselves, unless something stopped them, and they don't react to other signals then.
        (None, running) => {
            let pids: Vec<String> = running.iter().map(u32::to_string).collect();
            format!(
                ". Its main process has ended, and others remain. End them with: kill -KILL {}; then retry. The next start \
                 recovers the data",
                pids.join(" ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postgresql_that_remains_is_named_by_processes_that_run() {
        let shown = |postmaster, running: &[u32]| {
            let data_dir = PathBuf::from("/data");
            let running = running.to_vec();
            EmbeddedError::StillRunning { data_dir, postmaster, running, waited: 60 }.to_string()
        };
        assert!(shown(Some(7), &[7, 8]).ends_with("stop it with: kill -INT 7; otherwise wait and retry"));
        let remaining = shown(None, &[8, 9]);
        assert!(
            remaining.contains("kill -KILL 8 9; then retry") && !remaining.contains("-INT"),
            "{remaining}"
        );
        assert!(shown(None, &[]).ends_with("after 60 s. Wait, then retry"));
    }
}
