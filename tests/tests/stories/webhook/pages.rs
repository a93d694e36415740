//! OpenEnum about more rows than one transaction takes.

use std::time::Duration;

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Backend, Tenant, repository};
use serde_json::{Value, json};
use sqlx::Executor;

use super::{in_seconds, stage};

/// More than two pages.
const ROWS: i64 = 1201;
/// More than can be done between two kills.
const MANY_ROWS: i64 = 20_000;

/// Issues of `octo/hello`, each with a scan that was stored in this very second.
async fn many(backend: &Backend, octo: &Tenant, rows: i64) {
    backend.store(&octo.key, "octo/hello", 1, "scan", r#"{"kept": 1.50}"#).await;
    let copy = format!(
        "insert into phase_data (forge_account_id, repository_id, repository, issue_number, phase, data, data_bytes, data_sha256,
                                 revision, created_at, updated_at, last_stored_at)
         select d.forge_account_id, d.repository_id, d.repository, n, d.phase, d.data, d.data_bytes, d.data_sha256, d.revision,
                d.created_at, d.updated_at, clock_timestamp()
           from phase_data d, generate_series(2, {rows}) n"
    );
    backend.database().await.execute(sqlx::AssertSqlSafe(copy)).await.expect("more rows");
}

async fn count(backend: &Backend, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut backend.database().await).await.expect("a count")
}

async fn live(backend: &Backend) -> i64 {
    count(backend, "select count(*) from phase_data where deleted_at is null").await
}

fn installation(action: &str) -> Value {
    json!({ "action": action, "installation": { "id": 5, "account": { "id": 9919, "login": "octo" } } })
}

#[tokio::test]
async fn a_large_repository_and_a_large_account_go_and_come_back_whole_each_row_once() {
    let (backend, octo) = stage().await;
    many(&backend, &octo, ROWS).await;
    let repository = |action: &str, at: i64| json!({ "action": action, "repository": repository(9919, 1_296_269, "octo/hello", &in_seconds(at)) });
    for (event, gone, back) in [
        // Its time is told in whole seconds, and means all of its second, on every page.
        ("repository", repository("archived", 0), repository("unarchived", 1)),
        ("installation", installation("deleted"), installation("created")),
    ] {
        for (action, payload, expected) in [("gone", gone, 0), ("back", back, ROWS)] {
            let id = format!("{event}-{action}");
            assert_eq!(backend.deliver_and_finish(event, &id, &payload).await, ("done".to_owned(), None));
            assert_eq!(live(&backend).await, expected, "{id}");
        }
    }
    for kind in ["deleted", "restored"] {
        let counted = "select count(*), count(distinct issue_number) from phase_event where kind::text = $1";
        let mut database = backend.database().await;
        let counted: (i64, i64) =
            sqlx::query_as(counted).bind(kind).fetch_one(&mut database).await.expect("told");
        assert_eq!(counted, (2 * ROWS, ROWS), "one event for each row and word: {kind}");
    }
    let progress = "select count(*) from webhook_delivery where progress is not null or attempts > 0";
    assert_eq!(count(&backend, progress).await, 0);
}

#[tokio::test]
async fn a_newer_word_that_comes_between_two_pages_counts() {
    let (backend, octo) = stage().await;
    many(&backend, &octo, ROWS).await;
    for round in 0..5 {
        let (gone, back) = (format!("gone-{round}"), format!("back-{round}"));
        for (id, action) in [(&gone, "deleted"), (&back, "created")] {
            let hook = (APP_WEBHOOK, APP_SECRET.1);
            let taken = backend.deliver(hook, "installation", id, &installation(action)).await;
            assert_eq!(taken.status, 202, "{}", taken.body);
        }
        for id in [&gone, &back] {
            assert_eq!(backend.finished(id).await, ("done".to_owned(), None));
        }
        assert_eq!(live(&backend).await, ROWS, "{round}");
    }
}

#[tokio::test]
async fn what_fails_between_two_pages_is_tried_again_from_there() {
    let (backend, octo) = stage().await;
    many(&backend, &octo, ROWS).await;
    // The third page fails for a while.
    backend
        .database()
        .await
        .execute(
            "create function refuse() returns trigger language plpgsql as $$
                 begin raise exception 'not now'; end $$;
             create trigger refuse before update on phase_data for each row
                 when (new.issue_number = 1200) execute function refuse()",
        )
        .await
        .expect("a trigger");
    let hook = (APP_WEBHOOK, APP_SECRET.1);
    let taken = backend.deliver(hook, "installation", "gone", &installation("deleted")).await;
    assert_eq!(taken.status, 202, "{}", taken.body);
    backend.logged("is retried later").await;
    assert_eq!(live(&backend).await, ROWS - 1000, "two pages of 500 are done");
    backend.database().await.execute("drop trigger refuse on phase_data").await.expect("dropped");
    assert_eq!(backend.finished("gone").await, ("done".to_owned(), None));
    assert_eq!(live(&backend).await, 0);
    assert_eq!(count(&backend, "select count(*) from phase_event where kind = 'deleted'").await, ROWS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_is_killed_between_two_pages_goes_on_there() {
    let (mut backend, octo) = stage().await;
    many(&backend, &octo, MANY_ROWS).await;
    let hook = (APP_WEBHOOK, APP_SECRET.1);
    let taken = backend.deliver(hook, "installation", "gone", &installation("deleted")).await;
    assert_eq!(taken.status, 202, "{}", taken.body);
    let mut halfway = 0;
    for _ in 0..6 {
        // Some page is done, however slow the machine is; the kill comes somewhere in the next ones.
        let before = live(&backend).await;
        for _ in 0..250 {
            if live(&backend).await < before {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        backend = Backend::start_on(backend.kill(), &[APP_SECRET]);
        halfway += i32::from((1..MANY_ROWS).contains(&live(&backend).await));
    }
    assert!(halfway > 1, "it was killed {halfway} times on the way: that proves nothing");
    assert_eq!(backend.finished("gone").await, ("done".to_owned(), None));
    let counted = "select count(*) from phase_event where kind = 'deleted'";
    let issues = "select count(distinct issue_number) from phase_event where kind = 'deleted'";
    let seen = (live(&backend).await, count(&backend, counted).await, count(&backend, issues).await);
    assert_eq!(seen, (0, MANY_ROWS, MANY_ROWS), "what is live, events, issues that have one");
}
