//! The database's clock, where it differs from the backend's.

use phase_data_tests::{Backend, LocalIssuer};
use sqlx::Executor;

const DAY: i64 = 24 * 60;

/// Sets the clock that sessions of this database see from now on, so many minutes ahead of the true one.
async fn shift(backend: &Backend, minutes: i64) {
    let name = backend.database_url().rsplit('/').next().expect("a name").to_owned();
    let mut database = backend.database().await;
    for clock in ["now", "clock_timestamp"] {
        let ahead = format!(
            "create or replace function public.{clock}() returns timestamptz language sql stable as
             $$ select pg_catalog.{clock}() + interval '1 minute' * {minutes} $$"
        );
        database.execute(sqlx::AssertSqlSafe(ahead)).await.expect("a clock");
    }
    // PostgreSQL's own functions come first, unless they are named later.
    let path = format!("alter database {name} set search_path = public, pg_catalog");
    database.execute(sqlx::AssertSqlSafe(path)).await.expect("a search path");
}

#[tokio::test]
async fn a_token_can_be_used_once_whatever_the_databases_clock_says() {
    let issuer = LocalIssuer::start();
    let setting = issuer.setting();
    // Its audience is the address, which a restart must not change.
    let settings = [
        ("PHASE_DATA_OIDC_ISSUERS", setting.as_str()),
        ("PHASE_DATA_PUBLIC_URL", "https://phase-data.example"),
    ];
    let mut backend = Backend::start_with(&settings).await;
    let octo = backend.tenant("octo", 9919);
    for shifted in [-DAY, -20, 0, 4, 10, 20, DAY] {
        shift(&backend, shifted).await;
        backend = Backend::start_on(backend.kill(), &settings);
        let token = issuer.token("https://phase-data.example");
        let first = backend.store(&token, "octo/hello", 42, "scan", "1").await;
        assert!([200, 201, 401].contains(&first.status), "{shifted}: {}", first.body);
        for ahead in [14, 16, 2 * DAY] {
            shift(&backend, shifted + ahead).await;
            backend = Backend::start_on(backend.kill(), &settings);
            let again = backend.store(&token, "octo/hello", 42, "scan", "2").await;
            let refused = (again.status, again.code());
            let replayed = refused == (409, "token_replayed".to_owned());
            let expired = refused == (401, "token_expired".to_owned());
            let long_over = shifted + ahead >= DAY;
            assert!(expired || (replayed && !long_over), "{shifted}, {ahead} later: {}", again.body);
        }
        shift(&backend, 0).await;
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.json()["phases"][0]["data"], 1);
}
