//! Closed data can be brought back for the grace period, and is gone after it.

use phase_data_tests::{Answer, Backend};
use serde_json::{Value, json};
use sqlx::{Connection, Executor};

async fn rows(backend: &Backend) -> i64 {
    let count = "select count(*) from phase_data";
    sqlx::query_scalar(count).fetch_one(&mut backend.database().await).await.expect("a count")
}

/// Waits until so many rows are left.
async fn until_rows(backend: &Backend, left: i64) {
    let began = std::time::Instant::now();
    while rows(backend).await != left {
        assert!(began.elapsed().as_secs() < 30, "{} rows: {}", rows(backend).await, backend.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn let_grace_end(backend: &Backend, issue: u32) {
    let past =
        format!("update phase_data set purge_at = now() - interval '1 second' where issue_number = {issue}");
    backend.database().await.execute(sqlx::AssertSqlSafe(past)).await.expect("time passes");
}

async fn call(backend: &Backend, key: &str, method: &str, path: &str) -> Answer {
    let headers = [("authorization", &*format!("Bearer {key}"))];
    backend.send(method, &format!("/api/v1/phase_data/octo/hello/{path}"), &headers, "").await
}

async fn kinds(backend: &Backend, key: &str, issue: u32) -> Vec<String> {
    let events = call(backend, key, "GET", &format!("{issue}/events")).await.json();
    let events = events["events"].as_array().expect("events");
    events.iter().rev().map(|event| event["kind"].as_str().expect("a kind").to_owned()).collect()
}

#[tokio::test]
async fn what_was_closed_is_removed_for_good_when_its_grace_period_is_over() {
    let backend = Backend::start_with(&[("PHASE_DATA_PURGE_SECONDS", "1")]).await;
    let octo = backend.tenant("octo", 9919);
    for issue in [1, 2, 3] {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
    }
    backend.delete(&octo.key, "octo/hello", 1).await;
    backend.delete(&octo.key, "octo/hello", 2).await;
    let_grace_end(&backend, 1).await;
    backend.logged("purged closed data").await;
    assert_eq!(rows(&backend).await, 2, "one is past its grace period, one within it, one was never closed");
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 3).await.status, 200);
    let events = call(&backend, &octo.key, "GET", "1/events?limit=1").await.json();
    assert_eq!(events["events"][0]["kind"], "purged");
    assert_eq!(events["events"][0]["actor"]["kind"], "system");
}

#[tokio::test]
async fn an_expired_document_is_removed_with_an_event() {
    let backend = Backend::start_with(&[("PHASE_DATA_PURGE_SECONDS", "1")]).await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    let past = "update phase_data set expires_at = now() - interval '1 second'";
    backend.database().await.execute(past).await.expect("time passes");
    backend.logged("expired data").await;
    assert_eq!(
        (rows(&backend).await, kinds(&backend, &octo.key, 1).await),
        (0, vec!["stored".into(), "expired".into()])
    );
}

#[tokio::test]
async fn without_a_grace_period_closed_data_is_gone_at_once() {
    let backend = Backend::start_with(&[("PHASE_DATA_GRACE_DAYS", "0")]).await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    assert_eq!(backend.delete(&octo.key, "octo/hello", 1).await.json()["deleted"], json!(["scan"]));
    assert_eq!(rows(&backend).await, 0);
    assert_eq!(call(&backend, &octo.key, "POST", "1/restore").await.json()["restored"], json!([]));
    assert_eq!(kinds(&backend, &octo.key, 1).await, ["stored", "deleted", "purged"]);
}

#[tokio::test]
async fn purging_right_away_skips_the_grace_period() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    backend.store(&octo.key, "octo/hello", 1, "validate", "1").await;
    backend.delete(&octo.key, "octo/hello", 1).await;
    let purged = call(&backend, &octo.key, "DELETE", "1?purge=true").await;
    assert_eq!(purged.json()["deleted"], json!(["scan", "validate"]), "the hidden ones, too");
    assert_eq!(rows(&backend).await, 0);
    // An entity tag from before must not match what is stored now.
    let again = backend.store(&octo.key, "octo/hello", 1, "scan", "2").await;
    assert_eq!((again.status, again.json()["revision"].as_i64()), (201, Some(2)), "{}", again.body);
}

