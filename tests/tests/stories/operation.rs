//! The backend's own life: the embedded default, restarts, signals, settings.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;

use phase_data_embedded as embedded;
use phase_data_tests::Backend;
use sqlx::ConnectOptions;
use tempfile::TempDir;

/// A place for a private PostgreSQL, which may run as another user.
pub(crate) fn data_dir() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("an open folder");
    let path = folder.path().join("data").to_str().expect("a path in UTF-8").to_owned();
    (folder, path)
}

/// The text between two others.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {text}"));
    rest.split_once(after).unwrap_or_else(|| panic!("no {after:?} in {rest}")).0
}

#[tokio::test]
async fn without_any_setting_a_first_start_gives_all_that_is_needed_and_a_restart_keeps_it() {
    let (_folder, data_dir) = data_dir();
    let settings = [("PHASE_DATA_DATA_DIR", data_dir.as_str())];
    let backend = Backend::launch(&settings);
    let welcome = backend.welcome().await;
    let key = between(&welcome, "API key   ", "  (shown only now)").to_owned();
    assert!(welcome.contains(&format!("{}/docs", backend.url())), "{welcome}");
    assert_eq!(backend.store(&key, "octo/hello", 42, "scan", "[1]").await.status, 201);

    let second = Backend::run(&settings, &["serve", "--listen", "127.0.0.1:0"]);
    let printed = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(!second.status.success() && printed.contains(&data_dir), "{printed}");

    // Commands work beside the running server.
    let made = Backend::run(&settings, &["key", "create", "--name", "second"]);
    assert!(made.status.success(), "{made:?}");
    let more = String::from_utf8(made.stdout).expect("a key");
    assert_eq!(backend.retrieve(more.trim(), "octo/hello", 42).await.status, 200);

    backend.kill();
    let again = Backend::launch(&settings);
    let welcome = again.welcome().await;
    assert!(!welcome.contains(&key) && welcome.contains("key create"), "{welcome}");
    assert_eq!(again.retrieve(&key, "octo/hello", 42).await.json()["phases"][0]["data"][0], 1);
    again.signal("INT");
    assert!(again.wait());

    // And with no server running.
    let listed = Backend::run(&settings, &["account", "list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains("local"), "{listed:?}");
}

#[tokio::test]
async fn no_session_of_the_server_on_a_private_postgresql_is_a_superusers() {
    let (_folder, data_dir) = data_dir();
    let backend = Backend::launch(&[("PHASE_DATA_DATA_DIR", data_dir.as_str())]);
    let welcome = backend.welcome().await;
    let key = between(&welcome, "API key   ", "  (shown only now)").to_owned();
    assert_eq!(backend.store(&key, "octo/hello", 42, "scan", "1").await.status, 201);
    let owner = embedded::find_running(data_dir.as_ref(), embedded::DATABASE).expect("it runs");
    let mut owner = owner.connect().await.expect("the owner's connection");
    let sessions = "select usename::text, count(*) > 1 from pg_stat_activity
                     where backend_type = 'client backend' and pid <> pg_backend_pid() group by usename";
    let sessions: Vec<(String, bool)> =
        sqlx::query_as(sessions).fetch_all(&mut owner).await.expect("the sessions");
    assert_eq!(sessions, [("phase_data_server".to_owned(), true)]);
}

#[tokio::test]
async fn variables_for_another_postgresql_do_not_reach_the_private_one() {
    let (_folder, data_dir) = data_dir();
    let settings = [
        ("PHASE_DATA_DATA_DIR", data_dir.as_str()),
        ("PGOPTIONS", "-c default_transaction_read_only=on -c no_such_setting=1"),
        ("PGHOST", "db.example.com"),
        ("PGHOSTADDR", "192.0.2.1"),
        ("PGPORT", "1"),
        ("PGUSER", "nobody"),
        ("PGPASSWORD", "wrong"),
        ("PGDATABASE", "nothing"),
        ("PGSSLMODE", "verify-full"),
        ("PGSSLROOTCERT", "/no/such/file"),
        ("PGSERVICE", "nothing"),
        ("PGPASSFILE", "/no/such/file"),
        ("PGAPPNAME", "another"),
        ("PGDATA", "/no/such/directory"),
        ("PGTZ", "Nowhere"),
    ];
    let backend = Backend::launch(&settings);
    let welcome = backend.welcome().await;
    let key = between(&welcome, "API key   ", "  (shown only now)").to_owned();
    assert_eq!(backend.store(&key, "octo/hello", 42, "scan", "1").await.status, 201);
    // Beside the running server, and with none running.
    let made = Backend::run(&settings, &["key", "create", "--name", "second"]);
    assert!(made.status.success(), "{made:?}");
    backend.signal("TERM");
    assert!(backend.wait(), "it is the process that was started");
    let made = Backend::run(&settings, &["key", "create", "--name", "third"]);
    assert!(made.status.success(), "{made:?}");
}

#[tokio::test]
async fn a_killed_backend_loses_nothing_that_it_acknowledged() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for issue in 1..=20 {
        assert_eq!(backend.store(&octo.key, "octo/hello", issue, "scan", "1").await.status, 201);
    }
    let again = Backend::start_on(backend.kill(), &[]);
    for issue in 1..=20 {
        assert_eq!(again.retrieve(&octo.key, "octo/hello", issue).await.status, 200);
    }
}

#[tokio::test]
async fn a_signal_lets_requests_in_flight_finish() {
    for signal in ["TERM", "INT"] {
        let backend = Backend::start().await;
        let octo = backend.tenant("octo", 9919);
        let body = r#"{"repository":"octo/hello","issue_number":42,"phase":"scan","data":{}}"#;
        let address = backend.url().trim_start_matches("http://").to_owned();
        let mut connection = TcpStream::connect(&address).expect("a connection");
        let head = format!(
            "POST /api/v1/phase_data HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             authorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
            octo.key,
            body.len()
        );
        connection.write_all(head.as_bytes()).expect("the head");
        connection.write_all(&body.as_bytes()[..20]).expect("half of the body");
        // The request has arrived when the server has had time to read it; the signal must not beat it.
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        backend.signal(signal);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        assert!(TcpStream::connect(&address).is_err(), "no new connection is accepted");
        connection.write_all(&body.as_bytes()[20..]).expect("the other half");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 201"), "{signal}: {answer}");
        assert!(backend.wait(), "{signal}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_not_waited_for_for_ever() {
    let backend = Backend::start_with(&[("PHASE_DATA_BODY_TIMEOUT_SECONDS", "1")]).await;
    let octo = backend.tenant("octo", 9919);
    let mut connection =
        TcpStream::connect(backend.url().trim_start_matches("http://")).expect("a connection");
    let head = format!(
        "POST /api/v1/phase_data HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         authorization: Bearer {}\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{{",
        octo.key
    );
    connection.write_all(head.as_bytes()).expect("the head");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"), "{answer}");
}

#[test]
fn wrong_settings_are_reported_together_and_no_secret_is_shown() {
    let settings = [
        ("PHASE_DATA_LISTEN", "nowhere"),
        ("PHASE_DATA_MAX_BODY_BYTES", "1"),
        ("DATABASE_URL", "mysql://root:hunter2@db"),
    ];
    let refused = Backend::run(&settings, &[]);
    let printed = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    for part in ["PHASE_DATA_LISTEN", "PHASE_DATA_MAX_BODY_BYTES", "DATABASE_URL"] {
        assert!(printed.contains(part), "{printed}");
    }
    assert!(!printed.contains("hunter2"), "{printed}");
}

#[tokio::test]
async fn a_misspelt_setting_is_warned_of_with_the_name_that_is_meant() {
    let backend = Backend::start_with(&[
        ("PHASE_DATA_GRACE_DAY", "3777"),
        ("PHASE_DATA_URL", "https://phase-data.example.com"),
        ("PHASE_DATA_SERVICE_HOST", "10.0.0.1"),
    ])
    .await;
    let line = backend.logged("looks like a setting").await;
    assert!(line.contains(r#""variable":"PHASE_DATA_GRACE_DAY""#), "{line}");
    assert!(line.contains(r#""nearest":"PHASE_DATA_GRACE_DAYS""#) && !line.contains("3777"), "{line}");
    assert_eq!(backend.log().matches("looks like a setting").count(), 1, "{}", backend.log());
}

#[test]
fn a_database_that_cannot_be_reached_is_one_clear_error() {
    let settings = [("DATABASE_URL", "postgres://octo:hunter2@127.0.0.1:9/phase_data")];
    let refused = Backend::run(&settings, &["serve", "--listen", "127.0.0.1:0"]);
    let printed = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && printed.contains("check that it runs"), "{printed}");
    assert!(!printed.contains("hunter2"), "{printed}");
}

#[tokio::test]
async fn a_log_that_nobody_reads_any_more_ends_nothing() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.stop_reading_log();
    for issue in 1..=20 {
        let stored = backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
        assert_eq!(stored.status, 201, "{}", stored.body);
    }
    let full = std::fs::File::create("/dev/full").expect("the device");
    let mut command = std::process::Command::new(phase_data_tests::backend_program());
    let refused = command.args(["serve", "--listen", "nowhere"]).env_clear().stderr(full).status();
    assert!(refused.expect("it ends").code().is_some(), "no signal ended it");
}

#[test]
fn help_explains_every_setting_and_its_variable() {
    let help = Backend::run(&[], &["--help"]);
    let help = String::from_utf8(help.stdout).expect("text");
    for word in ["DATABASE_URL", "PHASE_DATA_LISTEN", "PHASE_DATA_DATA_DIR", "serve", "migrate", "openapi"] {
        assert!(help.contains(word), "{word} is missing in {help}");
    }
}
