//! This release's functions, and its row in the registry.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::{Run, roles};

/// The objects of a schema as `drop` takes them, like `function s.f(integer)`.
const OBJECTS: &str = "select o.type || ' ' || o.identity
                         from pg_depend d, pg_identify_object(d.classid, d.objid, 0) o
                        where d.refclassid = 'pg_namespace'::regclass and d.refobjid = to_regnamespace($1)::oid
                        order by o.type, d.objid desc";

/// The files whose types and functions are there.
const INSTALLED: &str =
    "select 'functions/' || proname || '.sql' from pg_proc where pronamespace = to_regnamespace($1)::oid
                         union all
                         select 'types/' || typname || '.sql' from pg_type
                          where typnamespace = to_regnamespace($1)::oid and typtype = 'c'";

/// Installs the functions, or those that are missing, and makes them the ones in use. Grants the server's role its rights.
pub(super) async fn install(run: &mut Run<'_>) -> Result<(), sqlx::Error> {
    let (program, schema) = (run.program, run.program.schema());
    #[expect(clippy::disallowed_methods, reason = "a connection of its own, closed when its work is dropped")]
    let mut transaction = run.connection.begin().await?;
    let installed: Vec<String> =
        sqlx::query_scalar(INSTALLED).bind(&schema).fetch_all(&mut *transaction).await?;
    let missing: Vec<&str> = program
        .files()
        .filter(|(name, _)| !installed.iter().any(|it| it == name))
        .map(|(_, text)| text)
        .collect();
    if !missing.is_empty() {
        // A body may name a function that comes later.
        let begin = format!(
            "create schema if not exists {schema}; set local check_function_bodies = off;
             set local search_path = {schema}, phase_data, pg_temp;
             delete from function_schema where name = '{schema}'"
        );
        transaction.execute(AssertSqlSafe(begin)).await?;
        for text in &missing {
            transaction.execute(AssertSqlSafe(*text)).await?;
        }
    }
    let contents = objects(&mut transaction, &schema).await?;
    sqlx::query(
        "insert into phase_data.function_schema as f (name, digest, version, release, contents)
         values ($1, $2, $3, $4, $5)
         on conflict (name) do update set version = excluded.version, release = excluded.release",
    )
    .bind(&schema)
    .bind(program.digest())
    .bind(program.version())
    .bind(program.release())
    .bind(contents)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "update phase_data.function_schema f set activated_at = clock_timestamp()
          where f.name = $1 and exists (select from phase_data.function_schema o
                                         where o.name <> f.name and o.activated_at >= f.activated_at)",
    )
    .bind(&schema)
    .execute(&mut *transaction)
    .await?;
    let granted = roles::grant(&mut transaction, &schema).await?;
    transaction.commit().await?;
    if !missing.is_empty() {
        run.report(format!("installed the functions of release {} into {schema}", program.release()));
    }
    // The rights on what is new belong to its installation.
    if granted > 0 && missing.is_empty() {
        run.report(format!("granted the role phase_data_app {granted} missing rights"));
    }
    Ok(())
}

/// Returns what a schema holds, as `drop` takes it: functions first, and of each kind the newest first.
pub(super) async fn objects(connection: &mut PgConnection, schema: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(OBJECTS).bind(schema).fetch_all(connection).await
}
