//! PostgreSQL's own data and command line.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::binaries::Binaries;
use super::data_dir::DataDir;
use super::owner::Owner;
use super::{Durability, EmbeddedError, SUPERUSER, Settings};

/// The making of a cluster.
#[derive(Debug)]
pub(super) struct Initdb {
    needed: bool,
    root: PathBuf,
    unfinished: PathBuf,
    cluster: PathBuf,
    program: PathBuf,
    command: Command,
}

impl Initdb {
    /// Looks whether there is a cluster already.
    pub(super) fn new(
        dir: &DataDir,
        owner: &Owner,
        binaries: &Binaries,
        durability: Durability,
    ) -> Result<Initdb, EmbeddedError> {
        let (program, unfinished) = (binaries.initdb(), dir.unfinished_cluster());
        let mut command = owner.command(&program, None);
        // Anybody who can reach the socket may connect: its directory is closed to all but the owner.
        command.args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--data-checksums"]);
        command.arg(format!("--username={SUPERUSER}")).arg("-D").arg(&unfinished);
        if durability == Durability::Throwaway {
            command.arg("--no-sync");
        }
        // It reads nothing from there, but keeps the directory locked should we be killed meanwhile.
        command.stdin(Stdio::from(dir.share_log()?));
        let needed = dir.cluster_major()?.is_none();
        Ok(Initdb {
            needed,
            root: dir.root().to_owned(),
            unfinished,
            cluster: dir.cluster(),
            program,
            command,
        })
    }

    /// Makes the cluster unless there is one. It is made beside its place and then renamed, so that a kill or
    /// a power cut in between leaves no half of one.
    pub(super) fn run_if_needed(mut self) -> Result<(), EmbeddedError> {
        if !self.needed {
            return Ok(());
        }
        tracing::info!(data_dir = %self.root.display(), "making a PostgreSQL cluster");
        match fs::remove_dir_all(&self.unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(EmbeddedError::files("remove the directory", self.unfinished)(error));
            }
            _ => {}
        }
        self.run()?;
        fs::rename(&self.unfinished, &self.cluster)
            .map_err(EmbeddedError::files("rename to its final place", self.unfinished))?;
        // The rename itself has to survive a power cut too.
        File::open(&self.root)
            .and_then(|root| root.sync_all())
            .map_err(EmbeddedError::files("sync the directory", self.root))
    }

    fn run(&mut self) -> Result<(), EmbeddedError> {
        let failed = |source| EmbeddedError::Spawn { program: self.program.clone(), source };
        let output = self.command.output().map_err(failed)?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        let output = String::from_utf8_lossy(&said).trim().to_owned();
        Err(EmbeddedError::Initdb { data_dir: self.root.clone(), output })
    }
}

/// The server's command line. What is set here wins over the cluster's postgresql.conf.
pub(super) fn server_command(settings: &Settings, dir: &DataDir, binaries: &Binaries) -> Vec<OsString> {
    let mut options: Vec<OsString> = [
        "listen_addresses=",
        "port=5432",
        "unix_socket_permissions=0700",
        "logging_collector=off",
        "log_destination=stderr",
        "log_timezone=UTC",
        "timezone=UTC",
        "log_checkpoints=off",
        // Failed statements are the backend's to report. In this log they would bring stored data along.
        "log_min_messages=log",
        "log_min_error_statement=panic",
    ]
    .map(OsString::from)
    .into();
    options.push(format!("max_connections={}", settings.max_connections).into());
    options.push(format!("shared_buffers={}MB", settings.shared_buffers_mb).into());
    options.push(quoted("unix_socket_directories=", dir.socket_dir().as_os_str()));
    if settings.durability == Durability::Throwaway {
        options.extend(["fsync=off", "full_page_writes=off", "synchronous_commit=off"].map(OsString::from));
    }
    let program = [binaries.postgres().into(), "-D".into(), dir.cluster().into()];
    program.into_iter().chain(options.into_iter().flat_map(|option| ["-c".into(), option])).collect()
}

/// The setting is a list: without quotes a comma in the path would end an entry.
fn quoted(setting: &str, path: &OsStr) -> OsString {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut text = setting.as_bytes().to_vec();
    text.push(b'"');
    for &byte in path.as_bytes() {
        text.extend(if byte == b'"' { &b"\"\""[..] } else { std::slice::from_ref(&byte) });
    }
    text.push(b'"');
    OsString::from_vec(text)
}
