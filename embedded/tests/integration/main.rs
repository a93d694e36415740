//! A real private PostgreSQL is started, stopped, killed and left running.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use phase_data_embedded::{DATABASE, Durability, EmbeddedError, EmbeddedPostgres, Settings, start};
use sqlx::{ConnectOptions, PgConnection};
use tempfile::TempDir;

mod refusals;
mod running;
mod stopping;

const PATIENCE: Duration = Duration::from_secs(60);

/// A directory that the user "postgres" can reach when the tests run as root.
fn temporary_directory() -> TempDir {
    let permissions = Permissions::from_mode(0o755);
    tempfile::Builder::new().permissions(permissions).tempdir().expect("a temporary directory")
}

fn safe(directory: &TempDir) -> Settings {
    Settings { shared_buffers_mb: 16, max_connections: 10, ..Settings::new(directory.path().join("data")) }
}

fn throwaway(directory: &TempDir) -> Settings {
    Settings { durability: Durability::Throwaway, ..safe(directory) }
}

async fn started(settings: Settings) -> EmbeddedPostgres {
    start(settings).await.expect("PostgreSQL starts")
}

async fn refused(settings: Settings) -> EmbeddedError {
    start(settings).await.expect_err("PostgreSQL must not start")
}

async fn connect(postgres: &EmbeddedPostgres) -> PgConnection {
    postgres.connect_options(DATABASE).connect().await.expect("a connection")
}

async fn run(postgres: &EmbeddedPostgres, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&mut connect(postgres).await).await.expect("the statement works");
}

async fn number(postgres: &EmbeddedPostgres, sql: &'static str) -> i32 {
    sqlx::query_scalar(sql).fetch_one(&mut connect(postgres).await).await.expect("a number")
}

fn postmaster_pid(data_dir: &Path) -> Option<String> {
    let text = fs::read_to_string(data_dir.join("cluster/postmaster.pid")).ok()?;
    text.lines().next().map(str::to_owned)
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn kill(signal: &str, pid: &str) {
    let status = Command::new("kill").args(["-s", signal, pid]).status().expect("kill runs");
    assert!(status.success());
}
