//! The database's program: the tables' migrations and the functions that a release brings with it.
//!
//! A release installs its functions into a schema of its own, so that servers of several releases work on one database.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;

/// The number of this release. It counts up with each one, so that releases which share a database can be compared.
const RELEASE: i32 = 1;
static MIGRATIONS: Migrator = sqlx::migrate!("sql/tables");
/// The files that make up the schema of the functions, types first, each with its name.
static FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/functions.rs"));
/// PostgreSQL cuts an application's name after so many bytes.
const LONGEST_NAME: usize = 63;

/// The database's program of one release.
#[derive(Debug, Clone)]
pub struct Program {
    version: Cow<'static, str>,
    release: i32,
    migrations: Vec<Migration>,
    files: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    digest: String,
}

impl Program {
    /// Returns the program of this release.
    #[must_use]
    pub fn shipped() -> Self {
        let files = FILES.iter().map(|(name, text)| (Cow::Borrowed(*name), Cow::Borrowed(*text)));
        let migrations = MIGRATIONS.iter().cloned().collect();
        let version = env!("CARGO_PKG_VERSION").into();
        Self { version, release: RELEASE, migrations, files: files.collect(), digest: String::new() }
            .digested()
    }

    /// The same as a build with this version.
    #[must_use]
    pub fn with_version(self, version: String) -> Self {
        Self { version: version.into(), ..self }
    }

    /// The same as another release.
    #[must_use]
    pub fn with_release(self, release: i32) -> Self {
        Self { release, ..self }
    }

    /// The same with one more migration.
    #[must_use]
    pub fn with_migration(mut self, version: i64, description: &'static str, sql: &'static str) -> Self {
        let no_transaction = sql.starts_with("-- no-transaction");
        let (sql, kind) = (sql.into_sql_str(), MigrationType::Simple);
        self.migrations.push(Migration::new(version, description.into(), kind, sql, no_transaction));
        self.migrations.sort();
        self
    }

    /// The same with another text of one function's file, or with one more function: `change` gets an empty text then.
    #[must_use]
    pub fn with_function(mut self, name: &str, change: impl FnOnce(&str) -> String) -> Self {
        let name = format!("functions/{name}.sql");
        match self.files.iter_mut().find(|(of, _)| *of == name) {
            Some((_, text)) => *text = change(text).into(),
            None => self.files.push((name.into(), change("").into())),
        }
        self.digested()
    }

    fn digested(self) -> Self {
        let mut digest = Sha256::new();
        let files = self.files.iter().flat_map(|(name, text)| [name.as_ref(), text.as_ref()]);
        for part in files {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        let mut digest = hex::encode(digest.finalize());
        digest.truncate(12);
        Self { digest, ..self }
    }

    /// The version that tells builds apart, like `0.1.0+abc1234`; the package's version alone in programs that set none.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The release's number.
    pub(crate) fn release(&self) -> i32 {
        self.release
    }

    /// The migrations of the tables, in their order.
    pub(super) fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// The files that create a type or a function each, in an order that works: their names, like
    /// `functions/store_phase_data.sql`, and their texts.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(name, text)| (name.as_ref(), text.as_ref()))
    }

    /// Returns the digest that identifies the functions of this release.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// The schema of the functions.
    pub(crate) fn schema(&self) -> String {
        format!("phase_data_fn_{}", self.digest)
    }

    /// The statements that have a session find this release's functions and the tables, and carry its name. See
    /// [`SessionSetup`](super::SessionSetup) for its other settings.
    pub(super) fn session(&self, options: &PgConnectOptions) -> String {
        let name = self.application_name(options.get_application_name()).replace('\'', "''");
        format!("set search_path = {}, phase_data, pg_temp; set application_name = '{name}'", self.schema())
    }

    /// The name of a session, by which PostgreSQL's views show whose it is: that of the URL, if it has one, and ours.
    fn application_name(&self, given: Option<&str>) -> String {
        let own = format!("phase-data {}", self.digest);
        let Some(given) = given.filter(|name| !name.is_empty()) else { return own };
        // PostgreSQL would cut the end, which is the part that tells releases apart.
        let room = LONGEST_NAME.saturating_sub(own.len().saturating_add(1));
        let given = given.get(..given.floor_char_boundary(room)).unwrap_or_default();
        format!("{given} {own}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_session_keeps_the_urls_and_always_ends_with_the_digest() {
        let program = Program::shipped();
        let own = format!("phase-data {}", program.digest);
        assert_eq!(program.application_name(None), own);
        assert_eq!(program.application_name(Some("")), own);
        assert_eq!(program.application_name(Some("blue")), format!("blue {own}"));
        for long in ["x".repeat(80), "ü".repeat(40)] {
            let name = program.application_name(Some(&long));
            assert!(name.len() <= LONGEST_NAME && name.len() > 55 && name.ends_with(&own), "{name}");
        }
        let options: PgConnectOptions = "postgres://h/d?application_name=it's".parse().expect("a URL");
        assert!(program.session(&options).contains("set application_name = 'it''s phase-data "));
    }

    #[test]
    fn another_text_or_one_more_function_makes_another_schema_and_another_number_does_not() {
        let shipped = Program::shipped();
        let changed = shipped.clone().with_function("server_time", |text| format!("{text}\n"));
        let longer = shipped.clone().with_function("one_more", |_| "select 1".to_owned());
        assert_ne!(shipped.schema(), changed.schema());
        assert_ne!(shipped.schema(), longer.schema());
        assert_eq!(shipped.schema(), shipped.clone().with_release(9).schema());
    }
}