#[tokio::test]
async fn reopening_brings_everything_back_as_it_was_with_revisions_and_receipts() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let scan = include_str!("../../payloads/scan.json");
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    backend.store(&octo.key, "octo/hello", 42, "scan", scan).await;
    backend.store(&octo.key, "octo/hello", 42, "validate", "2").await;
    let before = backend.retrieve(&octo.key, "octo/hello", 42).await;
    backend.delete(&octo.key, "octo/hello", 42).await;
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 404);
    let restored = call(&backend, &octo.key, "POST", "42/restore").await;
    assert_eq!(restored.json()["restored"], json!(["scan", "validate"]), "{}", restored.body);
    let after = backend.retrieve(&octo.key, "octo/hello", 42).await;
    assert_eq!(
        (after.body, after.headers.get("etag")),
        (before.body, before.headers.get("etag")),
        "byte for byte"
    );
    assert_eq!(call(&backend, &octo.key, "POST", "42/restore").await.json()["restored"], json!([]), "once");
    let told = kinds(&backend, &octo.key, 42).await;
    assert_eq!(told, ["stored", "stored", "stored", "deleted", "deleted", "restored", "restored"]);
}

#[tokio::test]
async fn what_is_past_its_grace_period_does_not_come_back() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    backend.delete(&octo.key, "octo/hello", 42).await;
    let_grace_end(&backend, 42).await;
    assert_eq!(call(&backend, &octo.key, "POST", "42/restore").await.json()["restored"], json!([]));
}

#[tokio::test]
async fn an_account_chooses_its_own_times() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let admin = backend.key(&octo.account, &["--scope", "admin"]);
    let put = async |body: Value| {
        let headers = [("authorization", &*format!("Bearer {admin}")), ("content-type", "application/json")];
        backend.send("PUT", "/api/v1/admin/retention", &headers, body.to_string()).await
    };
    let set = put(json!({ "grace_days": 0, "expires_in_seconds": 3600 })).await;
    assert_eq!((set.status, set.json()), (200, json!({ "grace_days": 0, "expires_in_seconds": 3600 })));
    let stored = backend.store(&octo.key, "octo/hello", 1, "scan", "1").await.json();
    assert!(stored["expires_at"].is_string(), "{stored}");
    backend.delete(&octo.key, "octo/hello", 1).await;
    assert_eq!(rows(&backend).await, 0);
    assert_eq!(put(json!({})).await.json(), json!({}));
    for wrong in [json!({ "grace_days": 366 }), json!({ "expires_in_seconds": 59 }), json!({ "grace": 1 })] {
        assert_eq!(put(wrong.clone()).await.code(), "invalid_body", "{wrong}");
    }
    assert_eq!(put(json!({ "grace_days": 30 })).await.status, 200);
    backend.store(&octo.key, "octo/hello", 2, "scan", "1").await;
    backend.delete(&octo.key, "octo/hello", 2).await;
    let days = "select extract(day from purge_at - deleted_at)::int from phase_data";
    let kept: i32 = sqlx::query_scalar(days).fetch_one(&mut backend.database().await).await.expect("days");
    assert_eq!(kept, 30);
}

#[tokio::test]
async fn the_purge_command_says_what_it_would_do_and_then_does_it() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for issue in [1, 2] {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
        backend.delete(&octo.key, "octo/hello", issue).await;
    }
    assert_eq!(backend.command(&["purge", "--dry-run"]).trim(), "nothing is due");
    let_grace_end(&backend, 1).await;
    let due = |done| format!("{}  {done} 1 past their grace period, 0 expired", octo.account);
    assert_eq!(backend.command(&["purge", "--dry-run"]).trim(), due("would remove"));
    assert_eq!(rows(&backend).await, 2);
    assert_eq!(backend.command(&["purge"]).trim(), due("removed"));
    assert_eq!(rows(&backend).await, 1);
}

#[tokio::test]
async fn what_has_expired_goes_even_while_it_could_otherwise_be_brought_back() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for issue in [1, 2] {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
        backend.delete(&octo.key, "octo/hello", issue).await;
    }
    let past = "update phase_data set expires_at = now() - interval '1 second' where issue_number = 1";
    backend.database().await.execute(past).await.expect("time passes");
    let due = |done| format!("{}  {done} 0 past their grace period, 1 expired", octo.account);
    assert_eq!(backend.command(&["purge", "--dry-run"]), due("would remove"));
    assert_eq!(call(&backend, &octo.key, "POST", "1/restore").await.json()["restored"], json!([]));
    assert_eq!(backend.command(&["purge"]), due("removed"));
    assert_eq!(kinds(&backend, &octo.key, 1).await, ["stored", "deleted", "expired"]);
    assert_eq!(call(&backend, &octo.key, "POST", "2/restore").await.json()["restored"], json!(["scan"]));
}

