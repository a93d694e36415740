//! The settings as flags and environment variables.

use clap::Args;

/// The settings. Each is read as text here and checked in `config`, so that all problems are reported
/// together.
#[derive(Debug, Args)]
pub(super) struct Settings {
    /// Where to listen [default: 127.0.0.1:8080]; port 0 takes a free one
    #[arg(long, env = "PHASE_DATA_LISTEN", global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The PostgreSQL to use; without it a private one is run
    #[arg(long, env = "DATABASE_URL", global = true, value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// The same database as the owner of its tables, for migrations and commands [default: DATABASE_URL]
    #[arg(
        long,
        env = "PHASE_DATA_OWNER_DATABASE_URL",
        global = true,
        value_name = "URL",
        hide_env_values = true
    )]
    owner_database_url: Option<String>,
    /// Where the private PostgreSQL lives [default: /var/lib/phase-data as root, else
    /// ~/.local/share/phase-data]
    #[arg(long, env = "PHASE_DATA_DATA_DIR", global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// Where the private PostgreSQL's programs are [default: searched for]
    #[arg(long, env = "PHASE_DATA_POSTGRES_BIN_DIR", global = true, value_name = "DIR")]
    postgres_bin_dir: Option<String>,
    /// Where clients reach this backend, like https://phase-data.example.com: the audience of their id tokens
    /// [default: where it listens]
    #[arg(long, env = "PHASE_DATA_PUBLIC_URL", global = true, value_name = "URL")]
    public_url: Option<String>,
    /// Whose id tokens are accepted, as forge=issuer with commas between, or off
    /// [default: github=https://token.actions.githubusercontent.com]
    #[arg(long, env = "PHASE_DATA_OIDC_ISSUERS", global = true, value_name = "LIST")]
    oidc_issuers: Option<String>,
    /// The largest accepted document in bytes, as compact JSON [default: 1048576]
    #[arg(long, env = "PHASE_DATA_MAX_BODY_BYTES", global = true, value_name = "BYTES")]
    max_body_bytes: Option<String>,
    /// How long a body may take to arrive, in seconds [default: 30]
    #[arg(long, env = "PHASE_DATA_BODY_TIMEOUT_SECONDS", global = true, value_name = "SECONDS")]
    body_timeout_seconds: Option<String>,
    /// Memory for bodies and answers on their way, in bytes [default: 268435456]
    #[arg(long, env = "PHASE_DATA_BUFFER_BYTES", global = true, value_name = "BYTES")]
    buffer_bytes: Option<String>,
    /// The most connections to the database [default: 16]
    #[arg(long, env = "PHASE_DATA_MAX_CONNECTIONS", global = true, value_name = "NUMBER")]
    max_connections: Option<String>,
    /// How long requests in flight may take to finish after a signal, in seconds [default: 30]
    #[arg(long, env = "PHASE_DATA_SHUTDOWN_TIMEOUT_SECONDS", global = true, value_name = "SECONDS")]
    shutdown_timeout_seconds: Option<String>,
    /// For how many days deleted data is kept before it is removed for good [default: 7]
    #[arg(long, env = "PHASE_DATA_GRACE_DAYS", global = true, value_name = "DAYS")]
    grace_days: Option<String>,
    /// For how many days events are kept, unless the account says otherwise [default: for ever]
    #[arg(long, env = "PHASE_DATA_EVENT_DAYS", global = true, value_name = "DAYS")]
    event_days: Option<String>,
    /// How often deleted data is looked through, in seconds [default: 60]
    #[arg(long, env = "PHASE_DATA_PURGE_SECONDS", global = true, value_name = "SECONDS")]
    purge_seconds: Option<String>,
    /// How often the last use of API keys is written down, in seconds [default: 60]
    #[arg(long, env = "PHASE_DATA_LAST_USED_SECONDS", global = true, value_name = "SECONDS")]
    last_used_seconds: Option<String>,
    /// GitHub's API, which the App asks, and whose published keys sign reports of leaked API keys
    /// [default: https://api.github.com]
    #[arg(long, env = "PHASE_DATA_GITHUB_API_URL", global = true, value_name = "URL")]
    github_api_url: Option<String>,
    /// The secret of the GitHub App's webhook; without it the App's deliveries are refused
    #[arg(
        long,
        env = "PHASE_DATA_WEBHOOK_SECRET",
        global = true,
        value_name = "SECRET",
        hide_env_values = true
    )]
    webhook_secret: Option<String>,
    /// The one before it, good as well while it is being replaced
    #[arg(
        long,
        env = "PHASE_DATA_WEBHOOK_SECRET_PREVIOUS",
        global = true,
        value_name = "SECRET",
        hide_env_values = true
    )]
    webhook_secret_previous: Option<String>,
    /// The GitHub App that asks which issues are closed: its id
    #[arg(long, env = "PHASE_DATA_GITHUB_APP_ID", global = true, value_name = "ID")]
    github_app_id: Option<String>,
    /// The file with that App's private key (PEM)
    #[arg(long, env = "PHASE_DATA_GITHUB_APP_KEY_FILE", global = true, value_name = "FILE")]
    github_app_key_file: Option<String>,
    /// How often it asks, in seconds [default: 21600]
    #[arg(long, env = "PHASE_DATA_SWEEP_SECONDS", global = true, value_name = "SECONDS")]
    sweep_seconds: Option<String>,
    /// How log lines look: auto (text on a terminal, else json), text or json [default: auto]
    #[arg(long, env = "PHASE_DATA_LOG_FORMAT", global = true, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Which log lines are written, like info,phase_data_backend=debug [default: info]
    #[arg(long, env = "PHASE_DATA_LOG", global = true, value_name = "FILTER")]
    log: Option<String>,
}

