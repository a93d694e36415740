//! A cluster from its first start on: its data, its settings and its roles.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use phase_data_embedded::{DATABASE, EmbeddedPostgres, Settings, as_server};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};

use super::{connect, number, postmaster_pid, run, safe, started, temporary_directory, throwaway};

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart() {
    let directory = temporary_directory();
    let postgres = started(safe(&directory)).await;
    assert!(postgres.is_new());
    assert!(postgres.server_version().starts_with(|c: char| c.is_ascii_digit()));
    run(&postgres, "create table t (n integer); insert into t values (42)").await;
    postgres.stop().await.expect("it stops");
    assert_eq!(postmaster_pid(&directory.path().join("data")), None);

    let postgres = started(safe(&directory)).await;
    assert!(!postgres.is_new());
    assert_eq!(number(&postgres, "select n from t").await, 42);
    postgres.stop().await.expect("it stops");
}

#[tokio::test]
async fn the_cluster_is_set_up_as_documented() {
    let directory = temporary_directory();
    let postgres = started(safe(&directory)).await;
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
    let socket = socket_dir(&postgres).join(".s.PGSQL.5432");
    let mode = fs::metadata(socket).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "the socket");
    let by_url: PgConnectOptions = postgres.connection_url(DATABASE).parse().expect("a URL");
    by_url.connect().await.expect("the URL connects").close().await.expect("it closes");
    postgres.stop().await.expect("it stops");
}

#[tokio::test]
async fn the_servers_role_can_become_nobody_but_the_role_that_owns_nothing() {
    let directory = temporary_directory();
    let postgres = started(safe(&directory)).await;
    // Settings that an older version, or somebody else, can have left.
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
    let postgres = started(safe(&directory)).await;
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
async fn a_directory_too_long_for_a_socket_works() {
    let directory = temporary_directory();
    let data_dir = directory.path().join("x".repeat(100)).join("with, comma \" and blank");
    let postgres = started(Settings { data_dir, ..throwaway(&directory) }).await;
    let socket_dir: PathBuf = socket_dir(&postgres);
    assert!(socket_dir.starts_with("/tmp"));
    assert_eq!(number(&postgres, "select 1").await, 1);
    postgres.stop().await.expect("it stops");
    assert!(!socket_dir.exists());
}

fn socket_dir(postgres: &EmbeddedPostgres) -> PathBuf {
    postgres.connect_options(DATABASE).get_socket().expect("a socket").clone()
}
