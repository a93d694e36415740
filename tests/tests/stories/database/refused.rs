//! Connections that PostgreSQL refuses: the message says what to correct, and in which setting.

use phase_data_embedded as embedded;
use phase_data_tests::{Backend, Cluster};
use sqlx::{ConnectOptions, Executor};

use crate::operation::data_dir;

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// Runs a command that must fail, and returns its messages.
fn refused(settings: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = Backend::run(settings, arguments);
    assert!(!output.status.success(), "{arguments:?}: {output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("hunter2"), "{said}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_database_and_a_missing_user_are_told_apart_from_a_server_that_is_down() {
    let url = Cluster::shared().create_database().await;
    assert!(Backend::run(&[("DATABASE_URL", &url)], &["migrate"]).status.success());
    let (server, _) = url.rsplit_once('/').expect("a database");
    let no_database = format!("{server}/nothing_here");
    let no_user = url.replacen("//phase_data@", "//nobody_here:hunter2@", 1);
    for (wrong, advice) in [
        (&no_database, "it has no such database: create it, or correct the name in "),
        (&no_user, "it refuses the user: check the user in "),
    ] {
        let owner = "PHASE_DATA_OWNER_DATABASE_URL, or in DATABASE_URL if that is not set";
        for arguments in [&["migrate"][..], &["account", "list"], &SERVE] {
            let said = refused(&[("DATABASE_URL", wrong)], arguments);
            assert!(said.contains(&format!("{advice}{owner}")), "{arguments:?}: {said}");
            assert!(!said.contains("check that it runs"), "{arguments:?}: {said}");
        }
        let said = refused(&[("DATABASE_URL", wrong), ("PHASE_DATA_OWNER_DATABASE_URL", &url)], &SERVE);
        assert!(said.contains(&format!("{advice}DATABASE_URL")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_called_one() {
    let (_folder, data_dir) = data_dir();
    let backend = Backend::launch(&[("PHASE_DATA_DATA_DIR", &data_dir)]);
    backend.welcome().await;
    let options = embedded::find_running(data_dir.as_ref(), embedded::DATABASE).expect("it runs");
    let mut owner = options.connect().await.expect("a connection");
    let shown = "select current_setting('hba_file'), current_setting('port')";
    let (hba_file, port): (String, String) =
        sqlx::query_as(shown).fetch_one(&mut owner).await.expect("settings");
    std::fs::write(hba_file, "local all all scram-sha-256\n").expect("written");
    owner.execute("select pg_reload_conf()").await.expect("a reload");
    let socket = options.get_socket().expect("a socket").to_str().expect("UTF-8").replace('/', "%2F");
    let url = format!("postgres://phase_data:hunter2@{socket}:{port}/phase_data");
    // The reload takes a moment.
    let mut said = String::new();
    for _ in 0..100 {
        let output = Backend::run(&[("DATABASE_URL", &url)], &["account", "list"]);
        said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(said.contains("it refuses the user or the password: check both in "), "{said}");
    assert!(said.contains("percent-encoded") && !said.contains("check that it runs"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}
