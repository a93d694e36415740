//! Checks that a database is one that this release can work on.

use std::sync::Arc;

use sqlx::PgConnection;

use super::Program;

/// The rights that `phase_data_app` lacks. See [`grant`](super::migrate).
pub(super) const MISSING_RIGHTS: &str = include_str!("../../sql/grants.sql");
/// The query of the database's state. Its argument is the schema of the functions.
pub(super) const LOOK: &str = "
    select current_setting('server_encoding'), to_regnamespace($1) is not null,
           coalesce((select rolsuper or rolbypassrls from pg_catalog.pg_roles where rolname = 'phase_data_app'), false),
           array(select relname::text from pg_catalog.pg_class
                  where relnamespace = to_regnamespace('phase_data') and not relrowsecurity
                    and oid in (select polrelid from pg_catalog.pg_policy) order by 1),
           coalesce((select greatest(min_release, announced) from phase_data.upgrade_state), 0),
           array(select version from phase_data._sqlx_migrations where success order by version),
           array(select checksum from phase_data._sqlx_migrations where success order by version)";
/// The encoding that holds every document.
const ENCODING: &str = "UTF8";

/// The reason why this release can't work on a database. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    /// Nobody has migrated it.
    #[error(
        "the database has no tables of phase-data: run `phase-data-backend migrate`, as the owner of the database"
    )]
    TablesMissing,
    /// An older release migrated it.
    #[error(
        "the tables of the database are older than this program, and lack the migration {0}: run `phase-data-backend \
         migrate`, as the owner of the tables"
    )]
    TablesOld(i64),
    /// The functions that this release calls are not in the database.
    #[error(
        "the database lacks the functions of this release: run `phase-data-backend migrate`, as the owner of the tables"
    )]
    FunctionsMissing(#[source] Option<Box<sqlx::Error>>),
    /// The database was changed in a way that this release can't work with.
    #[error(
        "the database needs release {needed} or a newer one, and this program (version {version}) is release {release}: \
         the database was made by a newer phase-data-backend. Start that one, or restore a backup from before the update"
    )]
    ReleaseTooOld {
        /// The oldest release that may work on it.
        needed: i32,
        /// This one.
        release: i32,
        /// The version of this build.
        version: String,
    },
    /// A build with other migrations made it.
    #[error(
        "the database's schema is another program's: its migration {migration} is not the one that version {version} \
         has. Start the build that made it"
    )]
    OtherProgram {
        /// The migration's number.
        migration: i64,
        /// The version of this build.
        version: String,
    },
    /// It can't hold every document.
    #[error(
        "the database has the encoding {0}, which can't hold every document: use one with the encoding UTF8, made with \
         `create database phase_data owner phase_data_owner encoding 'UTF8' locale 'C' template template0`"
    )]
    Encoding(String),
    /// The role does not exist.
    #[error(
        "the role phase_data_app does not exist: run `phase-data-backend migrate`, as the owner of the tables"
    )]
    RoleMissing(#[source] Box<sqlx::Error>),
    /// The server's user is no member of the role.
    #[error(
        "the server can't work as the role phase_data_app: as the user that created this role, or as a superuser, run \
         `grant phase_data_app to {}`",
        quoted(.user)
    )]
    RoleNotGranted {
        /// The server's user.
        user: String,
        source: Box<sqlx::Error>,
    },
    /// The role would see the rows of all tenants.
    #[error(
        "the role phase_data_app may bypass row-level security, which keeps tenants apart: as a superuser, run `alter \
         role phase_data_app nosuperuser nobypassrls`"
    )]
    RoleUnlimited,
    /// The policies of these tables have no effect.
    #[error(
        "row-level security, which keeps tenants apart, is off for tables of the database: as their owner, run `{}`",
        enabling(.0)
    )]
    RowSecurityOff(Vec<String>),
    /// The role lacks rights.
    #[error(
        "the role phase_data_app lacks rights on the tables or functions: run `phase-data-backend migrate`, as the owner \
         of the tables, which grants them"
    )]
    RightsMissing(#[source] Option<Box<sqlx::Error>>),
}

/// The schema that this release needs.
#[derive(Debug, Clone)]
pub(super) struct ExpectedSchema {
    pub(super) functions: Arc<str>,
    release: i32,
    version: Arc<str>,
    migrations: Arc<[(i64, Vec<u8>)]>,
}

