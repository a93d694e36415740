//! Waiting deliveries are not lost, and are processed once.

use std::time::Duration;

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Backend, issue_event};
use serde_json::Value;
use sqlx::Executor;

use super::{in_seconds, stage};

const BREAK: &str = "create function break_down() returns trigger language plpgsql as
                     $$ begin raise exception 'it broke down'; end $$;
                     create trigger broken before update on phase_data for each row execute function break_down()";

/// The stored reason.
const REFUSED: &str = "the database refused it: SQLSTATE P0001";

async fn deliver(backend: &Backend, id: &str, event: &Value) -> Value {
    let answer = backend.deliver((APP_WEBHOOK, APP_SECRET.1), "issues", id, event).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.json()
}

async fn events(backend: &Backend, kind: &str) -> i64 {
    let count = "select count(*) from phase_event where kind = $1";
    let mut database = backend.database().await;
    sqlx::query_scalar(count).bind(kind).fetch_one(&mut database).await.expect("a count")
}

#[tokio::test]
async fn a_redelivery_of_what_is_done_changes_nothing() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let closed = issue_event("closed", 42, &in_seconds(5));
    let deliveries = (0..5).map(|_| deliver(&backend, "same", &closed));
    for delivery in deliveries {
        delivery.await;
    }
    backend.finished("same").await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "2").await;
    assert_eq!(deliver(&backend, "same", &closed).await["state"], "done");
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 200, "a new life");
    assert_eq!(events(&backend, "deleted").await, 1);
}

#[tokio::test]
async fn what_fails_is_tried_again_after_a_while_and_nothing_of_it_is_done_meanwhile() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let mut database = backend.database().await;
    database.execute(BREAK).await.expect("it breaks");
    deliver(&backend, "again", &issue_event("closed", 42, &in_seconds(5))).await;
    let line = backend.logged("is retried later").await;
    assert!(line.contains("SQLSTATE P0001") && line.contains("again"), "{line}");
    let waiting: (String, i32, Option<String>, bool) = sqlx::query_as(
        "select state::text, attempts, reason, next_try_at > received_at from webhook_delivery",
    )
    .fetch_one(&mut backend.database().await)
    .await
    .expect("the delivery");
    assert_eq!((waiting.0.as_str(), waiting.2.as_deref()), ("pending", Some(REFUSED)));
    assert!(waiting.1 >= 1 && waiting.3, "{waiting:?}");
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 200);
    let words = "select count(*) from lifecycle";
    let words: i64 =
        sqlx::query_scalar(words).fetch_one(&mut backend.database().await).await.expect("a count");
    assert_eq!(words, 0, "not even the word is kept");

    database.execute("drop trigger broken on phase_data").await.expect("it works again");
    assert_eq!(backend.finished("again").await, ("done".to_owned(), None));
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 404);
    assert_eq!(events(&backend, "deleted").await, 1);
}

#[tokio::test]
async fn what_goes_on_failing_is_given_up_until_it_is_delivered_again() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let mut owner = backend.database().await;
    owner.execute(BREAK).await.expect("it breaks");
    let closed = issue_event("closed", 42, &in_seconds(5));
    deliver(&backend, "again", &closed).await;
    backend.logged("is retried later").await;
    owner
        .execute("update webhook_delivery set attempts = 11, next_try_at = now()")
        .await
        .expect("time passes");
    assert_eq!(backend.finished("again").await, ("failed".to_owned(), Some(REFUSED.to_owned())));
    backend.logged("is not retried").await;
    let kept: Option<Value> = sqlx::query_scalar("select effects from webhook_delivery")
        .fetch_one(&mut owner)
        .await
        .expect("the delivery");
    assert_eq!(kept, None, "of the payload nothing is left");

    owner.execute("drop trigger broken on phase_data").await.expect("it works again");
    assert_eq!(deliver(&backend, "again", &closed).await["state"], "pending");
    assert_eq!(backend.finished("again").await, ("done".to_owned(), None));
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 404);
}

#[tokio::test]
async fn old_deliveries_are_forgotten_and_stuck_ones_are_told_of() {
    let (backend, _) = stage().await;
    for id in ["old", "new", "stuck"] {
        backend.deliver_and_finish("issues", id, &issue_event("edited", 42, &in_seconds(0))).await;
    }
    let mut owner = backend.database().await;
    let past =
        "update webhook_delivery set received_at = now() - interval '31 days' where delivery_id <> 'new';
                update webhook_delivery set state = 'pending', effects = '[]', finished_at = null,
                       next_try_at = now() + interval '1 hour' where delivery_id = 'stuck'";
    owner.execute(past).await.expect("time passes");
    let again = Backend::start_on(backend.kill(), &[APP_SECRET]);
    again.logged("waiting for more than five minutes").await;
    let left: Vec<String> = sqlx::query_scalar("select delivery_id from webhook_delivery order by id")
        .fetch_all(&mut owner)
        .await
        .expect("the deliveries");
    assert_eq!(left, ["new", "stuck"]);
}
