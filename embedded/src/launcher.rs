//! Starts PostgreSQL by a script that stops it when the backend ends.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::data_dir::DataDir;
use crate::error::EmbeddedError;
use crate::os_user::OsUser;
use crate::settings::Durability;
use crate::stale;

/// Runs PostgreSQL, and stops it when standard input closes.
///
/// Arguments: two directories to remove at the end, each may be empty; the server's command line.
/// Files: 0, the pipe from the backend; 1, the pipe to the backend; 2, the log, whose lock shows that a process still runs.
///
/// The script ignores the signals that a service manager sends to all processes of a service at once: the backend
/// stops first, PostgreSQL after it. `SIGINT` is PostgreSQL's "fast shutdown". The script repeats it, because a
/// PostgreSQL that has just started does not handle it yet.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM
remove=$1 remove_too=$2
shift 2
"$@" </dev/null &
postgres=$!
exec >/dev/null
word=
read -r word
(
  seconds=0
  while
    signal=INT
    [ "$seconds" -lt 10 ] || signal=QUIT
    [ "$seconds" -lt 13 ] || signal=KILL
    kill -s "$signal" "$postgres"
  do
    sleep 1
    seconds=$((seconds + 1))
  done
) 2>/dev/null &
stopper=$!
wait "$postgres"
status=$?
kill -s KILL "$stopper" 2>/dev/null
if [ -z "$word" ]; then
  [ -z "$remove_too" ] || rm -rf -- "$remove_too"
  [ -z "$remove" ] || rm -rf -- "$remove"
fi
exit "$status"
"#;
/// Tells the script that PostgreSQL will be restarted, so that it removes nothing.
pub(crate) const RESTART: &[u8] = b"restart\n";

/// Starts PostgreSQL, repeatedly.
#[derive(Debug)]
pub(crate) struct Launcher {
    user: OsUser,
    log: File,
    pid_files: [PathBuf; 2],
    arguments: Vec<OsString>,
}

impl Launcher {
    /// Prepares to run `server` for the cluster in `dir`.
    pub(crate) fn new(
        user: &OsUser,
        dir: &DataDir,
        durability: Durability,
        server: Vec<OsString>,
    ) -> Result<Launcher, EmbeddedError> {
        let whole = (durability == Durability::Throwaway).then(|| dir.root());
        let removals =
            [whole, dir.external_socket_dir()].map(|path| path.map(PathBuf::from).unwrap_or_default());
        let arguments = removals.into_iter().map(OsString::from).chain(server).collect();
        Ok(Launcher { user: user.clone(), log: dir.share_log()?, pid_files: dir.pid_files(), arguments })
    }

    /// Starts the script, which starts PostgreSQL. No process of an earlier PostgreSQL may run.
    pub(crate) fn spawn(&self) -> io::Result<Child> {
        stale::remove_pid_files_of_zombies(&self.pid_files);
        let mut command = self.user.command("/bin/sh", None);
        command.args(["-c", SCRIPT, "phase-data-postgres"]).args(&self.arguments);
        // A stale pid file may name a process that runs now, which is likely in a restarted container. PostgreSQL
        // recognises itself and its parent, and needs this variable to recognise the backend.
        command.env("PG_GRANDPARENT_PID", std::process::id().to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(self.log.try_clone()?);
        command.spawn()
    }
}
