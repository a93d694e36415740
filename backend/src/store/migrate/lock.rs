//! The one lock around everything that `migrate` does.

use std::time::Duration;

use anyhow::bail;
use tokio::time::sleep;

use super::Run;

/// The lock's key.
const KEY: &str = "hashtextextended('phase_data migrate', 0)";
/// The interval of attempts.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// The number of attempts between two reports of the holder.
const REPORT_EVERY: u32 = 40;
/// The maximum number of attempts: for ten minutes.
const MAX_ATTEMPTS: u32 = 2400;

/// Asks for the lock until it is free. Whoever has it loses it with its connection.
pub(super) async fn acquire(run: &mut Run<'_>) -> anyhow::Result<()> {
    let ask = format!("select pg_try_advisory_lock({KEY})");
    for asked in 1..=MAX_ATTEMPTS {
        if sqlx::query_scalar(sqlx::AssertSqlSafe(ask.as_str())).fetch_one(&mut *run.connection).await? {
            return Ok(());
        }
        if asked % REPORT_EVERY == 4 {
            let holder = holder(run).await?;
            run.report(format!("waiting for another migration to end: {holder} is at it"));
        }
        sleep(ASK_EVERY).await;
    }
    let holder = holder(run).await?;
    bail!(
        "another migration has gone on for ten minutes: {holder} is at it. Start again when it has ended, or end it"
    )
}

/// Gives the lock back. A pooler may keep the connection for somebody else.
pub(super) async fn release(run: &mut Run<'_>) -> anyhow::Result<()> {
    let release = sqlx::AssertSqlSafe(format!("select pg_advisory_unlock({KEY})"));
    sqlx::query(release).execute(&mut *run.connection).await?;
    Ok(())
}

async fn holder(run: &mut Run<'_>) -> Result<String, sqlx::Error> {
    let holder = format!(
        "select format('session %s (%s, %s)', a.pid, a.usename, a.application_name)
           from pg_locks l join pg_stat_activity a on a.pid = l.pid
          where l.locktype = 'advisory' and l.granted and l.objsubid = 1
            and l.database = (select oid from pg_database where datname = current_database())
            and ((l.classid::bigint << 32) | l.objid::bigint) = {KEY}"
    );
    let holder = sqlx::query_scalar(sqlx::AssertSqlSafe(holder)).fetch_optional(&mut *run.connection).await?;
    Ok(holder.unwrap_or_else(|| "another session".to_owned()))
}
