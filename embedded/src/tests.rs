//! The private PostgreSQL as its users meet it: a real one is started, stopped, killed and left behind.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};
use tempfile::TempDir;

use super::{DATABASE, Durability, EmbeddedError, EmbeddedPostgres, Settings, as_server, start};

const PATIENCE: Duration = Duration::from_secs(60);

/// A directory that the user "postgres" can reach when the tests run as root.
fn place() -> TempDir {
    let permissions = Permissions::from_mode(0o755);
    tempfile::Builder::new().permissions(permissions).tempdir().expect("a temporary directory")
}

fn safe(place: &TempDir) -> Settings {
    Settings { shared_buffers_mb: 16, max_connections: 10, ..Settings::new(place.path().join("data")) }
}

fn throwaway(place: &TempDir) -> Settings {
    Settings { durability: Durability::Throwaway, ..safe(place) }
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

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart() {
    let place = place();
    let postgres = started(safe(&place)).await;
    assert!(postgres.is_new());
    assert!(postgres.server_version().starts_with(|c: char| c.is_ascii_digit()));
    run(&postgres, "create table t (n integer); insert into t values (42)").await;
    postgres.stop().await.expect("it stops");
    assert_eq!(postmaster_pid(&place.path().join("data")), None);

    let postgres = started(safe(&place)).await;
    assert!(!postgres.is_new());
    assert_eq!(number(&postgres, "select n from t").await, 42);
    postgres.stop().await.expect("it stops");
}

#[tokio::test]
async fn the_cluster_is_set_up_as_documented() {
    let place = place();
    let postgres = started(safe(&place)).await;
    let shown = sqlx::query_as::<_, (String, String, String, String, String)>(
        "select current_setting('server_encoding'), current_setting('data_checksums'), \
         current_setting('listen_addresses'), current_setting('fsync'), current_user::text",
    );
    let shown = shown.fetch_one(&mut connect(&postgres).await).await.expect("settings");
    let expected = ["UTF8", "on", "", "on", "phase_data"].map(str::to_owned);
    assert_eq!([shown.0, shown.1, shown.2, shown.3, shown.4], expected);
    for name in ["", "socket", "cluster"] {
        let mode = fs::metadata(postgres.data_dir().join(name)).expect("a directory").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{name}");
    }
    let socket = postgres.dir.socket_dir().join(".s.PGSQL.5432");
    let mode = fs::metadata(socket).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "the socket");
    let by_url: PgConnectOptions = postgres.connection_url(DATABASE).parse().expect("a URL");
    by_url.connect().await.expect("the URL connects").close().await.expect("it closes");
    postgres.stop().await.expect("it stops");
}

