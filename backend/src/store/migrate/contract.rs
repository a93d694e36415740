//! Contract steps: migrations after which servers of older releases can't work any more.

use anyhow::{Context as _, bail};
use sqlx::PgConnection;
use sqlx::migrate::Migration;

use super::Run;
use super::tables::{apply as apply_migration, scalar};
use crate::store::schema::SchemaError;

/// The mark of a contract step in one of its first lines, before the number of the oldest release that works after it.
const MARK: &str = "-- contract:";

/// Returns the oldest release that works after a migration, if it is a contract step.
pub(super) fn needed_release(migration: &Migration) -> anyhow::Result<Option<i32>> {
    let mut head = migration.sql.as_str().lines().take_while(|line| line.starts_with("--"));
    let Some(mark) = head.find_map(|line| line.strip_prefix(MARK)) else { return Ok(None) };
    let release = mark.trim().strip_prefix("release ").and_then(|number| number.parse().ok());
    let version = migration.version;
    release.map(Some).with_context(|| format!("the migration {version} is not marked as {MARK} release N"))
}

/// Refuses a database on which this release can't work any more.
pub(super) async fn check_release(run: &mut Run<'_>) -> anyhow::Result<()> {
    let release = run.program.release();
    let needed = min_release(run.connection).await?;
    if needed > release {
        let version = run.program.version().to_owned();
        bail!(SchemaError::ReleaseTooOld { needed, release, version });
    }
    Ok(())
}

/// Takes a contract step, and returns what that means for other releases. It is taken once no older server runs, or by force. Older servers that start meanwhile are refused: the
/// database says first that they can't work on it, and is then asked once more whether any does.
pub(super) async fn apply(run: &mut Run<'_>, migration: &Migration, release: i32) -> anyhow::Result<String> {
    let version = migration.version;
    if release > run.program.release() {
        bail!("the migration {version} needs release {release}, which this program is not");
    }
    let older = older_servers(run.connection, release).await?;
    if !older.is_empty() && !run.force {
        bail!("{}", refused(version, release, &older));
    }
    announce(run.connection, release).await?;
    let older = older_servers(run.connection, release).await?;
    let applied = match older.is_empty() || run.force {
        true => apply_migration(run.connection, migration).await,
        false => Err(anyhow::anyhow!(refused(version, release, &older))),
    };
    if let Err(error) = applied {
        // A failed step is retried, or not applied.
        announce(run.connection, 0).await?;
        return Err(error);
    }
    let taken = "update phase_data.upgrade_state set min_release = greatest(min_release, $1), announced = 0";
    sqlx::query(taken).bind(release).execute(&mut *run.connection).await?;
    let forced = match older.is_empty() {
        true => String::new(),
        false => format!("; forced: {} can't work on this database any more", older.join(", ")),
    };
    Ok(format!(
        "; releases before {release} can't come back: the database needs release {release} from now on{forced}"
    ))
}

fn refused(version: i64, release: i32, older: &[String]) -> String {
    format!(
        "the migration {version} is a contract step, after which servers before release {release} can't work, and some \
         are running: {}. Update or stop them, wait for a minute, and start again; or use `phase-data-backend migrate \
         --force`, which breaks them",
        older.join("; ")
    )
}

async fn older_servers(connection: &mut PgConnection, release: i32) -> anyhow::Result<Vec<String>> {
    if !has_registry(connection).await? {
        return Ok(Vec::new());
    }
    let older = "select format('release %s, server %s (seen %s s ago)', release, id,
                               round(extract(epoch from clock_timestamp() - last_seen_at)))
                   from phase_data.server_instance
                  where release < $1 and phase_data.is_running(last_seen_at) order by release, id";
    Ok(sqlx::query_scalar(older).bind(release).fetch_all(connection).await?)
}

async fn min_release(connection: &mut PgConnection) -> anyhow::Result<i32> {
    if !has_registry(connection).await? {
        return Ok(0);
    }
    scalar(connection, "select coalesce(max(min_release), 0) from phase_data.upgrade_state").await
}

/// Keeps servers of older releases from starting while a contract step is under way; 0 says that none is.
async fn announce(connection: &mut PgConnection, release: i32) -> anyhow::Result<()> {
    if has_registry(connection).await? {
        let announce = "update phase_data.upgrade_state set announced = $1 where announced <> $1";
        sqlx::query(announce).bind(release).execute(connection).await?;
    }
    Ok(())
}

/// Forgets the contract step that an earlier run announced and did not live to take. Only one run is at it at a time.
pub(super) async fn forget_announced(run: &mut Run<'_>) -> anyhow::Result<()> {
    announce(run.connection, 0).await
}

/// An empty database has no registry yet.
async fn has_registry(connection: &mut PgConnection) -> anyhow::Result<bool> {
    scalar(connection, "select to_regclass('phase_data.upgrade_state') is not null").await
}

#[cfg(test)]
mod tests {
    use crate::store::Program;

    use super::*;

    #[test]
    fn a_contract_step_is_marked_in_one_of_the_first_lines_and_a_wrong_mark_is_refused() {
        let needed = |sql: &'static str| {
            let program = Program::shipped().with_migration(9999, "a step", sql);
            needed_release(program.migrations().last().expect("a migration"))
        };
        assert_eq!(needed("-- contract: release 3\ndrop table t").expect("a step"), Some(3));
        assert_eq!(needed("-- no-transaction\n-- contract: release 12\nselect 1").expect("a step"), Some(12));
        assert_eq!(needed("-- Adds a column.\nselect 1; -- contract: release 3").expect("a step"), None);
        for wrong in ["-- contract: 3", "-- contract: release three", "-- contract:"] {
            assert!(needed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_shipped_contract_step_is_one_that_this_release_can_take() {
        let program = Program::shipped();
        for migration in program.migrations() {
            let needed = needed_release(migration).expect("a mark that is right");
            assert!(needed.is_none_or(|release| release <= program.release()), "{}", migration.version);
        }
    }
}