impl Settings {
    /// Returns a setting by the name of its environment variable.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        match name {
            "PHASE_DATA_LISTEN" => self.listen.clone(),
            "DATABASE_URL" => self.database_url.clone(),
            "PHASE_DATA_OWNER_DATABASE_URL" => self.owner_database_url.clone(),
            "PHASE_DATA_DATA_DIR" => self.data_dir.clone(),
            "PHASE_DATA_POSTGRES_BIN_DIR" => self.postgres_bin_dir.clone(),
            "PHASE_DATA_PUBLIC_URL" => self.public_url.clone(),
            "PHASE_DATA_OIDC_ISSUERS" => self.oidc_issuers.clone(),
            "PHASE_DATA_MAX_BODY_BYTES" => self.max_body_bytes.clone(),
            "PHASE_DATA_BODY_TIMEOUT_SECONDS" => self.body_timeout_seconds.clone(),
            "PHASE_DATA_BUFFER_BYTES" => self.buffer_bytes.clone(),
            "PHASE_DATA_MAX_CONNECTIONS" => self.max_connections.clone(),
            "PHASE_DATA_SHUTDOWN_TIMEOUT_SECONDS" => self.shutdown_timeout_seconds.clone(),
            "PHASE_DATA_GRACE_DAYS" => self.grace_days.clone(),
            "PHASE_DATA_EVENT_DAYS" => self.event_days.clone(),
            "PHASE_DATA_PURGE_SECONDS" => self.purge_seconds.clone(),
            "PHASE_DATA_LAST_USED_SECONDS" => self.last_used_seconds.clone(),
            "PHASE_DATA_GITHUB_API_URL" => self.github_api_url.clone(),
            "PHASE_DATA_WEBHOOK_SECRET" => self.webhook_secret.clone(),
            "PHASE_DATA_WEBHOOK_SECRET_PREVIOUS" => self.webhook_secret_previous.clone(),
            "PHASE_DATA_GITHUB_APP_ID" => self.github_app_id.clone(),
            "PHASE_DATA_GITHUB_APP_KEY_FILE" => self.github_app_key_file.clone(),
            "PHASE_DATA_SWEEP_SECONDS" => self.sweep_seconds.clone(),
            "PHASE_DATA_LOG_FORMAT" => self.log_format.clone(),
            "PHASE_DATA_LOG" => self.log.clone(),
            _ => ambient(name),
        }
    }
}

/// Returns a variable of the system, like `HOME`.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment, for config")]
fn ambient(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
