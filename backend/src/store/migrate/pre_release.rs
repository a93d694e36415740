//! Databases of builds from before the first release, which kept everything outside of the schema `phase_data`.

use sqlx::{AssertSqlSafe, PgConnection};

/// The last number that no migration of a release has.
const LAST_OF_PRE_RELEASES: i64 = 99;

/// Returns the schema in which a pre-release keeps its tables, unless the database has those of a release, too.
///
/// # Errors
/// Any database error.
pub(crate) async fn pre_release_schema(connection: &mut PgConnection) -> Result<Option<String>, sqlx::Error> {
    let schemas: Vec<String> = sqlx::query_scalar(
        "select quote_ident(n.nspname) from pg_namespace n
          where to_regclass('phase_data._sqlx_migrations') is null
            and 3 = (select count(*) from pg_class c
                      where c.relnamespace = n.oid and c.relkind = 'r'
                        and c.relname in ('_sqlx_migrations', 'forge_account', 'phase_data'))
          order by n.nspname",
    )
    .fetch_all(&mut *connection)
    .await?;
    for schema in schemas {
        let first = AssertSqlSafe(format!("select min(version) from {schema}._sqlx_migrations"));
        let first: Option<i64> = sqlx::query_scalar(first).fetch_one(&mut *connection).await?;
        if first.is_some_and(|first| first <= LAST_OF_PRE_RELEASES) {
            return Ok(Some(schema));
        }
    }
    Ok(None)
}

/// Says what that means, and what to do.
pub(super) fn explained(schema: &str) -> String {
    format!(
        "was made by a build from before the first release (its tables are in the schema {schema}), which no release can \
         go on with. Nothing was changed. Keep what you need of it with pg_dump, and start anew with an empty database"
    )
}
