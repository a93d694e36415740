//! Background jobs with much data: each part takes little time, and all of them end.

use std::time::{Duration, Instant};

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Backend, Tenant};
use serde_json::{Value, json};
use sqlx::Executor;

/// More than one statement could ever look through in its time, each with all documents.
const MANY: i64 = 60_000;

async fn count(backend: &Backend, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut backend.database().await).await.expect("a count")
}

async fn execute(backend: &Backend, sql: String) {
    backend.database().await.execute(sqlx::AssertSqlSafe(sql)).await.expect("a statement");
}

/// Closed issues of `octo/hello` with hidden documents, and changes of their state so many days ago.
async fn closed_issues(backend: &Backend, octo: &Tenant, days: i64) {
    let account = &octo.account;
    execute(
        backend,
        format!(
            "with r as (insert into repository (forge_account_id, name, named_at)
                        values ('{account}', 'octo/hello', now()) returning id)
             insert into phase_data (forge_account_id, repository_id, repository, issue_number, phase, data, data_bytes,
                                     data_sha256, revision, created_at, updated_at, deleted_at, purge_at, closed_by)
             select '{account}', r.id, 'octo/hello', n, 'scan', '1', 1, '', 1, now(), now(), now(),
                    now() + interval '300 days', 'issue'
               from r, generate_series(1, {MANY}) n"
        ),
    )
    .await;
    execute(
        backend,
        format!(
            "insert into lifecycle (forge_account_id, repository_id, issue_number, closed, at)
             select '{account}', r.id, n, true, now() - interval '{days} days'
               from repository r, generate_series(1, {MANY}) n"
        ),
    )
    .await;
}

#[tokio::test]
async fn old_changes_of_state_are_forgotten_in_time_once_their_data_is_gone_however_many_there_are() {
    let backend = Backend::start_with(&[("PHASE_DATA_PURGE_SECONDS", "86400")]).await;
    let octo = backend.tenant("octo", 9919);
    closed_issues(&backend, &octo, 40).await;
    let start = Instant::now();
    backend.command(&["purge"]);
    assert_eq!(count(&backend, "select count(*) from lifecycle").await, MANY, "all of it has data");
    execute(&backend, format!("delete from phase_data where issue_number <= {}", MANY - 2)).await;
    // One is about the whole repository, and one is young.
    execute(&backend, "update lifecycle set issue_number = 0 where issue_number = 1".to_owned()).await;
    execute(&backend, "update lifecycle set at = now() where issue_number = 2".to_owned()).await;
    backend.command(&["purge"]);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    let left = "select count(*) from lifecycle where issue_number in (0, 2, 59999, 60000)";
    assert_eq!(
        (count(&backend, left).await, count(&backend, "select count(*) from lifecycle").await),
        (4, 4)
    );
}

#[tokio::test]
async fn events_are_kept_as_long_as_the_account_or_else_the_operator_says_and_revisions_go_on() {
    let backend = Backend::start_with(&[("PHASE_DATA_PURGE_SECONDS", "86400")]).await;
    let (octo, mona) = (backend.tenant("octo", 9919), backend.tenant("mona", 9920));
    for tenant in [&octo, &mona] {
        for data in ["1", "2", "3"] {
            backend.store(&tenant.key, "octo/hello", 42, "scan", data).await;
        }
        let purge = "/api/v1/phase_data/octo/hello/42?purge=true";
        let bearer = format!("Bearer {}", tenant.key);
        assert_eq!(backend.send("DELETE", purge, &[("authorization", &bearer)], "").await.status, 200);
    }
    let admin = format!("Bearer {}", backend.key(&octo.account, &["--scope", "admin"]));
    let headers = [("authorization", &*admin), ("content-type", "application/json")];
    let request = json!({ "event_days": 30 });
    let set = backend.send("PUT", "/api/v1/admin/retention", &headers, request.to_string()).await;
    assert_eq!((set.status, set.json()), (200, request.clone()));
    let shown = backend.send("GET", "/api/v1/admin/retention", &headers, "").await;
    assert_eq!(shown.json(), request);

    execute(&backend, "update phase_event set at = at - interval '40 days'".to_owned()).await;
    // More than one batch.
    execute(
        &backend,
        "insert into phase_event (forge_account_id, repository_id, issue_number, phase, kind, revision, actor,
                                  request_id, at)
         select e.forge_account_id, e.repository_id, 1000 + n, e.phase, e.kind, 1, e.actor, e.request_id, e.at
           from phase_event e, generate_series(1, 300) n"
            .to_owned(),
    )
    .await;
    let of = "select count(*) from phase_event e join forge_account a on a.id = e.forge_account_id where a.login = 'octo'";
    let all = "select count(*) from phase_event";
    let before = (count(&backend, of).await, count(&backend, all).await);
    let dry = backend.command(&["purge", "--dry-run"]);
    let removed = backend.command(&["purge"]);
    let line = format!("{}  would remove {} events that are kept no longer", octo.account, before.0);
    assert!(dry.contains(&line), "{dry}");
    assert!(removed.contains(&line.replace("would remove", "removed")), "{removed}");
    assert_eq!(
        (count(&backend, of).await, count(&backend, all).await),
        (0, before.1 - before.0),
        "the other account keeps its events for ever"
    );
    backend.command(&["purge", "--event-days", "60"]);
    assert_eq!(count(&backend, all).await, before.1 - before.0, "they are younger than 60 days");
    backend.command(&["purge", "--event-days", "35"]);
    assert_eq!(count(&backend, all).await, 0);
    for tenant in [&octo, &mona] {
        let again = backend.store(&tenant.key, "octo/hello", 42, "scan", "4").await;
        assert_eq!((again.status, again.json()["revision"].as_i64()), (201, Some(4)), "{}", again.body);
    }
}