/// Returns the statements that enable row-level security for tables.
fn enabling(tables: &[String]) -> String {
    let enable =
        |table: &String| format!("alter table phase_data.{} enable row level security", quoted(table));
    tables.iter().map(enable).collect::<Vec<_>>().join("; ")
}

/// Returns an identifier as SQL takes it.
fn quoted(name: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let starts_plain = !name.starts_with(|first: char| first.is_ascii_digit());
    if starts_plain && name.bytes().all(is_plain) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The row of [`LOOK`].
pub(super) type FoundSchema = (String, bool, bool, Vec<String>, i32, Vec<i64>, Vec<Vec<u8>>);

impl ExpectedSchema {
    pub(super) fn of(program: &Program) -> Self {
        let migrations =
            program.migrations().iter().map(|migration| (migration.version, migration.checksum.to_vec()));
        Self {
            functions: program.schema().into(),
            release: program.release(),
            version: program.version().into(),
            migrations: migrations.collect(),
        }
    }

    /// Compares with what is there. Migrations of newer releases may be there.
    ///
    /// # Errors
    /// The reason why this release can't work on it.
    pub(super) fn compare(&self, found: FoundSchema) -> Result<(), SchemaError> {
        let (encoding, has_functions, is_unlimited, unprotected, needed, versions, checksums) = found;
        check_encoding(encoding)?;
        if needed > self.release {
            let version = self.version.to_string();
            return Err(SchemaError::ReleaseTooOld { needed, release: self.release, version });
        }
        for (version, checksum) in &*self.migrations {
            match versions.iter().zip(&checksums).find(|(found, _)| *found == version) {
                None if versions.is_empty() => return Err(SchemaError::TablesMissing),
                None => return Err(SchemaError::TablesOld(*version)),
                Some((_, found)) if found != checksum => {
                    let (migration, version) = (*version, self.version.to_string());
                    return Err(SchemaError::OtherProgram { migration, version });
                }
                Some(_) => {}
            }
        }
        if is_unlimited {
            return Err(SchemaError::RoleUnlimited);
        }
        if !unprotected.is_empty() {
            return Err(SchemaError::RowSecurityOff(unprotected));
        }
        if has_functions { Ok(()) } else { Err(SchemaError::FunctionsMissing(None)) }
    }
}

/// Checks a database over the owner's connection.
///
/// # Errors
/// Any database error, or the reason why this release can't work on it.
pub(super) async fn check(program: &Program, connection: &mut PgConnection) -> anyhow::Result<()> {
    let expected = ExpectedSchema::of(program);
    let found = sqlx::query_as(LOOK).bind(&*expected.functions).fetch_one(connection).await;
    match found {
        Ok(found) => Ok(expected.compare(found)?),
        Err(error) if is_missing_table(&error) => Err(SchemaError::TablesMissing.into()),
        Err(error) => Err(error.into()),
    }
}

/// Refuses a database in which some documents can't be stored.
///
/// # Errors
/// Any database error, or that it has another encoding.
pub(super) async fn check_encoding_of(connection: &mut PgConnection) -> anyhow::Result<()> {
    let encoding =
        sqlx::query_scalar("select current_setting('server_encoding')").fetch_one(connection).await?;
    Ok(check_encoding(encoding)?)
}

fn check_encoding(encoding: String) -> Result<(), SchemaError> {
    if encoding == ENCODING { Ok(()) } else { Err(SchemaError::Encoding(encoding)) }
}

/// Tells whether a table or its schema does not exist.
pub(super) fn is_missing_table(error: &sqlx::Error) -> bool {
    let state = error.as_database_error().and_then(|refusal| refusal.code());
    matches!(state.as_deref(), Some("42P01" | "3F000"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_of_users_are_quoted_where_sql_needs_it() {
        for (name, expected) in [
            ("phase_data_server", "phase_data_server"),
            ("Stage", "\"Stage\""),
            ("app-1", "\"app-1\""),
            ("1st", "\"1st\""),
            ("a\"b", "\"a\"\"b\""),
        ] {
            assert_eq!(quoted(name), expected);
        }
    }
}
