//! Reads and checks single settings.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;

use super::Database;
use crate::auth::oidc::Issuers;
use crate::github_app::AppKey;

const NO_KEY: &str =
    "it is not an RSA private key in PEM; generate one under the App's \"Private keys\" on GitHub";

/// Reads settings by name, and collects their problems.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    pub(super) problems: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, problems: Vec::new() }
    }

    /// Returns a setting without white space around it: values from files and Kubernetes secrets often end in a newline. An
    /// empty value counts as absent, as compose files and runners set it.
    fn text(&self, name: &str) -> Option<String> {
        let value = (self.lookup)(name)?;
        Some(value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    /// Tells whether a variable has a value, whatever that is.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &str, what: &str, default: impl FnOnce() -> T) -> T {
        let Some(text) = self.text(name) else { return default() };
        text.parse().unwrap_or_else(|_| {
            self.problems.push(format!("{name} takes {what} (got {text:?})"));
            default()
        })
    }

    pub(super) fn number(
        &mut self,
        name: &str,
        range: std::ops::RangeInclusive<usize>,
        default: usize,
    ) -> usize {
        let what = format!("a whole number from {} to {}", range.start(), range.end());
        let number = self.parsed(name, &what, || default);
        if range.contains(&number) {
            return number;
        }
        // The default only lets the other settings be read; the refused value is never used.
        self.problems.push(format!("{name} takes {what} (got {number})"));
        default
    }

    pub(super) fn optional_days(
        &mut self,
        name: &str,
        range: std::ops::RangeInclusive<usize>,
    ) -> Option<Duration> {
        self.text(name)?;
        let days = self.number(name, range.clone(), *range.end());
        Some(Duration::from_secs(days as u64 * 86_400))
    }

    /// Reads the public address. Refuses one with a query or a fragment, which can't be an audience.
    pub(super) fn public_url(&mut self) -> Option<String> {
        let text = self.text("PHASE_DATA_PUBLIC_URL")?;
        if let Some(problem) = public_url_problem(&text) {
            self.problems.push(format!("PHASE_DATA_PUBLIC_URL {problem}"));
        }
        Some(text.trim_end_matches('/').to_owned())
    }

    pub(super) fn oidc_issuers(&mut self) -> Option<Issuers> {
        let Some(text) = self.text("PHASE_DATA_OIDC_ISSUERS") else { return Some(Issuers::default()) };
        if text == "off" {
            return None;
        }
        text.parse().map_err(|error| self.problems.push(format!("PHASE_DATA_OIDC_ISSUERS: {error}"))).ok()
    }

    /// Reads the webhook secrets. Refuses short ones, which can be guessed from one observed delivery.
    pub(super) fn webhook_secrets(&mut self) -> Vec<SecretString> {
        let names = ["PHASE_DATA_WEBHOOK_SECRET", "PHASE_DATA_WEBHOOK_SECRET_PREVIOUS"];
        let secrets = names.map(|name| self.text(name));
        for (name, secret) in names.iter().zip(&secrets) {
            if secret.as_ref().is_some_and(|secret| secret.len() < 16) {
                self.problems.push(format!("{name} takes at least 16 random characters"));
            }
        }
        if let [None, Some(_)] = secrets {
            self.problems.push("PHASE_DATA_WEBHOOK_SECRET_PREVIOUS needs PHASE_DATA_WEBHOOK_SECRET".into());
        }
        secrets.into_iter().flatten().map(SecretString::from).collect()
    }

    pub(super) fn log_filter(&mut self) -> String {
        let filter = self.text("PHASE_DATA_LOG").unwrap_or_else(|| "info,poem=warn,sqlx=warn".to_owned());
        if let Err(error) = filter.parse::<tracing_subscriber::EnvFilter>() {
            self.problems
                .push(format!("PHASE_DATA_LOG takes a filter like info,phase_data_backend=debug ({error})"));
        }
        filter
    }

    pub(super) fn database(&mut self) -> Database {
        let server = self.connect_options("DATABASE_URL");
        let is_given = self.text("DATABASE_URL").is_some();
        let owner = self.connect_options("PHASE_DATA_OWNER_DATABASE_URL");
        match (server, owner) {
            (Some(server), owner) => Database::Given {
                owner: Box::new(owner.unwrap_or_else(|| server.clone())),
                server: Box::new(server),
            },
            // The problem of the URL is recorded, and the only one: the refused settings are never used.
            (None, _) if is_given => Database::Embedded {
                data_dir: PathBuf::new(),
                is_chosen: false,
                postgres_bin_dir: None,
                search_path: None,
            },
            (None, owner) => {
                if owner.is_some() {
                    self.problems.push("PHASE_DATA_OWNER_DATABASE_URL needs DATABASE_URL".to_owned());
                }
                Database::Embedded {
                    data_dir: self.data_dir(),
                    is_chosen: self.text("PHASE_DATA_DATA_DIR").is_some(),
                    postgres_bin_dir: self.text("PHASE_DATA_POSTGRES_BIN_DIR").map(PathBuf::from),
                    search_path: self.text("PATH").map(OsString::from),
                }
            }
        }
    }

    fn connect_options(&mut self, name: &str) -> Option<PgConnectOptions> {
        let url = self.text(name)?;
        // The message does not show the URL, which may contain a password.
        let is_postgres = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        match url.parse::<PgConnectOptions>() {
            // PgBouncer refuses this start-up parameter as it comes. Sessions set it afterwards.
            Ok(options) if is_postgres => Some(options.extra_float_digits(None)),
            _ => {
                self.problems.push(format!(
                    "{name} takes postgres://user:password@host/database, with special characters of the password \
                     percent-encoded (@ is %40, / is %2F, # is %23)"
                ));
                None
            }
        }
    }

    fn data_dir(&mut self) -> PathBuf {
        if let Some(given) = self.text("PHASE_DATA_DATA_DIR") {
            // PostgreSQL's programs run in another directory, perhaps as another user.
            return std::path::absolute(&given).unwrap_or_else(|_| given.into());
        }
        if nix::unistd::Uid::effective().is_root() {
            return PathBuf::from("/var/lib/phase-data");
        }
        let base = self.text("XDG_DATA_HOME").map(PathBuf::from);
        match base.or_else(|| self.text("HOME").map(|home| Path::new(&home).join(".local/share"))) {
            Some(base) => base.join("phase-data"),
            None => {
                self.problems.push("PHASE_DATA_DATA_DIR is required if HOME is not set".to_owned());
                PathBuf::new()
            }
        }
    }

    /// Reads the App's id and key: both or neither.
    pub(super) fn github_app(&mut self) -> Option<AppKey> {
        let names = ["PHASE_DATA_GITHUB_APP_ID", "PHASE_DATA_GITHUB_APP_KEY_FILE"];
        match names.map(|name| self.text(name)) {
            [None, None] => None,
            [Some(id), Some(file)] => {
                let pem = std::fs::read(&file).map_err(|error| error.to_string());
                let key = pem.and_then(|pem| AppKey::new(id, &pem).map_err(|_| NO_KEY.to_owned()));
                key.map_err(|cause| self.problems.push(format!("{}: {file}: {cause}", names[1]))).ok()
            }
            [id, _] => {
                let (given, missing) = if id.is_some() { (0, 1) } else { (1, 0) };
                self.problems.push(format!("{} needs {}", names[given], names[missing]));
                None
            }
        }
    }
}

/// Returns what is wrong with a public address. The audience of id tokens is compared with its text, and it is part of links, so that its
/// text must be a URL as it stands.
fn public_url_problem(text: &str) -> Option<String> {
    let is_url_text = |it: char| it.is_ascii_graphic() && !"\"<>\\^`{|}".contains(it);
    let url = text.parse::<reqwest::Url>().ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let form = format!("takes an address like https://phase-data.example.com (got {text:?})");
    let Some(url) = url else { return Some(form) };
    if !url.username().is_empty() || url.password().is_some() {
        // Not quoted: it contains a password.
        return Some("is published, and takes no user name or password".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() || !text.chars().all(is_url_text) {
        return Some(form);
    }
    let path = url.path().trim_end_matches('/');
    path.ends_with("/api/v1").then(|| format!("takes the address without /api/v1 (got {text:?})"))
}
