//! The functions of releases that are gone.
//!
//! Dropping a schema that is in use succeeds at once and breaks every server on it, and `cascade` takes along what somebody
//! else made. So only what the registry has is dropped, one by one, and only when nobody used it for a week.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::Run;
use super::functions::objects;

/// The schemas that nobody needs: neither this release's nor the one before it, whose servers may come back.
const OLD: &str = "select f.name, f.release from phase_data.function_schema f
                    where f.name <> $1
                      and f.name <> (select p.name from phase_data.function_schema p where p.name <> $1
                                      order by p.activated_at desc, p.name limit 1)
                      and greatest(f.activated_at, f.last_served_at,
                                   (select max(i.last_seen_at) from phase_data.server_instance i
                                     where i.function_schema = f.name)) < clock_timestamp() - interval '7 days'
                    order by f.activated_at, f.name";
/// Servers that did not stop in an orderly way leave their rows behind.
const SILENT: &str =
    "delete from phase_data.server_instance where last_seen_at < clock_timestamp() - interval '7 days'";

/// Drops the schemas that nobody needs, each in a transaction of its own. One that can't be dropped stays, with a warning.
pub(super) async fn drop_old(run: &mut Run<'_>) -> Result<(), sqlx::Error> {
    let old: Vec<(String, i32)> =
        sqlx::query_as(OLD).bind(run.program.schema()).fetch_all(&mut *run.connection).await?;
    for (schema, release) in old {
        match drop_schema(run.connection, &schema).await {
            Ok(None) => run.report(format!("dropped the functions of release {release} ({schema})")),
            Ok(Some(foreign)) => run.report(left_alone(&schema, &format!("it also holds {foreign}"))),
            Err(sqlx::Error::Database(refusal)) => {
                let postgres = refusal.try_downcast_ref::<sqlx::postgres::PgDatabaseError>();
                let detail = postgres.and_then(|error| error.detail()).unwrap_or_default();
                run.report(left_alone(&schema, &format!("{}. {detail}", refusal.message())));
            }
            Err(error) => return Err(error),
        }
    }
    run.connection.execute(SILENT).await.map(drop)
}

fn left_alone(schema: &str, why: &str) -> String {
    format!(
        "warning: the schema {schema} of an old release is left alone: {}. Move that elsewhere, and run `migrate` again",
        why.trim_end_matches(['.', ' '])
    )
}

/// Drops a schema and what the registry says is in it. Returns what else there is; then nothing is dropped.
async fn drop_schema(connection: &mut PgConnection, schema: &str) -> Result<Option<String>, sqlx::Error> {
    #[expect(clippy::disallowed_methods, reason = "a connection of its own, closed when its work is dropped")]
    let mut transaction = connection.begin().await?;
    let there = objects(&mut transaction, schema).await?;
    let own: Vec<String> =
        sqlx::query_scalar("select unnest(contents) from phase_data.function_schema where name = $1")
            .bind(schema)
            .fetch_all(&mut *transaction)
            .await?;
    let foreign: Vec<&str> = there.iter().filter(|it| !own.contains(it)).map(String::as_str).collect();
    if !foreign.is_empty() {
        return Ok(Some(foreign.join(", ")));
    }
    transaction.execute("set local lock_timeout = '2s'").await?;
    for object in &there {
        transaction.execute(AssertSqlSafe(format!("drop {object} restrict"))).await?;
    }
    transaction.execute(AssertSqlSafe(format!("drop schema if exists {schema} restrict"))).await?;
    let forget = "delete from phase_data.function_schema where name = $1";
    sqlx::query(forget).bind(schema).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(None)
}
