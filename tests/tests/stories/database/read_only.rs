//! A server that takes no writes, as after a fail-over.

use std::time::Duration;

use phase_data_tests::Backend;
use sqlx::{Connection, Executor, PgConnection};

use crate::backup::PlainCluster;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_became_read_only_is_a_passing_state_and_not_ready() {
    let cluster = PlainCluster::migrated().await;
    let backend = cluster.backend();
    let octo = backend.tenant("octo", 9919);
    assert_eq!(backend.store(&octo.key, "octo/hello", 1, "scan", "1").await.status, 201);
    let mut superuser =
        PgConnection::connect(&cluster.url("phase_data", "postgres")).await.expect("the superuser");
    superuser.execute("set default_transaction_read_only = off").await.expect("a setting");
    superuser.execute("alter system set default_transaction_read_only = on").await.expect("a setting");
    superuser.execute("select pg_reload_conf()").await.expect("the sessions that are there change, too");
    tokio::time::sleep(Duration::from_millis(700)).await;

    let ready = backend.send("GET", "/health/ready", &[], "").await;
    assert_eq!((ready.status, ready.code().as_str()), (503, "database_unavailable"), "{}", ready.body);
    assert!(ready.body.contains("The database is read-only"), "{}", ready.body);
    let authorization = format!("Bearer {}", octo.key);
    let authorization = [("authorization", authorization.as_str())];
    let patch = [authorization[0], ("content-type", "application/merge-patch+json")];
    let answers = [
        backend.store(&octo.key, "octo/hello", 1, "scan", "2").await,
        backend.delete(&octo.key, "octo/hello", 1).await,
        backend.send("PATCH", "/api/v1/phase_data/octo/hello/1?phase=scan", &patch, "3").await,
    ];
    for answer in answers {
        assert_eq!((answer.status, answer.code().as_str()), (503, "database_unavailable"), "{}", answer.body);
        assert!(!answer.header("retry-after").is_empty(), "{}", answer.body);
        assert!(
            answer.body.contains("The database is read-only at the moment. Nothing was changed."),
            "{}",
            answer.body
        );
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 1).await.status, 200, "reads go on");

    // Every command that writes says the same in its own way, and names the database.
    let owner = cluster.url("phase_data_owner", "phase_data");
    for command in [&["migrate"][..], &["account", "create", "--owner-id", "1", "--login", "late"]] {
        let refused = Backend::run(&[("DATABASE_URL", &owner)], command);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success(), "{command:?}");
        assert!(
            said.contains("the database phase_data at ") && said.contains(" is read-only: it is a standby"),
            "{said}"
        );
    }

    superuser.execute("alter system reset default_transaction_read_only").await.expect("a setting");
    superuser.execute("select pg_reload_conf()").await.expect("it takes writes again");
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(backend.send("GET", "/health/ready", &[], "").await.status, 200);
    assert_eq!(backend.store(&octo.key, "octo/hello", 1, "scan", "2").await.status, 200);
}
