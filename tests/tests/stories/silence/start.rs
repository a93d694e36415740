//! A start, and a command, on a database that goes quiet.

use std::time::{Duration, Instant};

use phase_data_tests::Backend;

use super::{Stage, stage};

/// Runs a command on the database behind the proxy; answers what it said, and how long it took.
async fn run(stage: &Stage, arguments: &'static [&'static str]) -> (bool, String, Duration) {
    let (url, began) = (stage.proxy.database_url(), Instant::now());
    let run = move || Backend::run(&[("DATABASE_URL", &url)], arguments);
    let output = tokio::task::spawn_blocking(run).await.expect("it ends");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned(), began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_and_each_command_on_a_database_that_goes_silent_after_the_handshake_end_with_the_reason() {
    let stage = stage().await;
    stage.proxy.fall_silent_after_handshakes();
    let commands: [&'static [&'static str]; 7] = [
        &["serve", "--listen", "127.0.0.1:0"],
        &["migrate"],
        &["account", "list"],
        &["account", "create", "--owner-id", "7", "--login", "seven"],
        &["key", "create", "--name", "n"],
        &["purge"],
        &["delivery", "failed"],
    ];
    for arguments in commands {
        let (done, printed, took) = run(&stage, arguments).await;
        assert!(!done && printed.contains("did not answer within"), "{arguments:?}: {printed}");
        assert!(
            printed.contains("the database ") && printed.contains("127.0.0.1:"),
            "{arguments:?}: {printed}"
        );
        assert!(printed.contains("check that it runs"), "{arguments:?}: {printed}");
        assert!(took < Duration::from_secs(15), "{arguments:?}: {took:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_may_wait_for_another_one_but_not_for_a_database_that_is_gone() {
    let mut stage = stage().await;
    let lock = "begin; lock table _sqlx_migrations in access exclusive mode";
    sqlx::raw_sql(lock).execute(&mut stage.database).await.expect("a lock");
    let holding = tokio::time::sleep(Duration::from_secs(12));
    let waited = async {
        holding.await;
        sqlx::raw_sql("rollback").execute(&mut stage.database).await.expect("the lock is gone");
    };
    let url = stage.proxy.database_url();
    let run_once = |url: String| {
        tokio::task::spawn_blocking(move || Backend::run(&[("DATABASE_URL", &url)], &["migrate"]))
    };
    let (output, ()) = tokio::join!(run_once(url.clone()), waited);
    let output = output.expect("it ends");
    assert!(output.status.success(), "it waits: {}", String::from_utf8_lossy(&output.stderr));

    // The connection that waits is lost without a word. New ones work: the database is asked over one, and knows of no
    // work of that session's any more.
    sqlx::raw_sql(lock).execute(&mut stage.database).await.expect("a lock");
    let began = Instant::now();
    let migrating = run_once(url);
    tokio::time::sleep(Duration::from_secs(2)).await;
    stage.proxy.swallow_connections();
    sqlx::raw_sql("rollback").execute(&mut stage.database).await.expect("the lock is gone");
    let output = migrating.await.expect("it ends");
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && printed.contains("did not answer within"), "{printed}");
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
}
