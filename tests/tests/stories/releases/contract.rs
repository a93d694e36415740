//! Contract steps, and releases that are too old.

use phase_data_tests::{Backend, backend_program, second_release, third_release};

use super::{empty_database, execute, migrate, owner};

/// Runs a server that must not start; answers what it said.
fn refused(url: &str) -> String {
    let server = url.replacen("//phase_data@", "//phase_data_server@", 1);
    let settings = [("DATABASE_URL", server.as_str()), ("PHASE_DATA_OWNER_DATABASE_URL", url)];
    let output = Backend::run(&settings, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_step_waits_until_no_older_server_runs_and_then_keeps_older_ones_out() {
    let url = empty_database().await;
    let old = Backend::start_on(url.clone(), &[]);
    let (done, printed) = migrate(third_release(), &url, &[]).await;
    assert!(!done && printed.contains("the migration 9002 is a contract step"), "{printed}");
    assert!(printed.contains("release 1, server ") && printed.contains("migrate --force"), "{printed}");
    assert_eq!(old.send("GET", "/health/ready", &[], "").await.status, 200);

    // Servers of the release before don't hold it up.
    let second = Backend::start_release(second_release(), url.clone(), &[]);
    let octo = second.tenant("octo", 9919);
    super::stop(old);
    let (done, printed) = migrate(third_release(), &url, &[]).await;
    assert!(done && printed.contains("releases before 2 can't come back"), "{printed}");
    assert_eq!(second.send("GET", "/health/ready", &[], "").await.status, 200);
    for data in ["1", "2"] {
        let stored = second.store(&octo.key, "octo/hello", 1, "scan", data).await;
        assert!(matches!(stored.status, 200 | 201), "{}", stored.body);
    }

    let printed = refused(&url);
    assert!(printed.contains("the database needs release 2 or a newer one"), "{printed}");
    assert!(printed.contains("is release 1") && printed.contains("restore a backup"), "{printed}");
    let (done, printed) = migrate(backend_program(), &url, &[]).await;
    assert!(!done && printed.contains("the database needs release 2"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forced_contract_step_says_whom_it_breaks_and_those_are_not_ready_any_more() {
    let url = empty_database().await;
    let old = Backend::start_on(url.clone(), &[]);
    let (done, printed) = migrate(third_release(), &url, &["--force"]).await;
    assert!(done && printed.contains("forced: release 1, server "), "{printed}");
    assert!(printed.contains("releases before 2 can't come back"), "{printed}");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let ready = old.send("GET", "/health/ready", &[], "").await;
    assert_eq!((ready.status, ready.code()), (503, "database_unavailable".to_owned()));
    assert!(ready.body.contains("needs release 2 or a newer one"), "{}", ready.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_step_that_fails_keeps_nobody_out() {
    let url = empty_database().await;
    let old = Backend::start_on(url.clone(), &[]);
    let octo = old.tenant("octo", 9919);
    // Release 1 goes on after the expansion, and what it stores has no assessment that would do.
    let (done, _) = migrate(second_release(), &url, &[]).await;
    assert!(done);
    assert_eq!(old.store(&octo.key, "octo/hello", 1, "scan", "1").await.status, 201);
    execute(&mut owner(&url).await, "update phase_data set assessment = null").await;
    let (done, printed) = migrate(third_release(), &url, &["--force"]).await;
    assert!(!done && printed.contains("the migration 9002 failed"), "{printed}");
    assert_eq!(old.send("GET", "/health/ready", &[], "").await.status, 200);
    assert_eq!(old.store(&octo.key, "octo/hello", 2, "scan", "1").await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_step_that_nobody_lived_to_take_keeps_older_servers_out_only_until_the_next_run() {
    let url = empty_database().await;
    let old = Backend::start_on(url.clone(), &[]);
    // The state after a run that was killed.
    execute(&mut owner(&url).await, "update upgrade_state set announced = 2").await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(old.send("GET", "/health/ready", &[], "").await.status, 503);
    let (done, printed) = migrate(backend_program(), &url, &[]).await;
    assert!(done, "{printed}");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(old.send("GET", "/health/ready", &[], "").await.status, 200);
}
