//! Settings, from flags and the environment, all problems reported together.

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;

use crate::auth::oidc::Issuers;
use crate::github_app::AppKey;
use crate::outbound::BaseUrl;
use crate::telemetry::LogFormat;

/// Everything that can be set. Secrets stay inside [`PgConnectOptions`], whose password nothing prints.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Which database to use.
    pub database: Database,
    /// Where clients reach this backend: the audience of their id tokens. Where it listens, if left out.
    pub public_url: Option<String>,
    /// Whose id tokens are accepted. None are if absent.
    pub(crate) oidc_issuers: Option<Issuers>,
    /// The largest accepted body, in bytes.
    pub max_body_bytes: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How much memory bodies and answers on their way may take, in bytes.
    pub buffer_bytes: usize,
    /// How many connections to the database are kept at the most.
    pub max_connections: usize,
    /// How long requests in flight may take to finish after a signal.
    pub shutdown_timeout: Duration,
    /// For how long deleted data can be brought back.
    pub grace_period: Duration,
    /// For how long events are kept, where the account does not say. For ever if absent.
    pub(crate) events_kept_for: Option<Duration>,
    /// How often deleted data is looked through for what is past its grace period.
    pub purge_interval: Duration,
    /// How often the last use of keys is written down.
    pub last_used: Duration,
    /// Whose published keys sign reports of leaked keys.
    pub github_api: BaseUrl,
    /// What the App's webhook deliveries are signed with: the secret and, while it is being changed, the one
    /// before. None are taken if absent.
    pub(crate) webhook_secrets: Vec<SecretString>,
    /// The GitHub App that asks GitHub which issues are closed. Nobody asks if absent.
    pub(crate) github_app: Option<AppKey>,
    /// How often it asks.
    pub sweep_interval: Duration,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines are written, in the syntax of tracing's `EnvFilter`.
    pub log: String,
}

/// Which database to use.
#[derive(Debug, Clone)]
pub enum Database {
    /// A private PostgreSQL in this directory, with these programs if given.
    Embedded {
        /// Where the cluster lives.
        data_dir: PathBuf,
        /// Where `postgres` and `initdb` are.
        postgres_bin_dir: Option<PathBuf>,
        /// Where else to look for them: the value of `PATH`.
        search_path: Option<OsString>,
    },
    /// One that somebody runs.
    Given {
        /// For the server.
        server: Box<PgConnectOptions>,
        /// For migrations and the command line: the owner of the tables.
        owner: Box<PgConnectOptions>,
    },
}

/// All that is wrong with the settings.
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
    /// [`ConfigError`] lists every setting that can't be used, by name, and what it takes. Values of
    /// settings that may hold a secret are not shown.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut read = Reader { lookup: &lookup, problems: Vec::new() };
        let config = Self {
            listen: read.parsed("PHASE_DATA_LISTEN", "an address like 127.0.0.1:8080", || {
                SocketAddr::from(([127, 0, 0, 1], 8080))
            }),
            database: read.database(),
            public_url: read.public_url(),
            oidc_issuers: read.oidc_issuers(),
            max_body_bytes: read.number("PHASE_DATA_MAX_BODY_BYTES", 1024..=256 << 20, 1 << 20),
            body_timeout: Duration::from_secs(
                read.number("PHASE_DATA_BODY_TIMEOUT_SECONDS", 1..=3600, 30) as u64
            ),
            buffer_bytes: read.number("PHASE_DATA_BUFFER_BYTES", 1 << 20..=64 << 30, 256 << 20),
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
            log_format: read.parsed("PHASE_DATA_LOG_FORMAT", "auto, text or json", LogFormat::default),
            log: read.log_filter(),
        };
        if read.problems.is_empty() { Ok(config) } else { Err(ConfigError(read.problems)) }
    }
}

struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl Reader<'_> {
    /// An empty value counts as absent: that is how compose files and runners leave things out.
    fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    fn parsed<T: FromStr>(&mut self, name: &str, what: &str, default: impl FnOnce() -> T) -> T {
        let Some(text) = self.text(name) else { return default() };
        text.parse().unwrap_or_else(|_| {
            self.problems.push(format!("{name} takes {what} (got {text:?})"));
            default()
        })
    }

    fn number(&mut self, name: &str, range: std::ops::RangeInclusive<usize>, default: usize) -> usize {
        let what = format!("a whole number from {} to {}", range.start(), range.end());
        let number = self.parsed(name, &what, || default);
        if range.contains(&number) {
            return number;
        }
        // Nobody calculates with what was refused.
        self.problems.push(format!("{name} takes {what} (got {number})"));
        default
    }

    fn optional_days(&mut self, name: &str, range: std::ops::RangeInclusive<usize>) -> Option<Duration> {
        self.text(name)?;
        let days = self.number(name, range.clone(), *range.end());
        Some(Duration::from_secs(days as u64 * 86_400))
    }

    /// Tokens for another audience are refused, so one that nobody could mean is a mistake.
    fn public_url(&mut self) -> Option<String> {
        let text = self.text("PHASE_DATA_PUBLIC_URL")?;
        let url = text.parse::<reqwest::Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        if url.is_none_or(|url| url.query().is_some() || url.fragment().is_some()) {
            self.problems.push(format!(
                "PHASE_DATA_PUBLIC_URL takes an address like https://phase-data.example.com (got {text:?})"
            ));
        }
        Some(text.trim_end_matches('/').to_owned())
    }

    fn oidc_issuers(&mut self) -> Option<Issuers> {
        let Some(text) = self.text("PHASE_DATA_OIDC_ISSUERS") else { return Some(Issuers::default()) };
        if text == "off" {
            return None;
        }
        text.parse().map_err(|error| self.problems.push(format!("PHASE_DATA_OIDC_ISSUERS: {error}"))).ok()
    }

    /// A short secret can be found by trying, from one delivery that somebody saw.
    fn webhook_secrets(&mut self) -> Vec<SecretString> {
        let names = ["PHASE_DATA_WEBHOOK_SECRET", "PHASE_DATA_WEBHOOK_SECRET_PREVIOUS"];
        let secrets = names.map(|name| self.text(name));
        for (name, secret) in names.iter().zip(&secrets) {
            if secret.as_ref().is_some_and(|secret| secret.len() < 16) {
                self.problems.push(format!("{name} takes at least 16 random characters"));
            }
        }
        if let [None, Some(_)] = secrets {
            self.problems
                .push("PHASE_DATA_WEBHOOK_SECRET_PREVIOUS needs PHASE_DATA_WEBHOOK_SECRET beside it".into());
        }
        secrets.into_iter().flatten().map(SecretString::from).collect()
    }

    fn log_filter(&mut self) -> String {
        let filter = self.text("PHASE_DATA_LOG").unwrap_or_else(|| "info,poem=warn,sqlx=warn".to_owned());
        if let Err(error) = filter.parse::<tracing_subscriber::EnvFilter>() {
            self.problems
                .push(format!("PHASE_DATA_LOG takes a filter like info,phase_data_backend=debug ({error})"));
        }
        filter
    }

    fn database(&mut self) -> Database {
        let server = self.connect_options("DATABASE_URL");
        let owner = self.connect_options("PHASE_DATA_OWNER_DATABASE_URL");
        match (server, owner) {
            (Some(server), owner) => Database::Given {
                owner: Box::new(owner.unwrap_or_else(|| server.clone())),
                server: Box::new(server),
            },
            (None, owner) => {
                if owner.is_some() {
                    self.problems
                        .push("PHASE_DATA_OWNER_DATABASE_URL needs DATABASE_URL beside it".to_owned());
                }
                Database::Embedded {
                    data_dir: self.data_dir(),
                    postgres_bin_dir: self.text("PHASE_DATA_POSTGRES_BIN_DIR").map(PathBuf::from),
                    search_path: self.text("PATH").map(OsString::from),
                }
            }
        }
    }

    fn connect_options(&mut self, name: &str) -> Option<PgConnectOptions> {
        let url = self.text(name)?;
        // The reason quotes nothing of the URL: it may hold a password.
        let is_postgres = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        match url.parse() {
            Ok(options) if is_postgres => Some(options),
            _ => {
                self.problems.push(format!("{name} takes postgres://user:password@host/database"));
                None
            }
        }
    }

    fn data_dir(&mut self) -> PathBuf {
        if let Some(given) = self.text("PHASE_DATA_DATA_DIR") {
            // The cluster's programs run elsewhere, perhaps as another user.
            return std::path::absolute(&given).unwrap_or_else(|_| given.into());
        }
        if nix::unistd::Uid::effective().is_root() {
            return PathBuf::from("/var/lib/phase-data");
        }
        let base = self.text("XDG_DATA_HOME").map(PathBuf::from);
        match base.or_else(|| self.text("HOME").map(|home| Path::new(&home).join(".local/share"))) {
            Some(base) => base.join("phase-data"),
            None => {
                self.problems.push("PHASE_DATA_DATA_DIR is needed where there is no HOME".to_owned());
                PathBuf::new()
            }
        }
    }
}

mod github_app;
#[cfg(test)]
mod tests;
