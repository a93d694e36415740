//! The real server, and tenants of it.

mod output;

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use output::follow;
use serde_json::Value;
use sqlx::{Connection, Executor, PgConnection};

use crate::{Cluster, backend_program, search_path};

/// A running backend. Dropping it ends it.
pub struct Backend {
    url: String,
    database_url: String,
    process: Child,
    log: Arc<Mutex<String>>,
    log_is_read: Arc<AtomicBool>,
    welcome: Arc<Mutex<String>>,
}

/// An account of a backend, with keys.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// The account's id.
    pub account: String,
    /// A key with the scope `write`.
    pub key: String,
}

impl Backend {
    /// A backend on a new database.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same, with these settings.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_on(Cluster::shared().create_database().await, settings)
    }

    /// A backend that listens here.
    pub async fn start_listening(address: &str) -> Self {
        Self::start_with(&[("PHASE_DATA_LISTEN", address)]).await
    }

    /// A backend on this database.
    pub fn start_on(database_url: String, settings: &[(&str, &str)]) -> Self {
        Self::start_release(backend_program(), database_url, settings)
    }

    /// A backend of another release on this database.
    pub fn start_release(program: &Path, database_url: String, settings: &[(&str, &str)]) -> Self {
        // As it should be in earnest: the server's own user can do nothing but work as phase_data_app.
        let server_url = database_url.replacen("//phase_data@", "//phase_data_server@", 1);
        let database = [
            ("DATABASE_URL", server_url.as_str()),
            ("PHASE_DATA_OWNER_DATABASE_URL", database_url.as_str()),
            ("PHASE_DATA_MAX_CONNECTIONS", "8"),
            // Nothing outside of this computer is asked.
            ("PHASE_DATA_OIDC_ISSUERS", "off"),
        ];
        let environment = [&database[..], settings].concat();
        let mut backend = Self::launch_program(program, &environment);
        backend.database_url.clone_from(&database_url);
        backend
    }

    /// A backend with nothing but these settings, as `cargo run` starts it.
    ///
    /// # Panics
    /// If it does not start within half a minute: with its log.
    pub fn launch(environment: &[(&str, &str)]) -> Self {
        Self::launch_program(backend_program(), environment)
    }

    fn launch_program(program: &Path, environment: &[(&str, &str)]) -> Self {
        let environment = [&[("PHASE_DATA_LISTEN", "127.0.0.1:0")], environment].concat();
        let mut command = command(program, &environment);
        command.stderr(Stdio::piped());
        let mut process = command.spawn().expect("the backend starts");
        let (log, welcome) = (Arc::new(Mutex::new(String::new())), Arc::new(Mutex::new(String::new())));
        let log_is_read = Arc::new(AtomicBool::new(true));
        let stderr = process.stderr.take().expect("the log is piped");
        let lines = follow(stderr, log.clone(), log_is_read.clone());
        let stdout = process.stdout.take().expect("the output is piped");
        follow(stdout, welcome.clone(), Arc::new(AtomicBool::new(true)));
        let url = loop {
            let line = lines.recv_timeout(Duration::from_secs(30));
            let line = line.unwrap_or_else(|_| panic!("no backend: {}", log.lock().expect("the log")));
            if let Some(address) = listening(&line) {
                break format!("http://{address}");
            }
        };
        Self { url, database_url: String::new(), process, log, log_is_read, welcome }
    }

    /// Runs the backend's program with nothing but these settings; it must end by itself.
    ///
    /// # Panics
    /// If it does not start.
    pub fn run(environment: &[(&str, &str)], arguments: &[&str]) -> Output {
        Self::run_release(backend_program(), environment, arguments)
    }

    /// The same of another release.
    ///
    /// # Panics
    /// If it does not start.
    pub fn run_release(program: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
        command(program, environment).args(arguments).output().expect("the program starts")
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Returns its resident memory, in bytes.
    ///
    /// # Panics
    /// If the system does not say.
    pub fn resident_bytes(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// Returns the largest amount of memory that the process had, in bytes.
    ///
    /// # Panics
    /// If the system does not say.
    pub fn peak_resident_bytes(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).expect("the process's status");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("its memory");
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kib << 10
    }

    /// Its database.
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// Sends the process a signal by name, like `TERM`.
    ///
    /// # Panics
    /// If it can't be sent.
    pub fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().expect("kill is there");
        assert!(sent.success(), "{name} could not be sent");
    }

    /// Ends it as `kill -9` does, and leaves the database.
    ///
    /// # Panics
    /// If the process can't be waited for.
    pub fn kill(mut self) -> String {
        self.process.kill().expect("the backend can be killed");
        self.process.wait().expect("the backend ends");
        self.database_url.clone()
    }

    /// Waits until it has ended by itself; says whether it did so well.
    ///
    /// # Panics
    /// If the process can't be waited for.
    pub fn wait(mut self) -> bool {
        self.process.wait().expect("the backend ends").success()
    }

    /// Runs another command of the backend's program on its database.
    ///
    /// # Panics
    /// If it fails: with what it said.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = Self::run(&[("DATABASE_URL", &self.database_url)], arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// Registers an account with a key.
    pub fn tenant(&self, login: &str, owner_id: u32) -> Tenant {
        let owner_id = owner_id.to_string();
        let account = self.command(&["account", "create", "--owner-id", &owner_id, "--login", login]);
        let key = self.key(&account, &[]);
        Tenant { account, key }
    }

    /// Makes one more key for an account, with these options.
    pub fn key(&self, account: &str, options: &[&str]) -> String {
        self.command(&[&["key", "create", "--account", account, "--name", "story"], options].concat())
    }

    /// A connection to the database as the owner of its tables.
    ///
    /// # Panics
    /// If there is none.
    pub async fn database(&self) -> PgConnection {
        connect(&self.database_url).await
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the address in the line that says that a backend listens, in either form.
fn listening(line: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(line).unwrap_or_default();
    if entry["fields"]["message"] == "listening" {
        return entry["fields"]["address"].as_str().map(str::to_owned);
    }
    let (_, address) = line.split_once(" listening address=")?;
    address.split(' ').next().map(str::to_owned)
}

/// The backend's program with nothing of this process's environment but the way to PostgreSQL. It is on the PATH, as after an
/// installation.
fn command(program: &Path, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    let system = search_path().unwrap_or_default();
    let directories = program.parent().map(Path::to_owned).into_iter().chain(std::env::split_paths(&system));
    command.env_clear().env("PATH", std::env::join_paths(directories).expect("a PATH"));
    command.env("PHASE_DATA_LOG_FORMAT", "json").envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Connects to a backend's database as the owner of its tables.
///
/// # Panics
/// If that can't be had.
pub async fn connect(database_url: &str) -> PgConnection {
    let mut database = PgConnection::connect(database_url).await.expect("the database answers");
    let path = "select set_config('search_path', string_agg(nspname, ', ' order by nspname desc), false)
                  from pg_namespace where nspname like 'phase\\_data%'";
    database.execute(path).await.expect("the schemas of the tables and functions");
    database
}
