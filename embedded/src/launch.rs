//! How PostgreSQL is started: by a script that stops it when we are gone.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use super::data_dir::DataDir;
use super::owner::Owner;
use super::{Durability, EmbeddedError, stale};

/// Arguments: two directories to remove at the end, each may be empty; the server's command line.
/// Files: 0, the pipe from us; 1, the pipe to us; 2, the log, whose lock says that somebody is still here.
///
/// It ignores the signals that a service manager sends to all processes of a service at once: the backend
/// stops first, PostgreSQL after it. `SIGINT` is PostgreSQL's "fast shutdown". It is repeated because a
/// PostgreSQL that was started this very moment does not listen to it yet.
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
/// What tells the script that we live and will start again: it must not remove anything.
pub(super) const AGAIN: &[u8] = b"again\n";

/// All it takes to start PostgreSQL, again and again.
#[derive(Debug)]
pub(super) struct Launch {
    owner: Owner,
    log: File,
    pid_files: [PathBuf; 2],
    arguments: Vec<OsString>,
}

impl Launch {
    /// Prepares to run `server` for the cluster in `dir`.
    pub(super) fn new(
        owner: &Owner,
        dir: &DataDir,
        durability: Durability,
        server: Vec<OsString>,
    ) -> Result<Launch, EmbeddedError> {
        let whole = (durability == Durability::Throwaway).then(|| dir.root());
        let removals =
            [whole, dir.foreign_socket_dir()].map(|path| path.map(PathBuf::from).unwrap_or_default());
        let arguments = removals.into_iter().map(OsString::from).chain(server).collect();
        Ok(Launch { owner: owner.clone(), log: dir.share_log()?, pid_files: dir.pid_files(), arguments })
    }

    /// Starts the script, which starts PostgreSQL. None of its processes may run any more.
    pub(super) fn spawn(&self) -> io::Result<Child> {
        stale::remove_pid_files_of_zombies(&self.pid_files);
        let mut command = self.owner.command("/bin/sh", None);
        command.args(["-c", SCRIPT, "phase-data-postgres"]).args(&self.arguments);
        // A stale pid file may by chance name a process of today. PostgreSQL knows itself and its parent, but
        // has to be told about us. (In a container that starts again, such chances are good.)
        command.env("PG_GRANDPARENT_PID", std::process::id().to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(self.log.try_clone()?);
        command.spawn()
    }
}