#[tokio::test]
async fn a_purge_goes_through_all_batches_and_leaves_what_is_locked_to_the_next_one() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    // Issues 2 to 251 are past their grace period, some at the same time; 252 to 501 have expired.
    let copy = "insert into phase_data (forge_account_id, repository_id, repository, issue_number, phase, data, data_bytes, data_sha256,
                                        revision, created_at, updated_at, deleted_at, purge_at, closed_by, expires_at)
                select d.forge_account_id, d.repository_id, d.repository, n, d.phase, d.data, d.data_bytes, d.data_sha256, 1,
                       d.created_at, d.updated_at, case when n < 252 then now() end,
                       case when n < 252 then now() - interval '1 minute' * (n / 10) end,
                       case when n < 252 then 'issue' end,
                       case when n > 251 then now() - interval '1 second' * n end
                  from phase_data d, generate_series(2, 501) n";
    backend.database().await.execute(copy).await.expect("more rows");
    let mut database = backend.database().await;
    #[expect(clippy::disallowed_methods, reason = "a connection of the test's own")]
    let mut locking = database.begin().await.expect("a transaction");
    locking
        .execute("select from phase_data where issue_number in (7, 300) for update")
        .await
        .expect("a lock");
    let removed = |closed, expired| {
        format!("{}  removed {closed} past their grace period, {expired} expired", octo.account)
    };
    assert_eq!(backend.command(&["purge"]), removed(249, 249));
    locking.rollback().await.expect("unlocked");
    assert_eq!(backend.command(&["purge"]), removed(1, 1));
    assert_eq!(rows(&backend).await, 1);
}

#[tokio::test]
async fn words_about_what_has_data_are_remembered_and_others_forgotten_after_a_month() {
    let backend = Backend::start().await;
    let (octo, rival) = (backend.tenant("octo", 9919), backend.tenant("rival", 666));
    // Live, hidden, and without any data; each was closed and opened or not.
    for (tenant, issues) in [(&octo, [1, 2, 3, 4]), (&rival, [5, 6, 7, 8])] {
        backend.store(&tenant.key, "octo/hello", 99, "scan", "1").await;
        for issue in issues {
            backend.delete(&tenant.key, "octo/hello", issue).await;
        }
        let [live, hidden, _, _] = issues;
        for issue in [live, hidden] {
            backend.store(&tenant.key, "octo/hello", issue, "scan", "1").await;
        }
        backend.delete(&tenant.key, "octo/hello", hidden).await;
    }
    let past = "update lifecycle set at = at - interval '31 days' where issue_number not in (4, 8)";
    backend.database().await.execute(past).await.expect("time passes");
    assert_eq!(backend.command(&["purge"]), "nothing is due");
    let left = "select array_agg(issue_number order by issue_number) from lifecycle";
    let left: Vec<i32> =
        sqlx::query_scalar(left).fetch_one(&mut backend.database().await).await.expect("issues");
    assert_eq!(left, [1, 2, 4, 5, 6, 8]);
}

#[tokio::test]
async fn a_document_that_cannot_be_purged_keeps_no_other_and_is_set_aside() {
    let backend = Backend::start_with(&[("PHASE_DATA_PURGE_SECONDS", "1")]).await;
    let octo = backend.tenant("octo", 9919);
    for issue in 1..=150 {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
    }
    let mut owner = backend.database().await;
    let stuck = "create function stuck() returns trigger language plpgsql as
                 $$ begin if old.issue_number = 7 then raise exception 'it breaks'; end if; return old; end $$;
                 create trigger stuck before delete on phase_data for each row execute function stuck();
                 update phase_data set expires_at = now() - interval '1 second'";
    owner.execute(stuck).await.expect("time passes");
    until_rows(&backend, 1).await;
    let line = backend.logged("could not be purged").await;
    assert!(line.contains("\"level\":\"ERROR\"") && line.contains("SQLSTATE P0001"), "{line}");
    let told = backend.command(&["purge"]);
    assert!(told.contains("octo/hello#7 scan failed") && told.contains("SQLSTATE P0001"), "{told}");

    // After 12 failures nobody tries it any more.
    owner.execute("update purge_failure set tries = 12, next_try_at = now()").await.expect("time passes");
    owner.execute("drop trigger stuck on phase_data").await.expect("it works again");
    backend.logged("\"is_retried\":false").await;
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert_eq!(rows(&backend).await, 1);
    owner.execute("delete from purge_failure").await.expect("somebody has looked at it");
    until_rows(&backend, 0).await;
}

#[tokio::test]
async fn the_task_of_the_purge_removes_and_changes_nothing() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    backend.delete(&octo.key, "octo/hello", 1).await;
    let mut database = backend.database().await;
    let task = "set role phase_data_app; select set_config('phase_data.task', 'purge', false)";
    sqlx::raw_sql(task).execute(&mut database).await.expect("the task");
    let changed = database.execute("update phase_data set data = '2'").await;
    assert!(changed.is_err_and(|error| error.to_string().contains("row-level security")));
    let removed = database.execute("delete from phase_data").await.expect("it may remove");
    assert_eq!(removed.rows_affected(), 1);
}
