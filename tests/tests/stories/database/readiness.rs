//! Readiness knows the schema.

use std::time::Duration;

use phase_data_tests::{Backend, connect, second_release};
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::backup::PlainCluster;

/// Changes of a database under a server, each with the statement that undoes it and readiness's answer.
const CHANGES: [(&str, &str, &str); 5] = [
    (
        "update phase_data.upgrade_state set min_release = 7",
        "update phase_data.upgrade_state set min_release = 1",
        "made by a newer phase-data-backend",
    ),
    (
        "update phase_data._sqlx_migrations set version = -version",
        "update phase_data._sqlx_migrations set version = -version",
        "older than this release",
    ),
    (
        "revoke select on phase_data.phase_data from phase_data_app",
        "grant select on phase_data.phase_data to phase_data_app",
        "lacks rights",
    ),
    (
        "alter table phase_data.phase_event disable row level security",
        "alter table phase_data.phase_event enable row level security",
        "can't work on this database",
    ),
    (
        "alter schema phase_data rename to elsewhere",
        "alter schema elsewhere rename to phase_data",
        "no tables",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn readiness_tells_a_schema_that_is_missing_older_newer_or_closed_from_one_that_is_right() {
    let backend = Backend::start().await;
    let mut database = connect(backend.database_url()).await;
    for (change, undo, message) in CHANGES {
        database.execute(change).await.expect(change);
        tokio::time::sleep(Duration::from_millis(300)).await;
        let ready = backend.send("GET", "/health/ready", &[], "").await;
        assert_eq!(ready.status, 503, "{change}: {}", ready.body);
        assert!(ready.body.contains(message), "{change}: {}", ready.body);
        assert_eq!(ready.code(), "database_unavailable");
        database.execute(undo).await.expect(undo);
        tokio::time::sleep(Duration::from_millis(300)).await;
        let ready = backend.send("GET", "/health/ready", &[], "").await;
        assert_eq!(ready.status, 200, "{undo}: {}", ready.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_the_owners_rights_does_not_start_before_its_own_migration() {
    let first = Backend::start().await;
    let server = first.database_url().replacen("//phase_data@", "//phase_data_server@", 1);
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let refused = Backend::run_release(second_release(), &[("DATABASE_URL", &server)], &serve);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && message.contains("lacks the functions of this release"),
        "{message}"
    );
    assert!(message.contains("run `second-release migrate`"), "{message}");

    // Rights that no probe would miss.
    let mut database = connect(first.database_url()).await;
    for (revoke, grant) in [
        ("revoke update (expires_at) on phase_data.api_key from phase_data_app", "1 missing rights"),
        ("revoke delete on phase_data.spent_token from phase_data_app", "1 missing rights"),
        ("revoke all on all tables in schema phase_data from phase_data_app", "missing rights"),
        ("revoke usage on schema phase_data from phase_data_app", "1 missing rights"),
        (
            "do $$ begin execute (select format('revoke execute on all functions in schema %I, phase_data from public',
                                                name) from phase_data.function_schema); end $$",
            "missing rights",
        ),
    ] {
        database.execute(revoke).await.expect(revoke);
        let refused = Backend::run(&[("DATABASE_URL", &server)], &serve);
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && message.contains("phase_data_app lacks rights"), "{revoke}: {message}");
        let migrated = first.command(&["migrate"]);
        assert!(migrated.contains(grant), "{revoke}: {migrated}");
        let second = Backend::launch(&[("DATABASE_URL", &server), ("PHASE_DATA_OIDC_ISSUERS", "off")]);
        assert_eq!(second.send("GET", "/health/ready", &[], "").await.status, 200, "{revoke}");
    }
    assert!(first.command(&["migrate"]).starts_with("nothing to do"));
}

#[tokio::test(flavor = "multi_thread")]
async fn urls_of_two_databases_are_refused_and_two_addresses_of_one_are_not() {
    let [one, other] = [Backend::start().await, Backend::start().await];
    let server = one.database_url().replacen("//phase_data@", "//phase_data_server@", 1);
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let with_owner =
        |owner: &str| [("DATABASE_URL", server.clone()), ("PHASE_DATA_OWNER_DATABASE_URL", owner.to_owned())];
    let variables = with_owner(other.database_url());
    let refused = Backend::run(&variables.each_ref().map(|(name, value)| (*name, value.as_str())), &serve);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("lead to different databases: the database "),
        "{said}"
    );

    // The proxy has another port.
    let proxy = phase_data_tests::DatabaseProxy::start(one.database_url()).await;
    let variables = with_owner(&proxy.database_url());
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let [server, owner] = variables;
    let backend = Backend::launch(&[server, owner, ("PHASE_DATA_OIDC_ISSUERS", "off")]);
    assert_eq!(backend.send("GET", "/health/ready", &[], "").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_missing_not_granted_or_not_limited_is_named_with_the_command_that_helps() {
    let cluster = PlainCluster::migrated().await;
    let mut superuser =
        sqlx::PgConnection::connect(&cluster.url("phase_data", "phase_data")).await.expect("the superuser");
    let server = cluster.url("phase_data_server", "phase_data");
    for (change, message, undo) in [
        (
            "revoke phase_data_app from phase_data_server",
            "run `grant phase_data_app to phase_data_server`",
            "grant phase_data_app to phase_data_server",
        ),
        (
            "alter role phase_data_app bypassrls",
            "run `alter role phase_data_app nosuperuser nobypassrls`",
            "alter role phase_data_app nosuperuser nobypassrls",
        ),
        (
            "alter table phase_data.phase_data disable row level security; alter table phase_data.api_key disable row level \
             security",
            "run `alter table phase_data.api_key enable row level security; alter table phase_data.phase_data enable row level \
             security`",
            "alter table phase_data.phase_data enable row level security; alter table phase_data.api_key enable row level \
             security",
        ),
        (
            "alter role phase_data_app rename to gone",
            "run `phase-data-backend migrate`",
            "alter role gone rename to phase_data_app",
        ),
    ] {
        superuser.execute(AssertSqlSafe(change)).await.expect(change);
        let refused = Backend::run(&[("DATABASE_URL", &server)], &["serve", "--listen", "127.0.0.1:0"]);
        let text = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && text.contains(message), "{change}: {text}");
        superuser.execute(AssertSqlSafe(undo)).await.expect(undo);
    }
    let backend = Backend::launch(&[("DATABASE_URL", &server), ("PHASE_DATA_OIDC_ISSUERS", "off")]);
    assert_eq!(backend.send("GET", "/health/ready", &[], "").await.status, 200);
}
