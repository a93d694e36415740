//! The migrations of the tables.
//!
//! Each waits at most two seconds for its locks: while it waits, everybody else queues up behind it. Then it lets them
//! through and tries again.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use phase_data_wire::Waits;
use sqlx::migrate::{Migrate, MigrateError, Migration};
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use tokio::time::sleep;

use super::{Run, contract, create_schema};
use crate::store::schema::SchemaError;

const TABLE: &str = "_sqlx_migrations";
/// The time that a migration waits for a lock: less than the requests that queue up behind it.
const WAIT_FOR_LOCKS: &str = "set lock_timeout = '2s'";
/// The same for one that runs outside of a transaction, such as an index that is built concurrently: nobody queues up.
const WAIT_WITHOUT_HARM: &str = "set lock_timeout = 0";
/// The number of attempts, with these pauses. They are shorter than a silence that would mean a lost connection.
const ATTEMPTS: u32 = 20;
const PAUSES: Waits = Waits { first: Duration::from_secs(1), longest: Duration::from_secs(4) };
/// The state of a lock that was not had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";
/// The state of a statement that its user may not run.
pub(super) const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Applies what is missing.
pub(super) async fn update(run: &mut Run<'_>) -> anyhow::Result<()> {
    for attempt in 1..=ATTEMPTS {
        match apply_missing(run).await {
            Err(error) if has_state(&error, LOCK_NOT_AVAILABLE) => {
                let holders = holders(run.connection).await?;
                if attempt == ATTEMPTS {
                    return Err(error.context(format!(
                        "a lock could not be had in {ATTEMPTS} attempts. Sessions with locks: {holders}. End them, or \
                         start again when they have ended"
                    )));
                }
                run.report(format!(
                    "waiting for a lock, attempt {attempt} of {ATTEMPTS}: {error:#}. Sessions with locks: {holders}"
                ));
                sleep(PAUSES.after(attempt)).await;
            }
            done => {
                run.connection.execute(WAIT_WITHOUT_HARM).await?;
                return done;
            }
        }
    }
    Ok(())
}

async fn apply_missing(run: &mut Run<'_>) -> anyhow::Result<()> {
    contract::forget_announced(run).await?;
    contract::check_release(run).await?;
    run.connection.execute(WAIT_FOR_LOCKS).await?;
    let applied = applied(run).await?;
    let missing =
        run.program.migrations().iter().filter(|migration| !applied.contains_key(&migration.version));
    for migration in missing {
        let Migration { version, description, .. } = migration;
        let consequence = match contract::needed_release(migration)? {
            Some(release) => contract::apply(run, migration, release).await?,
            None => apply(run.connection, migration).await.map(|()| String::new())?,
        };
        run.report(format!("applied the migration {version} ({description}){consequence}"));
    }
    Ok(())
}

/// The checksums of what was applied. What only a newer program knows may be there: it left everything in place that this
/// one needs.
async fn applied(run: &mut Run<'_>) -> anyhow::Result<BTreeMap<i64, Vec<u8>>> {
    create_schema(run.connection).await.map_err(|error| explained(error.into()))?;
    run.connection.ensure_migrations_table(TABLE).await.map_err(explained)?;
    let applied = run.connection.list_applied_migrations(TABLE).await.map_err(explained)?;
    let applied: BTreeMap<_, _> =
        applied.into_iter().map(|it| (it.version, it.checksum.into_owned())).collect();
    for migration in run.program.migrations() {
        let (migration, checksum) = (migration.version, &*migration.checksum);
        if applied.get(&migration).is_some_and(|applied| applied != checksum) {
            let version = run.program.version().to_owned();
            bail!(SchemaError::OtherProgram { migration, version });
        }
    }
    Ok(applied)
}

/// Applies one migration, which is done as a whole or not at all.
pub(super) async fn apply(connection: &mut PgConnection, migration: &Migration) -> anyhow::Result<()> {
    if migration.no_tx {
        drop_broken_indexes(connection).await?;
        connection.execute(WAIT_WITHOUT_HARM).await?;
    }
    connection.apply(TABLE, migration).await.map_err(explained)?;
    connection.execute(WAIT_FOR_LOCKS).await?;
    Ok(())
}

/// Drops what an index left behind whose concurrent build broke off. Nobody else builds any.
async fn drop_broken_indexes(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let broken = "select format('drop index concurrently %s', i.indexrelid::regclass) from pg_index i
                    join pg_class c on c.oid = i.indexrelid
                   where not i.indisvalid and c.relnamespace = 'phase_data'::regnamespace";
    let drops: Vec<String> = sqlx::query_scalar(broken).fetch_all(&mut *connection).await?;
    for drop in drops {
        connection.execute(AssertSqlSafe(drop)).await?;
    }
    Ok(())
}

/// The sessions that have locks on the tables, those in the oldest transactions first. Nobody can say any more which of
/// them was waited for.
async fn holders(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    let holders = "select format('%s (%s, %s) on %s', a.pid, a.usename, a.application_name,
                                 string_agg(distinct c.relname, ', '))
                     from pg_locks l join pg_class c on c.oid = l.relation and c.relkind = 'r'
                     join pg_stat_activity a on a.pid = l.pid
                    where l.granted and l.pid <> pg_backend_pid() and a.datname = current_database()
                      and c.relnamespace = 'phase_data'::regnamespace
                    group by a.pid, a.usename, a.application_name, a.xact_start
                    order by a.xact_start, a.pid limit 5";
    let holders: Vec<String> = sqlx::query_scalar(holders).fetch_all(connection).await?;
    Ok(if holders.is_empty() { "none any more".to_owned() } else { holders.join("; ") })
}

/// Tells whether a database error of this state is among the causes.
fn has_state(error: &anyhow::Error, state: &str) -> bool {
    error.chain().filter_map(|cause| cause.downcast_ref()).any(|cause: &sqlx::Error| {
        cause.as_database_error().and_then(|refusal| refusal.code()).as_deref() == Some(state)
    })
}

/// Says what a failure means, and what to do about it.
fn explained(error: MigrateError) -> anyhow::Error {
    let what = match &error {
        MigrateError::ExecuteMigration(_, version) => {
            format!("the migration {version} failed, and nothing of it was done")
        }
        _ => "the list of migrations can't be read or written".to_owned(),
    };
    let error = anyhow!(error);
    let rights = match has_state(&error, INSUFFICIENT_PRIVILEGE) {
        true => {
            ": its user must be able to create schemas and tables (set PHASE_DATA_OWNER_DATABASE_URL to the owner of the \
             database)"
        }
        false => "",
    };
    error.context(format!("{what}{rights}"))
}

/// Returns a single value.
pub(super) async fn scalar<T>(connection: &mut PgConnection, query: &'static str) -> anyhow::Result<T>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    sqlx::query_scalar(query).fetch_one(connection).await.context("the database's state can't be read")
}
