//! A bug that panics ends what met it, and nothing else. The bug here is sqlx's: it panics at times that its types don't
//! hold.

use std::time::{Duration, Instant};

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Backend, issue_event};
use sqlx::Executor;

const SECRET_TEXT: &str = "nobody may read this in a log";

#[tokio::test]
async fn a_panic_in_a_request_is_its_500_with_a_log_line_and_the_others_are_answered() {
    let backend = Backend::start_with(&[]).await;
    let octo = backend.tenant("octo", 9919);
    for issue in [1, 2] {
        let data = format!("{{\"text\":\"{SECRET_TEXT}\"}}");
        backend.store(&octo.key, "octo/hello", issue, "scan", &data).await;
    }
    let break_it = "update phase_data set updated_at = 'infinity' where issue_number = 1";
    backend.database().await.execute(break_it).await.expect("a time that no type holds");
    // More often than there are connections: each that was in use is closed, and its place is free again.
    for _ in 0..20 {
        let broken = backend.retrieve(&octo.key, "octo/hello", 1).await;
        assert_eq!((broken.status, broken.code().as_str()), (500, "internal_error"), "{}", broken.body);
        assert_eq!(broken.json()["request_id"], broken.header("x-request-id"));
        let whole = backend.retrieve(&octo.key, "octo/hello", 2).await;
        assert_eq!(whole.status, 200, "{}", whole.body);
    }
    let broken = backend.retrieve(&octo.key, "octo/hello", 1).await;
    let line = backend.logged("panicked (a bug)").await;
    assert!(line.contains("\"location\":") && line.contains("\"request_id\":"), "{line}");
    backend.logged(broken.header("x-request-id")).await;
    assert!(!backend.log().contains(SECRET_TEXT));
    assert_eq!(backend.send("GET", "/health/live", &[], "").await.status, 200);
}

#[tokio::test]
async fn a_panic_over_a_delivery_counts_as_a_failed_try_and_the_next_delivery_is_done() {
    let backend = Backend::start_with(&[APP_SECRET]).await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    let hook = (APP_WEBHOOK, APP_SECRET.1);
    let mut owner = backend.database().await;
    // Deliveries from now on were received at a time that no type holds.
    let bad = "create function never() returns trigger language plpgsql as
               $$ begin new.received_at := 'infinity'; return new; end $$;
               create trigger never before insert on webhook_delivery for each row execute function never()";
    owner.execute(bad).await.expect("a trigger");
    backend.deliver(hook, "issues", "broken", &issue_event("closed", 1, "2020-01-01T00:00:00Z")).await;
    backend.logged("the backend failed with a bug").await;
    owner.execute("drop trigger never on webhook_delivery").await.expect("no trigger");
    let whole = issue_event("closed", 2, "2020-01-01T00:00:00Z");
    assert_eq!(backend.deliver_and_finish("issues", "whole", &whole).await, ("done".to_owned(), None));
    let stands =
        "select state::text, attempts, unfinished from webhook_delivery where delivery_id = 'broken'";
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let stands: (String, i32, i32) = sqlx::query_as(stands).fetch_one(&mut owner).await.expect("it");
        if stands.0 == "pending" && stands.1 >= 1 && stands.2 == 0 {
            break;
        }
        assert!(Instant::now() < until, "{stands:?}: {}", backend.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    owner.execute("update webhook_delivery set received_at = now()").await.expect("a time");
    assert_eq!(backend.finished("broken").await, ("done".to_owned(), None));
}
