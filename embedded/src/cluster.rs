//! Creates a cluster, and builds the server's command line.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::binaries::Binaries;
use crate::connection::SUPERUSER;
use crate::data_dir::DataDir;
use crate::error::EmbeddedError;
use crate::os_user::OsUser;
use crate::settings::{Durability, Settings};

/// Creates a cluster with initdb.
#[derive(Debug)]
pub(crate) struct Initdb {
    needed: bool,
    root: PathBuf,
    unfinished: PathBuf,
    cluster: PathBuf,
    program: PathBuf,
    command: Command,
}

impl Initdb {
    /// Prepares the command, and checks if the cluster exists.
    pub(crate) fn new(
        dir: &DataDir,
        user: &OsUser,
        binaries: &Binaries,
        durability: Durability,
    ) -> Result<Initdb, EmbeddedError> {
        let (program, unfinished) = (binaries.initdb(), dir.unfinished_cluster());
        let mut command = user.command(&program, None);
        // Every local user who can reach the socket may connect: only the owner can enter its directory.
        command.args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--data-checksums"]);
        command.arg(format!("--username={SUPERUSER}")).arg("-D").arg(&unfinished);
        if durability == Durability::Throwaway {
            command.arg("--no-sync");
        }
        // initdb reads nothing from it. The shared lock keeps the directory locked if the backend is killed now.
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

    /// Creates the cluster if it is missing: in a temporary directory that is then renamed, so that a kill or a power
    /// failure leaves no partial cluster.
    pub(crate) fn run_if_needed(mut self) -> Result<(), EmbeddedError> {
        if !self.needed {
            return Ok(());
        }
        tracing::info!(data_dir = %self.root.display(), "creating a PostgreSQL cluster");
        match fs::remove_dir_all(&self.unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(EmbeddedError::io("remove the directory", self.unfinished)(error));
            }
            _ => {}
        }
        self.run()?;
        fs::rename(&self.unfinished, &self.cluster)
            .map_err(EmbeddedError::io("rename the directory", self.unfinished))?;
        // The rename must survive a power failure, too.
        File::open(&self.root)
            .and_then(|root| root.sync_all())
            .map_err(EmbeddedError::io("sync the directory", self.root))
    }

    fn run(&mut self) -> Result<(), EmbeddedError> {
        let failed = |source| EmbeddedError::Spawn { program: self.program.clone(), source };
        let output = self.command.output().map_err(failed)?;
        if output.status.success() {
            return Ok(());
        }
        let output = [output.stdout, output.stderr].concat();
        let output = String::from_utf8_lossy(&output).trim().to_owned();
        Err(EmbeddedError::Initdb { data_dir: self.root.clone(), output })
    }
}

/// Returns the server's command line. Its options override the cluster's postgresql.conf.
pub(crate) fn server_command(settings: &Settings, dir: &DataDir, binaries: &Binaries) -> Vec<OsString> {
    let mut options: Vec<OsString> = [
        "listen_addresses=",
        "port=5432",
        "unix_socket_permissions=0700",
        "logging_collector=off",
        "log_destination=stderr",
        "log_timezone=UTC",
        "timezone=UTC",
        "log_checkpoints=off",
        // The backend reports failed statements. In this log they would include stored data.
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

/// Quotes the path: the setting is a list, and an unquoted comma in the path would end an entry.
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
