//! The database's clock, where it differs from the backend's.

use phase_data_tests::{APP_SECRET, Backend, FakeGithub, LocalIssuer, World, repository};
use serde_json::json;
use sqlx::Executor;

const DAY: i64 = 24 * 60;

/// Sets the clock that sessions of this database see from now on, so many minutes ahead of the true one.
async fn shift(backend: &Backend, minutes: i64) {
    let mut database = backend.database().await;
    for clock in ["now", "clock_timestamp"] {
        let ahead = format!(
            "create or replace function public.{clock}() returns timestamptz language sql stable as
             $$ select pg_catalog.{clock}() + interval '1 minute' * {minutes} $$"
        );
        database.execute(sqlx::AssertSqlSafe(ahead)).await.expect("a clock");
    }
    // Each of the backend's functions asks these clocks instead of PostgreSQL's.
    let functions =
        "select pg_get_functiondef(p.oid) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                      where n.nspname like 'phase\\_data\\_fn\\_%'";
    let functions: Vec<String> =
        sqlx::query_scalar(functions).fetch_all(&mut database).await.expect("functions");
    for function in functions {
        let asking = function.replace("public.", "").replace("clock_timestamp()", "public.CLOCK()");
        let asking = asking.replace(" now()", " public.now()").replace("CLOCK", "clock_timestamp");
        database.execute(sqlx::AssertSqlSafe(asking)).await.expect("a function");
    }
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

/// A time so many seconds from now by the database's clock, as GitHub writes it.
fn in_seconds(minutes: i64, seconds: i64) -> String {
    let at =
        time::OffsetDateTime::now_utc() + time::Duration::minutes(minutes) + time::Duration::seconds(seconds);
    let at = at.replace_nanosecond(0).expect("a whole second");
    at.format(&time::format_description::well_known::Rfc3339).expect("a time")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_and_a_call_from_a_host_whose_clock_is_ahead_outdo_no_later_event() {
    const AHEAD: i64 = -60;
    let backend = Backend::start_with(&[APP_SECRET]).await;
    // By the database's clock it is an hour earlier than by ours.
    shift(&backend, AHEAD).await;
    let backend = Backend::start_on(backend.kill(), &[APP_SECRET]);
    let octo = backend.tenant("octo", 9919);
    let renamed = |from: &str, to: &str, at: &str| {
        json!({
            "action": "renamed", "repository": repository(9919, 1, to, at),
            "changes": { "repository": { "name": { "from": from } } },
        })
    };
    let first = renamed("zero", "octo/one", &in_seconds(AHEAD, -5));
    backend.deliver_and_finish("repository", "first", &first).await;
    backend.store(&octo.key, "octo/one", 1, "scan", "1").await;
    let github = FakeGithub::start().await;
    let key = tempfile::NamedTempFile::new().expect("a file");
    {
        let mut world = github.world();
        std::fs::write(key.path(), world.register_app()).expect("written");
        world.repository(1, "octo/one", 9919);
        world.install(9919);
        world.open(1, 1);
        world.repository(1, "octo/two", 9919);
    }
    let settings = [
        ("DATABASE_URL", backend.database_url()),
        ("PHASE_DATA_GITHUB_APP_ID", World::APP_ID),
        ("PHASE_DATA_GITHUB_APP_KEY_FILE", key.path().to_str().expect("a path")),
        ("PHASE_DATA_GITHUB_API_URL", github.url()),
    ];
    let swept = Backend::run(&settings, &["sweep"]);
    assert!(swept.status.success(), "{}", String::from_utf8_lossy(&swept.stderr));
    assert_eq!(backend.retrieve(&octo.key, "octo/two", 1).await.status, 200, "the sweep found the new name");
    let later = renamed("two", "octo/three", &in_seconds(AHEAD, 2));
    backend.deliver_and_finish("repository", "later", &later).await;
    assert_eq!(backend.retrieve(&octo.key, "octo/three", 1).await.status, 200, "{}", backend.log());

    // A call that says when the issue was closed, by our clock.
    let bearer = format!("Bearer {}", octo.key);
    let path = format!("/api/v1/phase_data/octo/three/1?closed_at={}", in_seconds(0, -1));
    let deleted = backend.send("DELETE", &path, &[("authorization", &bearer)], "").await;
    assert_eq!(
        (deleted.status, deleted.json()["deleted"].clone()),
        (200, json!(["scan"])),
        "{}",
        deleted.body
    );
    let reopened = json!({
        "action": "reopened",
        "issue": { "number": 1, "closed_at": null, "updated_at": in_seconds(AHEAD, 2) },
        "repository": repository(9919, 1, "octo/three", &in_seconds(AHEAD, 2)),
    });
    backend.deliver_and_finish("issues", "reopened", &reopened).await;
    assert_eq!(backend.retrieve(&octo.key, "octo/three", 1).await.status, 200);
}