#[tokio::test]
async fn the_last_revision_is_one_row_however_many_events_an_issue_has() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "2").await;
    execute(&backend, "delete from phase_data".to_owned()).await;
    let mut database = backend.database().await;
    let names = "select set_config('phase_data.account', $1, false)";
    sqlx::query(names).bind(&octo.account).execute(&mut database).await.expect("a tenant");
    let last = "select last_revision($1::text::uuid, r.id, 42, 'scan') from repository r";
    let last: Option<i64> =
        sqlx::query_scalar(last).bind(&octo.account).fetch_one(&mut database).await.expect("a revision");
    assert_eq!(last, Some(2));
    execute(&backend, "delete from phase_event".to_owned()).await;
    let again = backend.store(&octo.key, "octo/hello", 42, "scan", "3").await;
    assert_eq!((again.status, again.json()["revision"].as_i64()), (201, Some(3)), "{}", again.body);
}

#[tokio::test]
async fn a_delivery_about_many_repositories_is_written_once() {
    let backend = Backend::start_with(&[APP_SECRET]).await;
    backend.tenant("octo", 9919);
    let added: Vec<Value> = (1..=1000)
        .map(|id| json!({ "id": 1000 + id, "full_name": format!("octo/some-repository-{id}"), "name": "x" }))
        .collect();
    let payload = json!({
        "action": "added", "repositories_added": added, "repositories_removed": [],
        "installation": { "id": 5, "account": { "id": 9919, "login": "octo" } },
    });
    let hook = (APP_WEBHOOK, APP_SECRET.1);
    assert_eq!(backend.deliver(hook, "installation_repositories", "many", &payload).await.status, 202);
    assert_eq!(backend.finished("many").await, ("done".to_owned(), None));
    assert_eq!(count(&backend, "select count(*) from lifecycle where not closed").await, 1000);
    let written =
        "select pg_relation_size(reltoastrelid) from pg_class where oid = 'webhook_delivery'::regclass";
    let written = count(&backend, written).await;
    assert!(written < 1 << 20, "{written} bytes for what has 100,000");
}

#[tokio::test]
async fn a_write_forgets_only_a_few_of_the_tokens_that_have_expired() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let mut database = backend.database().await;
    database.execute("set role phase_data_app").await.expect("the server's role");
    let names = "select set_config('phase_data.account', $1, false)";
    sqlx::query(names).bind(&octo.account).execute(&mut database).await.expect("a tenant");
    let spent = "insert into spent_token (forge_account_id, jti, request_sha256, expires_at)
                 select $1::text::uuid, 'old-' || n, '', now() - interval '1 minute' from generate_series(1, 50) n";
    sqlx::query(spent).bind(&octo.account).execute(&mut database).await.expect("tokens");
    let mut left = Vec::new();
    for jti in ["a", "b", "c"] {
        let spend =
            "select spend_token($1::text::uuid, (null, '', $2, '', now() + interval '5 minutes')::write_by)";
        sqlx::query(spend).bind(&octo.account).bind(jti).execute(&mut database).await.expect("a write");
        let old = "select count(*) from spent_token where jti like 'old-%'";
        left.push(sqlx::query_scalar::<_, i64>(old).fetch_one(&mut database).await.expect("a count"));
    }
    assert_eq!(left, [30, 10, 0]);
}

#[tokio::test]
async fn migrations_of_a_newer_version_are_fine_and_a_database_that_needs_one_is_named_as_that() {
    let backend = Backend::start().await;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'of a newer version', true, '', 0)";
    execute(&backend, newer.to_owned()).await;
    let settings = [("DATABASE_URL", &*backend.database_url().to_owned())];
    for arguments in [&["purge"][..], &["migrate"]] {
        let done = Backend::run(&settings, arguments);
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    execute(&backend, "update upgrade_state set min_release = 7".to_owned()).await;
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["purge"], &["migrate"]] {
        let refused = Backend::run(&settings, arguments);
        let printed = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success(), "{arguments:?}: {printed}");
        assert!(printed.contains("the database needs release 7 or a newer one"), "{printed}");
        assert!(!printed.contains("reachable"), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_isolation_of_the_backends_sessions_is_its_own_whatever_the_database_says() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let stricter = "do $$ begin execute format(
                    'alter database %I set default_transaction_isolation = serializable', current_database()); end $$";
    execute(&backend, stricter.to_owned()).await;
    let backend = std::sync::Arc::new(Backend::start_on(backend.kill(), &[]));
    let stores = (0..40).map(|number| {
        let (backend, key) = (backend.clone(), octo.key.clone());
        tokio::spawn(async move {
            backend.store(&key, "octo/hello", 42, "scan", &number.to_string()).await.status
        })
    });
    for store in stores.collect::<Vec<_>>() {
        assert!(matches!(store.await, Ok(200 | 201)));
    }
}
