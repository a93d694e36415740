//! A delivery that ends the process again and again does not end it for ever.

use std::time::{Duration, Instant};

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Backend, issue_event};
use sqlx::{Executor, PgConnection};

use super::in_seconds;

/// Work on the documents of issue 1 takes so long that the process can be killed in the middle of it.
const SLOW: &str = "create function slow() returns trigger language plpgsql as
                    $$ begin if old.issue_number = 1 then perform pg_sleep(4); end if; return new; end $$;
                    create trigger slow before update on phase_data for each row execute function slow()";

async fn until_begun(owner: &mut PgConnection, tries: i32, backend: &Backend) {
    let until = Instant::now() + Duration::from_secs(30);
    let begun = "select unfinished from webhook_delivery where delivery_id = 'killer'";
    while sqlx::query_scalar::<_, i32>(begun).fetch_one(&mut *owner).await.expect("a count") < tries {
        assert!(Instant::now() < until, "it was not tried {tries} times: {}", backend.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Now it is being worked on.
    tokio::time::sleep(Duration::from_millis(300)).await;
}

#[tokio::test]
async fn a_delivery_whose_tries_end_the_backend_is_set_aside_and_begins_anew_when_delivered_again() {
    let mut backend = Backend::start_with(&[APP_SECRET]).await;
    let octo = backend.tenant("octo", 9919);
    for issue in [1, 2] {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
    }
    let mut owner = backend.database().await;
    owner.execute(SLOW).await.expect("a trigger");
    let hook = (APP_WEBHOOK, APP_SECRET.1);
    let killer = issue_event("closed", 1, &in_seconds(5));
    backend.deliver(hook, "issues", "killer", &killer).await;
    for tries in 1..=3 {
        until_begun(&mut owner, tries, &backend).await;
        backend = Backend::start_on(backend.kill(), &[APP_SECRET]);
    }
    let reason = "the backend ended 3 times while it worked on this";
    assert_eq!(backend.finished("killer").await, ("failed".to_owned(), Some(reason.to_owned())));
    let line = backend.logged("is not retried").await;
    assert!(
        line.contains("\"level\":\"ERROR\"") && line.contains("killer") && line.contains(reason),
        "{line}"
    );
    let listed = backend.command(&["delivery", "failed"]);
    let account = &octo.account;
    assert!(listed.contains("\"killer\"") && listed.contains(account) && listed.contains(reason), "{listed}");

    let other = issue_event("closed", 2, &in_seconds(5));
    assert_eq!(backend.deliver_and_finish("issues", "other", &other).await, ("done".to_owned(), None));
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 1).await.status, 200, "nothing of it was done");

    owner.execute("drop trigger slow on phase_data").await.expect("it works again");
    backend.deliver(hook, "issues", "killer", &killer).await;
    assert_eq!(backend.finished("killer").await, ("done".to_owned(), None));
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 1).await.status, 404);
    assert_eq!(backend.command(&["delivery", "failed"]), "none failed");
}
