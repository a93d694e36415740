//! The role that the server works as, and its rights. Each run of `migrate` repairs them: dumps contain no roles, and are
//! often restored without privileges.

use anyhow::{Context as _, bail};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use super::Run;
use super::tables::{INSUFFICIENT_PRIVILEGE, scalar};
use crate::store::schema::{MISSING_RIGHTS, SchemaError};

const CREATE: &str =
    "create role phase_data_app nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls";
/// Roles belong to the whole cluster: the migration of another database may create this one right now.
const EXISTS_BY_NOW: [&str; 2] = ["42710", "23505"];

/// Makes sure that the role exists and is limited by row-level security. If the owner may, it becomes a member, for
/// deployments in which it is the server's user, too. If not, the start of such a server says what to grant.
pub(super) async fn prepare(run: &mut Run<'_>) -> anyhow::Result<()> {
    let exists = "select exists (select from pg_catalog.pg_roles where rolname = 'phase_data_app')";
    if !scalar::<bool>(run.connection, exists).await? {
        create(run).await?;
    }
    let unlimited =
        "select rolsuper or rolbypassrls from pg_catalog.pg_roles where rolname = 'phase_data_app'";
    if scalar::<bool>(run.connection, unlimited).await? {
        bail!(SchemaError::RoleUnlimited);
    }
    if can_work_as_it(run.connection).await? {
        return Ok(());
    }
    // Since PostgreSQL 16, the creator of a role may grant it, but not work as it, and nobody else may grant it.
    match run.connection.execute("grant phase_data_app to current_user").await {
        Err(error) if !has_state(&error, &[INSUFFICIENT_PRIVILEGE]) => {
            Err(error).context("the role phase_data_app could not be granted")
        }
        _ => Ok(()),
    }
}

async fn create(run: &mut Run<'_>) -> anyhow::Result<()> {
    match run.connection.execute(CREATE).await {
        Ok(_) => {
            run.report("created the role phase_data_app");
            Ok(())
        }
        Err(error) if has_state(&error, &EXISTS_BY_NOW) => Ok(()),
        Err(error) if has_state(&error, &[INSUFFICIENT_PRIVILEGE]) => {
            let user: String = scalar(run.connection, "select quote_ident(current_user)").await?;
            bail!(
                "the role phase_data_app does not exist, and the user {user} may not create roles. As a superuser, run \
                 `create role phase_data_app nologin`, and grant it to the server's user. Then run `phase-data-backend \
                 migrate` again"
            )
        }
        Err(error) => Err(error).context("the role phase_data_app could not be created"),
    }
}

async fn can_work_as_it(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    #[expect(clippy::disallowed_methods, reason = "a connection of its own, closed when its work is dropped")]
    let mut transaction = connection.begin().await?;
    let tried = transaction.execute("set local role phase_data_app").await;
    transaction.rollback().await?;
    match tried {
        Ok(_) => Ok(true),
        Err(error) if has_state(&error, &[INSUFFICIENT_PRIVILEGE]) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Grants the missing rights on tables, types and functions. Returns how many there were.
pub(super) async fn grant(connection: &mut PgConnection, functions: &str) -> Result<usize, sqlx::Error> {
    let missing: Vec<String> =
        sqlx::query_scalar(MISSING_RIGHTS).bind(functions).fetch_all(&mut *connection).await?;
    for statement in &missing {
        connection.execute(AssertSqlSafe(statement.as_str())).await?;
    }
    Ok(missing.len())
}

fn has_state(error: &sqlx::Error, states: &[&str]) -> bool {
    let state = error.as_database_error().and_then(|refusal| refusal.code());
    state.is_some_and(|state| states.contains(&&*state))
}
