//! The registry of releases and servers, and what is dropped by it.

use std::time::Duration;

use phase_data_tests::{Backend, backend_program, second_release, third_release};

use super::{empty_database, execute, migrate, owner, stop, texts};

const SCHEMAS: &str =
    "select nspname::text from pg_namespace where nspname like 'phase\\_data\\_fn\\_%' order by 1";
const REGISTERED: &str = "select name from function_schema order by activated_at";
/// A week and a bit, for everything that the registry knows.
const A_WEEK_LATER: &str = "
    update function_schema set activated_at = activated_at - interval '8 days',
                               last_served_at = last_served_at - interval '8 days';
    update server_instance set last_seen_at = last_seen_at - interval '8 days'";

/// A database on which the three releases were, one after the other; answers their schemas in that order.
async fn three_releases() -> (String, Vec<String>) {
    let url = empty_database().await;
    for program in [backend_program(), second_release(), third_release()] {
        let (done, printed) = migrate(program, &url, &[]).await;
        assert!(done, "{printed}");
    }
    let schemas = texts(&mut owner(&url).await, REGISTERED).await;
    assert_eq!(schemas.len(), 3);
    (url, schemas)
}

#[tokio::test]
async fn a_server_is_in_the_registry_while_it_runs_and_its_connections_carry_its_digest() {
    let backend = Backend::start().await;
    let mut database = owner(backend.database_url()).await;
    let servers =
        "select function_schema from server_instance where is_running(last_seen_at) and release = 1";
    let schemas = texts(&mut database, SCHEMAS).await;
    assert_eq!(texts(&mut database, servers).await, schemas);
    let digest = schemas[0].trim_start_matches("phase_data_fn_");
    let names = "select application_name from pg_stat_activity where usename = 'phase_data_server'
                                                                 and datname = current_database()";
    let mut sessions = Vec::new();
    for _ in 0..100 {
        sessions = texts(&mut database, names).await;
        // The pool's and the listener's.
        if sessions.len() >= 2 && sessions.iter().all(|name| !name.is_empty()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(sessions.len() >= 2, "{sessions:?}");
    assert!(sessions.iter().all(|name| *name == format!("phase-data {digest}")), "{sessions:?}");
    stop(backend);
    assert_eq!(texts(&mut database, "select id::text from server_instance").await, Vec::<String>::new());
    let served = "select name from function_schema where last_served_at is not null";
    assert_eq!(texts(&mut database, served).await, schemas);
}

#[tokio::test]
async fn signs_of_life_go_on() {
    let backend = Backend::start().await;
    let mut database = owner(backend.database_url()).await;
    execute(&mut database, "update server_instance set last_seen_at = last_seen_at - interval '1 hour'")
        .await;
    let running = "select id::text from server_instance where is_running(last_seen_at)";
    for _ in 0..150 {
        if !texts(&mut database, running).await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no sign of life: {}", backend.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_are_dropped_only_a_week_after_their_last_server_and_never_the_own_or_the_ones_before() {
    let (url, schemas) = three_releases().await;
    let mut database = owner(&url).await;
    let alive = format!(
        "insert into server_instance (id, function_schema, release) values (gen_random_uuid(), '{}', 1)",
        schemas[0]
    );
    execute(&mut database, A_WEEK_LATER).await;
    execute(&mut database, &alive).await;
    let (done, _) = migrate(third_release(), &url, &[]).await;
    assert!(done);
    assert_eq!(texts(&mut database, SCHEMAS).await.len(), 3, "a server of it runs");

    execute(&mut database, A_WEEK_LATER).await;
    let (done, printed) = migrate(third_release(), &url, &[]).await;
    assert!(
        done && printed.contains(&format!("dropped the functions of release 1 ({})", schemas[0])),
        "{printed}"
    );
    assert_eq!(texts(&mut database, REGISTERED).await, schemas[1..]);
    assert_eq!(texts(&mut database, "select id::text from server_instance").await, Vec::<String>::new());
    let mut left = schemas[1..].to_vec();
    left.sort();
    assert_eq!(texts(&mut database, SCHEMAS).await, left);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_else_is_in_an_old_schema_or_depends_on_it_is_named_and_left_alone() {
    let (url, schemas) = three_releases().await;
    let mut database = owner(&url).await;
    execute(&mut database, A_WEEK_LATER).await;
    let schema = &schemas[0];
    for (make, named, undo) in [
        (format!("create table {schema}.notes (n integer)"), "notes", format!("drop table {schema}.notes")),
        (
            format!("create function {schema}.mine() returns integer language sql as 'select 1'"),
            "mine()",
            format!("drop function {schema}.mine()"),
        ),
        (
            format!("create view public.clock as select {schema}.server_time()"),
            "clock",
            "drop view public.clock".to_owned(),
        ),
    ] {
        execute(&mut database, &make).await;
        let (done, printed) = migrate(third_release(), &url, &[]).await;
        assert!(done && printed.contains("warning: ") && printed.contains("left alone"), "{printed}");
        assert!(printed.contains(schema.as_str()) && printed.contains(named), "{printed}");
        assert_eq!(texts(&mut database, SCHEMAS).await.len(), 3);
        execute(&mut database, &undo).await;
    }
    let (done, printed) = migrate(third_release(), &url, &[]).await;
    assert!(done && printed.contains("dropped the functions of release 1"), "{printed}");
    let (done, printed) = migrate(third_release(), &url, &[]).await;
    assert!(
        done && printed.contains("nothing to do: tables and functions are those of release 3"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_functions_are_missing_is_not_ready_and_says_the_command() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let mut database = owner(backend.database_url()).await;
    let schema = texts(&mut database, SCHEMAS).await.remove(0);
    execute(&mut database, &format!("drop schema {schema} cascade")).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    for path in ["/health/ready", "/api/v1/phase_data/octo/hello/1"] {
        let bearer = format!("Bearer {}", octo.key);
        let answer = backend.send("GET", path, &[("authorization", &bearer)], "").await;
        assert_eq!(
            (answer.status, answer.code()),
            (503, "database_unavailable".to_owned()),
            "{}",
            answer.body
        );
        assert!(answer.body.contains("phase-data-backend migrate"), "{}", answer.body);
    }
    // A server without the owner's rights can't install them, and says so.
    let server = backend.database_url().replacen("//phase_data@", "//phase_data_server@", 1);
    let output = Backend::run(&[("DATABASE_URL", &server)], &["serve", "--listen", "127.0.0.1:0"]);
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && printed.contains("run `phase-data-backend migrate`"), "{printed}");
    let output = Backend::run(&[("DATABASE_URL", &server)], &["migrate"]);
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && printed.contains("PHASE_DATA_OWNER_DATABASE_URL"), "{printed}");

    backend.command(&["migrate"]);
    // One that is missing is as bad, and comes back in the same way.
    execute(&mut database, &format!("drop function {schema}.list_api_keys")).await;
    assert!(backend.command(&["migrate"]).contains("installed the functions of release 1"));
    let functions = format!("select {schema}.list_api_keys(null)");
    execute(&mut database, &format!("set search_path = {schema}, phase_data; {functions}")).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(backend.send("GET", "/health/ready", &[], "").await.status, 200);
    assert_eq!(backend.store(&octo.key, "octo/hello", 1, "scan", "1").await.status, 201);
}

#[tokio::test]
async fn a_server_without_the_owners_rights_starts_where_all_is_in_place() {
    let first = Backend::start().await;
    let server = first.database_url().replacen("//phase_data@", "//phase_data_server@", 1);
    let second = Backend::launch(&[("DATABASE_URL", &server), ("PHASE_DATA_OIDC_ISSUERS", "off")]);
    assert_eq!(second.send("GET", "/health/ready", &[], "").await.status, 200);
}
