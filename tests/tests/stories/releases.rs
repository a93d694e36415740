//! Several releases on one database: updates that nobody notices, and what is refused.

mod contract;
mod functions;
mod load;
mod locks;
mod pre_release;
mod registry;
mod update;

use std::path::Path;

use phase_data_tests::{Backend, Cluster};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Runs `migrate` of a release; answers whether it succeeded, and what it said.
async fn migrate(
    program: &'static Path,
    database_url: &str,
    options: &'static [&'static str],
) -> (bool, String) {
    let url = database_url.to_owned();
    let run =
        move || Backend::run_release(program, &[("DATABASE_URL", &url)], &[&["migrate"], options].concat());
    let output = tokio::task::spawn_blocking(run).await.expect("it ends");
    let text = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// A connection of the owner's that sees no release's functions.
async fn owner(database_url: &str) -> PgConnection {
    let mut database = PgConnection::connect(database_url).await.expect("the database answers");
    database.execute("set search_path = phase_data, pg_temp").await.expect("a path");
    database
}

async fn execute(database: &mut PgConnection, statement: &str) {
    let done = database.execute(AssertSqlSafe(statement)).await;
    done.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

async fn texts(database: &mut PgConnection, query: &'static str) -> Vec<String> {
    sqlx::query_scalar(query).fetch_all(database).await.unwrap_or_else(|error| panic!("{query}: {error}"))
}

async fn empty_database() -> String {
    Cluster::shared().create_database().await
}

/// Ends a backend as an orchestrator does: what is in flight may finish.
fn stop(backend: Backend) {
    backend.signal("TERM");
    assert!(backend.wait(), "it ends well");
}
