//! The settings as options and environment variables.

use clap::{Args, Command};

/// The settings. Each is read as text here and checked in `config`, so that all problems are reported
/// together.
#[derive(Debug, Args)]
pub(super) struct Settings {
    /// Address and port to listen on; port 0 chooses a free port [default: 127.0.0.1:8080]
    #[arg(long, env = "PHASE_DATA_LISTEN", global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// URL of the PostgreSQL database [default: run a private PostgreSQL]
    #[arg(long, env = "DATABASE_URL", global = true, value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// URL of the same database for the owner of its tables, used by migrations and commands [default: DATABASE_URL]
    #[arg(
        long,
        env = "PHASE_DATA_OWNER_DATABASE_URL",
        global = true,
        value_name = "URL",
        hide_env_values = true
    )]
    owner_database_url: Option<String>,
    /// Directory of the private PostgreSQL [default: /var/lib/phase-data as root, otherwise
    /// ~/.local/share/phase-data]
    #[arg(long, env = "PHASE_DATA_DATA_DIR", global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// Directory of the programs for the private PostgreSQL [default: search for them]
    #[arg(long, env = "PHASE_DATA_POSTGRES_BIN_DIR", global = true, value_name = "DIR")]
    postgres_bin_dir: Option<String>,
    /// Address that clients use, like https://phase-data.example.com; it is the audience of their id tokens
    /// [default: the address it listens on]
    #[arg(long, env = "PHASE_DATA_PUBLIC_URL", global = true, value_name = "URL")]
    public_url: Option<String>,
    /// Accepted issuers of id tokens, as a comma-separated list of forge=issuer, or off
    /// [default: github=https://token.actions.githubusercontent.com]
    #[arg(long, env = "PHASE_DATA_OIDC_ISSUERS", global = true, value_name = "LIST")]
    oidc_issuers: Option<String>,
    /// Maximum size of a document as compact JSON, in bytes, from 1024 to 268435456 [default: 16777216]
    #[arg(long, env = "PHASE_DATA_MAX_BODY_BYTES", global = true, value_name = "BYTES")]
    max_body_bytes: Option<String>,
    /// Time limit for receiving a request body, in seconds, from 1 to 3600 [default: 30]
    #[arg(long, env = "PHASE_DATA_BODY_TIMEOUT_SECONDS", global = true, value_name = "SECONDS")]
    body_timeout_seconds: Option<String>,
    /// Memory for request bodies and answers in flight, in bytes, from 1048576 to 68719476736 [default: 805306368]
    #[arg(long, env = "PHASE_DATA_BUFFER_BYTES", global = true, value_name = "BYTES")]
    buffer_bytes: Option<String>,
    /// Maximum number of database connections, from 1 to 1000 [default: 16]
    #[arg(long, env = "PHASE_DATA_MAX_CONNECTIONS", global = true, value_name = "NUMBER")]
    max_connections: Option<String>,
    /// Time for requests in flight to finish after SIGTERM or SIGINT, in seconds, from 0 to 3600 [default: 30]
    #[arg(long, env = "PHASE_DATA_SHUTDOWN_TIMEOUT_SECONDS", global = true, value_name = "SECONDS")]
    shutdown_timeout_seconds: Option<String>,
    /// Days to keep deleted data before it is purged, unless the account has its own setting, from 0 to 3650
    /// [default: 7]
    #[arg(long, env = "PHASE_DATA_GRACE_DAYS", global = true, value_name = "DAYS")]
    grace_days: Option<String>,
    /// Days to keep events, unless the account has its own setting, from 1 to 36500 [default: unlimited]
    #[arg(long, env = "PHASE_DATA_EVENT_DAYS", global = true, value_name = "DAYS")]
    event_days: Option<String>,
    /// Interval of the purge, in seconds, from 1 to 86400 [default: 60]
    #[arg(long, env = "PHASE_DATA_PURGE_SECONDS", global = true, value_name = "SECONDS")]
    purge_seconds: Option<String>,
    /// Interval of saving when API keys were last used, in seconds, from 1 to 3600 [default: 60]
    #[arg(long, env = "PHASE_DATA_LAST_USED_SECONDS", global = true, value_name = "SECONDS")]
    last_used_seconds: Option<String>,
    /// Address of GitHub's API, used by the sweep and to verify reports of leaked API keys
    /// [default: https://api.github.com]
    #[arg(long, env = "PHASE_DATA_GITHUB_API_URL", global = true, value_name = "URL")]
    github_api_url: Option<String>,
    /// Webhook secret of the GitHub App, at least 16 characters [default: refuse the App's deliveries]
    #[arg(
        long,
        env = "PHASE_DATA_WEBHOOK_SECRET",
        global = true,
        value_name = "SECRET",
        hide_env_values = true
    )]
    webhook_secret: Option<String>,
    /// Previous webhook secret of the GitHub App, accepted during rotation
    #[arg(
        long,
        env = "PHASE_DATA_WEBHOOK_SECRET_PREVIOUS",
        global = true,
        value_name = "SECRET",
        hide_env_values = true
    )]
    webhook_secret_previous: Option<String>,
    /// GitHub App ID, used by the sweep [default: no sweep]
    #[arg(long, env = "PHASE_DATA_GITHUB_APP_ID", global = true, value_name = "ID")]
    github_app_id: Option<String>,
    /// File with the GitHub App's private key (PEM)
    #[arg(long, env = "PHASE_DATA_GITHUB_APP_KEY_FILE", global = true, value_name = "FILE")]
    github_app_key_file: Option<String>,
    /// Interval of the sweep, in seconds, from 60 to 604800 [default: 21600]
    #[arg(long, env = "PHASE_DATA_SWEEP_SECONDS", global = true, value_name = "SECONDS")]
    sweep_seconds: Option<String>,
    /// Comma-separated addresses and networks of reverse proxies whose X-Forwarded-For is trusted, for the client's address in
    /// the log [default: none]
    #[arg(long, env = "PHASE_DATA_TRUSTED_PROXIES", global = true, value_name = "LIST")]
    trusted_proxies: Option<String>,
    /// Log format: text, json, or auto (text on a terminal, otherwise json) [default: auto]
    #[arg(long, env = "PHASE_DATA_LOG_FORMAT", global = true, value_name = "FORMAT")]
    log_format: Option<String>,
    /// Log filter, like info,phase_data_backend=debug [default: info,poem=warn,sqlx=warn]
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
            "PHASE_DATA_TRUSTED_PROXIES" => self.trusted_proxies.clone(),
            "PHASE_DATA_LOG_FORMAT" => self.log_format.clone(),
            "PHASE_DATA_LOG" => self.log.clone(),
            _ => ambient(name),
        }
    }
}

