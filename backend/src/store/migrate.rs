//! `migrate`: installs tables and this release's functions, and drops those of releases that are gone.
//!
//! One advisory lock stands around all of it. It is asked for again and again instead of waited for: a statement that waits
//! holds a snapshot, and an index that the other one builds concurrently would wait for that.

mod contract;
mod functions;
mod lock;
mod pre_release;
mod retire;
mod roles;
mod tables;

use std::time::Duration;

use anyhow::{Context as _, bail};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::timeout;

use super::Program;
use super::owner::{ANSWER_DEADLINE, connect_owner, named, silence, within};
use super::schema;
pub(crate) use pre_release::pre_release_schema;

/// Where the tables are made: never beside functions, which go with their release.
const SCHEMA: &str = "create schema if not exists phase_data; set search_path = phase_data, pg_temp";
/// The deadline of all migrations together. They wait for other instances, which may be migrating.
const MIGRATE_DEADLINE: Duration = Duration::from_secs(15 * 60);

/// Takes each line about what was done, or what is waited for.
pub(super) type Report<'a> = &'a mut dyn FnMut(&str);

/// A run of `migrate`.
struct Run<'a> {
    program: &'a Program,
    connection: &'a mut PgConnection,
    /// Contract steps are taken although older servers live.
    force: bool,
    report: Report<'a>,
}

impl Run<'_> {
    fn report(&mut self, line: impl AsRef<str>) {
        (self.report)(line.as_ref());
    }
}

/// Brings the database up to this program: tables, functions, registry. Several instances may do it at once: the first
/// takes a lock, the others find nothing left to do.
///
/// # Errors
/// If the database can't be reached or goes silent, belongs to another user, needs a newer release, was made by a
/// pre-release, or a step is refused or fails: with what to do about it. What was done up to there stays, and does no harm.
pub(crate) async fn migrate(
    program: &Program,
    options: &PgConnectOptions,
    force: bool,
    report: Report<'_>,
) -> anyhow::Result<()> {
    let mut connection = connect_owner(program, options).await?;
    let asking =
        async { Ok(sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await?) };
    let pid: i32 = within(options, ANSWER_DEADLINE, asking).await?;
    let migrating = async {
        refuse_foreign_tables(&mut connection, options).await?;
        schema::check_encoding_of(&mut connection).await?;
        let mut run = Run { program, connection: &mut connection, force, report };
        lock::acquire(&mut run).await?;
        steps(&mut run, options).await?;
        lock::release(&mut run).await
    };
    tokio::select! {
        migrated = within(options, MIGRATE_DEADLINE, migrating) => migrated?,
        error = silence(program, options, pid) => return Err(error),
    }
    // All is done; a goodbye that gets lost changes nothing.
    let _ = timeout(ANSWER_DEADLINE, connection.close()).await;
    Ok(())
}

async fn steps(run: &mut Run<'_>, options: &PgConnectOptions) -> anyhow::Result<()> {
    refuse_pre_release(run.connection, options).await?;
    roles::prepare(run).await?;
    tables::update(run).await?;
    functions::install(run).await.context("the functions could not be installed")?;
    retire::drop_old(run).await.context("the functions of old releases could not be looked through")
}

/// Connects as the owner of the tables for a command, which changes nothing about them.
///
/// # Errors
/// If the database can't be reached, or is none that this release can work on: with what to do about it.
pub(crate) async fn connect_migrated(
    program: &Program,
    options: &PgConnectOptions,
) -> anyhow::Result<PgConnection> {
    let mut connection = connect_owner(program, options).await?;
    let checking = async {
        refuse_foreign_tables(&mut connection, options).await?;
        refuse_pre_release(&mut connection, options).await?;
        schema::check(program, &mut connection).await.with_context(|| named(options))
    };
    within(options, ANSWER_DEADLINE, checking).await?;
    Ok(connection)
}

async fn refuse_foreign_tables(
    connection: &mut PgConnection,
    options: &PgConnectOptions,
) -> anyhow::Result<()> {
    match foreign_owner(connection).await? {
        Some(owner) => bail!(
            "{} has tables of the user {owner}: name that one in PHASE_DATA_OWNER_DATABASE_URL",
            named(options)
        ),
        None => Ok(()),
    }
}

async fn refuse_pre_release(connection: &mut PgConnection, options: &PgConnectOptions) -> anyhow::Result<()> {
    match pre_release_schema(connection).await? {
        Some(schema) => bail!("{} {}", named(options), pre_release::explained(&schema)),
        None => Ok(()),
    }
}

/// Returns who owns the tables, if that is not this user: then only a look is allowed.
///
/// # Errors
/// If the database can't be reached.
pub(crate) async fn owner_elsewhere(
    program: &Program,
    options: &PgConnectOptions,
) -> anyhow::Result<Option<String>> {
    let mut connection = connect_owner(program, options).await?;
    let asking = async {
        let owner = foreign_owner(&mut connection).await?;
        connection.close().await?;
        Ok(owner)
    };
    within(options, ANSWER_DEADLINE, asking).await
}

async fn foreign_owner(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let owner = "select pg_get_userbyid(nspowner) from pg_namespace
                  where nspname = 'phase_data' and not pg_has_role(current_user, nspowner, 'usage')";
    sqlx::query_scalar(owner).fetch_optional(connection).await
}

/// Makes the schema of the tables, and has what follows be made there.
async fn create_schema(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute(SCHEMA).await.map(drop)
}
