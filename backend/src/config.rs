//! The settings, from flags and the environment. All problems are reported together.

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;

use crate::auth::oidc::Issuers;
use crate::github_app::AppKey;
use crate::outbound::BaseUrl;
use crate::server::TrustedProxies;
use crate::telemetry::LogFormat;

mod reader;
#[cfg(test)]
mod tests;

use reader::Reader;

/// All settings. Secrets are in types that don't print them, like [`PgConnectOptions`].
#[derive(Debug, Clone)]
pub struct Config {
    /// The address to listen on. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The database.
    pub database: Database,
    /// The public address of this backend: the audience of id tokens. Default: the address that it listens on.
    pub public_url: Option<String>,
    /// The accepted issuers of id tokens. `None`: no id tokens are accepted.
    pub(crate) oidc_issuers: Option<Issuers>,
    /// The largest accepted body, in bytes.
    pub max_body_bytes: usize,
    /// The deadline for the arrival of a body.
    pub body_timeout: Duration,
    /// The memory for bodies and answers in transit, in bytes.
    pub buffer_bytes: usize,
    /// The maximum number of connections to the database.
    pub max_connections: usize,
    /// The deadline for requests in flight after a signal.
    pub shutdown_timeout: Duration,
    /// The time for which closed data can be restored.
    pub grace_period: Duration,
    /// The retention of events, unless the account sets it. `None`: forever.
    pub(crate) events_kept_for: Option<Duration>,
    /// The interval of the purge, which removes data after its grace period.
    pub purge_interval: Duration,
    /// The interval at which the last use of keys is stored.
    pub last_used: Duration,
    /// The address of GitHub's API.
    pub github_api: BaseUrl,
    /// The App's webhook secret, and the previous one during rotation. Empty: no deliveries are accepted.
    pub(crate) webhook_secrets: Vec<SecretString>,
    /// The GitHub App, used by the sweep. `None`: no sweep.
    pub(crate) github_app: Option<AppKey>,
    /// The interval of the sweep.
    pub sweep_interval: Duration,
    /// The proxies that say who the client is, for the log.
    pub(crate) trusted_proxies: TrustedProxies,
    /// The format of log lines.
    pub log_format: LogFormat,
    /// The filter for log lines, in the syntax of tracing's `EnvFilter`.
    pub log: String,
    /// Log lines have no colours, not even on a terminal.
    pub no_color: bool,
}

/// The database to use.
#[derive(Debug, Clone)]
pub enum Database {
    /// A private PostgreSQL in this directory, with these programs if given.
    Embedded {
        /// The data directory.
        data_dir: PathBuf,
        /// A setting names the directory: it is not the default.
        is_chosen: bool,
        /// The directory of `postgres` and `initdb`.
        postgres_bin_dir: Option<PathBuf>,
        /// The value of `PATH`, to find them otherwise.
        search_path: Option<OsString>,
    },
    /// An existing database.
    Given {
        /// For the server.
        server: Box<PgConnectOptions>,
        /// For migrations and the command line: the owner of the tables.
        owner: Box<PgConnectOptions>,
    },
}

impl Database {
    /// Returns the data directory of a private PostgreSQL if a setting names it.
    pub(crate) fn chosen_data_dir(&self) -> Option<&Path> {
        match self {
            Self::Embedded { data_dir, is_chosen: true, .. } => Some(data_dir),
            _ => None,
        }
    }
}

/// The problems of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the settings are not valid:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads every setting through `lookup`, which gets the name of its environment variable.
    ///
    /// # Errors
    /// [`ConfigError`] lists every invalid setting by name, and its valid values. It does not show the values of settings
    /// that may contain a secret.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut read = Reader::new(&lookup);
        let config = Self {
            listen: read.parsed("PHASE_DATA_LISTEN", "an address like 127.0.0.1:8080", || {
                SocketAddr::from(([127, 0, 0, 1], 8080))
            }),
            database: read.database(),
            public_url: read.public_url(),
            oidc_issuers: read.oidc_issuers(),
            max_body_bytes: read.number("PHASE_DATA_MAX_BODY_BYTES", 1024..=256 << 20, 16 << 20),
            body_timeout: Duration::from_secs(
                read.number("PHASE_DATA_BODY_TIMEOUT_SECONDS", 1..=3600, 30) as u64
            ),
            buffer_bytes: read.number("PHASE_DATA_BUFFER_BYTES", 1 << 20..=64 << 30, 768 << 20),
            max_connections: read.number("PHASE_DATA_MAX_CONNECTIONS", 1..=1000, 16),
            shutdown_timeout: Duration::from_secs(read.number(
                "PHASE_DATA_SHUTDOWN_TIMEOUT_SECONDS",
                0..=3600,
                30,
            ) as u64),
            grace_period: Duration::from_secs(
                read.number("PHASE_DATA_GRACE_DAYS", 0..=3650, 7) as u64 * 86_400,
            ),
            events_kept_for: read.optional_days("PHASE_DATA_EVENT_DAYS", 1..=36_500),
            purge_interval: Duration::from_secs(
                read.number("PHASE_DATA_PURGE_SECONDS", 1..=86_400, 60) as u64
            ),
            last_used: Duration::from_secs(read.number("PHASE_DATA_LAST_USED_SECONDS", 1..=3600, 60) as u64),
            github_api: read.parsed("PHASE_DATA_GITHUB_API_URL", BaseUrl::EXPECTED, BaseUrl::github_api),
            webhook_secrets: read.webhook_secrets(),
            github_app: read.github_app(),
            sweep_interval: Duration::from_secs(
                read.number("PHASE_DATA_SWEEP_SECONDS", 60..=604_800, 21_600) as u64,
            ),
            trusted_proxies: read.parsed(
                "PHASE_DATA_TRUSTED_PROXIES",
                TrustedProxies::EXPECTED,
                TrustedProxies::default,
            ),
            log_format: read.parsed("PHASE_DATA_LOG_FORMAT", "auto, text or json", LogFormat::default),
            log: read.log_filter(),
            no_color: read.is_set("NO_COLOR"),
        };
        if read.problems.is_empty() { Ok(config) } else { Err(ConfigError(read.problems)) }
    }
}