#[tokio::test]
async fn the_servers_role_can_become_nobody_but_the_role_that_owns_nothing() {
    let place = place();
    let postgres = started(safe(&place)).await;
    // What an older version, or somebody else, may have left.
    run(
        &postgres,
        "drop role phase_data_server; create role phase_data_server superuser bypassrls login;
         grant phase_data to phase_data_server; grant pg_write_server_files to phase_data_app;
         alter role phase_data_server set default_transaction_read_only = on;
         alter role phase_data_server in database phase_data set search_path = nowhere;
         create table t (n integer); grant select on t to phase_data_app",
    )
    .await;
    postgres.stop().await.expect("it stops");
    let postgres = started(safe(&place)).await;
    let mut server =
        as_server(postgres.connect_options(DATABASE)).connect().await.expect("the server's connection");
    let rights =
        "select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or rolinherit
                    from pg_roles where rolname = session_user and rolname = 'phase_data_server'";
    let rights: bool = sqlx::query_scalar(rights).fetch_one(&mut server).await.expect("the role");
    assert!(!rights);
    let settings = "select count(*) from pg_db_role_setting";
    let settings: i64 = sqlx::query_scalar(settings).fetch_one(&mut server).await.expect("a count");
    let granted = "select string_agg(roleid::regrole::text, ' ') from pg_auth_members
                    where member in ('phase_data_server'::regrole, 'phase_data_app'::regrole)";
    let granted: String = sqlx::query_scalar(granted).fetch_one(&mut server).await.expect("memberships");
    assert_eq!((settings, granted.as_str()), (0, "phase_data_app"));
    for refused in ["select from t", "set role phase_data", "set session authorization phase_data"] {
        let refusal = server.execute(refused).await.expect_err(refused).to_string();
        assert!(refusal.contains("permission denied"), "{refused}: {refusal}");
    }
    server.execute("set role phase_data_app; select from t; reset role").await.expect("the role that it has");
    assert!(server.execute("select from t").await.is_err());
    server.close().await.expect("it closes");
    postgres.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_second_start_on_the_same_directory_is_refused_and_the_first_goes_on() {
    let place = place();
    let postgres = started(throwaway(&place)).await;
    let error = refused(safe(&place)).await;
    assert!(matches!(&error, EmbeddedError::InUse(dir) if dir == postgres.data_dir()), "{error}");
    assert_eq!(number(&postgres, "select 1").await, 1);
    postgres.stop().await.expect("it stops");
}

#[tokio::test]
async fn a_dropped_handle_stops_postgres_and_the_next_start_waits_for_that() {
    let place = place();
    let postgres = started(safe(&place)).await;
    run(&postgres, "create table t (n integer); insert into t values (7)").await;
    let first = postmaster_pid(postgres.data_dir());
    drop(postgres);
    let postgres = started(safe(&place)).await;
    assert_ne!(postmaster_pid(postgres.data_dir()), first);
    assert_eq!(number(&postgres, "select n from t").await, 7);
    postgres.stop().await.expect("it stops");
}

/// The other process of the test below, which runs this very file again with its directory as the current.
#[tokio::test]
#[ignore = "part of another test"]
async fn hold() {
    let here = std::env::current_dir().expect("a directory");
    let postgres = started(Settings::new(here.join("data"))).await;
    run(&postgres, "create table t (n integer); insert into t values (9)").await;
    fs::write(here.join("holding"), "").expect("the file is written");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn after_a_sigkill_postgres_goes_and_the_next_start_works_at_once() {
    let place = place();
    let mut holder = Command::new(std::env::current_exe().expect("our path"))
        .args(["--ignored", "--exact", "tests::hold"])
        .current_dir(place.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the other process starts");
    eventually("the other process holds", async || place.path().join("holding").exists()).await;
    let error = refused(safe(&place)).await;
    assert!(matches!(error, EmbeddedError::InUse(_)), "{error}");

    holder.kill().expect("the kill works");
    let postgres = started(safe(&place)).await;
    assert_eq!(number(&postgres, "select n from t").await, 9);
    postgres.stop().await.expect("it stops");
    holder.wait().expect("the other process is gone");
}

#[tokio::test]
async fn a_killed_postgres_is_started_again() {
    for throw_away in [false, true] {
        let place = place();
        let postgres = started(if throw_away { throwaway(&place) } else { safe(&place) }).await;
        run(&postgres, "create table t (n integer)").await;
        // Throw-away clusters don't keep what was not written yet.
        run(&postgres, "checkpoint").await;
        let pid = postmaster_pid(postgres.data_dir()).expect("a pid");
        kill("KILL", &pid);
        let options = postgres.connect_options(DATABASE);
        eventually("it answers again", async || {
            let renewed = postmaster_pid(postgres.data_dir()).is_some_and(|now| now != pid);
            renewed && options.connect().await.is_ok()
        })
        .await;
        assert_eq!(number(&postgres, "select count(*)::integer from t").await, 0);
        postgres.stop().await.expect("it stops");
    }
}

#[tokio::test]
async fn a_throw_away_cluster_removes_its_directory_even_when_only_dropped() {
    let place = place();
    let data_dir = place.path().join("data");
    started(throwaway(&place)).await.stop().await.expect("it stops");
    assert!(!data_dir.exists());

    // Root's directory above it is closed to the script, which then leaves the empty directory.
    let is_gone = || fs::read_dir(&data_dir).map_or(true, |mut entries| entries.next().is_none());
    drop(started(throwaway(&place)).await);
    eventually("the directory is removed", async || is_gone()).await;
}

#[tokio::test]
async fn a_directory_with_something_else_in_it_is_left_alone() {
    let place = place();
    let file = place.path().join("data/precious");
    fs::create_dir(place.path().join("data")).expect("a directory");
    fs::write(&file, "x").expect("a file");
    let error = refused(safe(&place)).await;
    assert!(matches!(error, EmbeddedError::NotOurs(_)), "{error}");
    let error = refused(throwaway(&place)).await;
    assert!(matches!(error, EmbeddedError::NotEmpty(_)), "{error}");
    assert!(file.exists());
}

#[tokio::test]
async fn a_directory_too_long_for_a_socket_works() {
    let place = place();
    let data_dir = place.path().join("x".repeat(100)).join("with, comma \" and blank");
    let postgres = started(Settings { data_dir, ..throwaway(&place) }).await;
    let socket_dir: PathBuf = postgres.dir.socket_dir().to_owned();
    assert!(socket_dir.starts_with("/tmp"));
    assert_eq!(number(&postgres, "select 1").await, 1);
    postgres.stop().await.expect("it stops");
    assert!(!socket_dir.exists());
}

#[tokio::test]
async fn a_wrong_bin_directory_is_named() {
    let place = place();
    let error = refused(Settings { postgres_bin_dir: Some("/usr/share".into()), ..safe(&place) }).await;
    assert!(
        error.to_string().starts_with("/usr/share has no usable PostgreSQL: it has no program postgres.")
    );
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_refused_with_both_versions() {
    let place = place();
    let cluster = place.path().join("data/cluster");
    fs::create_dir_all(&cluster).expect("a directory");
    // Nobody offers binaries of this version, so that nothing is fetched where there is internet.
    fs::write(cluster.join("PG_VERSION"), "8\n").expect("a file");
    fs::write(place.path().join("data/backend.lock"), "").expect("a file");
    let error = refused(safe(&place)).await.to_string();
    assert!(error.contains("were made by PostgreSQL 8, which no other major version can read"), "{error}");
    assert!(error.contains("needed is version 8"), "{error}");
}

#[tokio::test]
async fn a_failed_start_shows_the_end_of_the_log() {
    let place = place();
    let error = refused(Settings { max_connections: 0, ..throwaway(&place) }).await;
    assert!(
        error.to_string().contains("0 is outside the valid range for parameter \"max_connections\""),
        "{error}"
    );
}

#[tokio::test]
async fn a_frozen_postgresql_is_waited_for_no_longer_than_the_stop_may_take() {
    let place = place();
    let postgres = started(throwaway(&place)).await;
    let postmaster = postmaster_pid(&place.path().join("data")).expect("it runs");
    // With all that it has started: nothing of it hears a signal that asks.
    let children = fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
    let children = children.expect("its children");
    let frozen: Vec<&str> = children.split_whitespace().chain([postmaster.as_str()]).collect();
    // One of them may have ended by itself meanwhile.
    frozen.iter().for_each(|pid| drop(Command::new("kill").args(["-s", "STOP", pid]).output()));
    let began = Instant::now();
    let stopped = postgres.stop_within(Duration::from_secs(1)).await.expect_err("it does not hear");
    assert!(matches!(stopped, EmbeddedError::NotStopped { waited: 1, .. }), "{stopped}");
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    // What is left of it ends.
    frozen.iter().for_each(|pid| drop(Command::new("kill").args(["-s", "KILL", pid]).output()));
}