/// Returns the variables of all settings.
pub(super) fn variables() -> Vec<String> {
    let command = Settings::augment_args(Command::new("settings"));
    let variables = command.get_arguments().filter_map(|argument| argument.get_env());
    variables.map(|name| name.to_string_lossy().into_owned()).collect()
}

/// Returns a variable of the system, like `HOME`.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment, for config")]
fn ambient(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command};

    use super::*;
    use crate::config::Config;

    #[test]
    fn the_help_of_each_number_has_its_range_and_the_range_is_what_is_accepted() {
        let command = Settings::augment_args(Command::new("settings"));
        let is_number = |argument: &&clap::Arg| {
            let names: Vec<&str> =
                argument.get_value_names().into_iter().flatten().map(|it| it.as_str()).collect();
            ["BYTES", "SECONDS", "NUMBER", "DAYS"].contains(&names.concat().as_str())
        };
        let numbers: Vec<_> = command.get_arguments().filter(is_number).collect();
        assert_eq!(numbers.len(), 10);
        for argument in numbers {
            let variable = argument.get_env().and_then(|name| name.to_str()).expect("a variable");
            let help = argument.get_help().expect("a help text").to_string();
            let (_, range) =
                help.split_once(", from ").unwrap_or_else(|| panic!("{variable} has no range: {help}"));
            let (start, end) =
                range.split_once(" [").expect("a default").0.split_once(" to ").expect("a range");
            let [start, end]: [u64; 2] = [start, end].map(|number| number.parse().expect("a number"));
            let is_accepted = |value: u64| {
                let lookup = |name: &str| {
                    (name == variable)
                        .then(|| value.to_string())
                        .or((name == "HOME").then(|| "/home/octo".to_owned()))
                };
                Config::from_lookup(lookup).is_ok()
            };
            assert!(is_accepted(start) && is_accepted(end), "{variable}: {help}");
            assert!(!is_accepted(end + 1), "{variable}: {help}");
            assert!(start == 0 || !is_accepted(start - 1), "{variable}: {help}");
        }
    }
}
