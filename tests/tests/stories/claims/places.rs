//! Claims when the issue or its repository changes: closed, restored, purged, moved, or known under a second name.

use phase_data_tests::{issue_event, repository};
use serde_json::{Value, json};
use sqlx::Executor;

use super::{HERE, Location, Stage, claim_id, done, is_claimed, is_lost, result_of};

/// A time that GitHub tells, some seconds from now.
fn in_seconds(seconds: i64) -> String {
    let time = time::OffsetDateTime::now_utc() + time::Duration::seconds(seconds);
    let time = time.replace_nanosecond(0).expect("a whole second");
    time.format(&time::format_description::well_known::Rfc3339).expect("a time")
}

#[tokio::test]
async fn a_claim_stays_when_the_issue_is_closed_and_reopened() {
    let stage = Stage::start().await;
    let token = stage.run(7, 1);
    let scan = Location { phase: "scan", ..HERE };
    assert_eq!(stage.store(&token, scan, "found", json!({})).await.status, 201);
    assert_eq!(stage.claim(&stage.run(7, 1), HERE, 1).await.status, 201);
    // "Fixes #42" closes the issue before the holder stores.
    for (number, action) in ["closed", "reopened", "closed"].into_iter().enumerate() {
        let event = issue_event(action, 42, &in_seconds(i64::try_from(number).expect("small") - 5));
        let (state, reason) = stage.backend.deliver_and_finish("issues", &format!("d{number}"), &event).await;
        assert_eq!(state, "done", "{reason:?}");
        assert_eq!(stage.states(HERE).await, ["running"], "{action}");
        assert_eq!(result_of(&stage.store(&stage.octo.key, HERE, "theirs", json!({})).await), is_claimed());
    }
    assert_eq!(result_of(&stage.store_with(&stage.run(7, 1), HERE, "fixed", 1).await), done(201));
    assert_eq!(stage.states(HERE).await, ["completed"]);
}

#[tokio::test]
async fn a_claimed_document_comes_back_only_with_the_claim() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    let scan = Location { phase: "scan", ..HERE };
    for place in [scan, HERE] {
        assert_eq!(stage.store(key, place, "old", json!({})).await.status, 201);
    }
    let issue = "phase_data/octo/hello/42";
    assert_eq!(stage.call("DELETE", key, issue, None).await.status, 200);
    assert_eq!(stage.claim(key, HERE, 1).await.status, 201, "a claim does not need an open issue");
    let restore = async |query: &str| stage.call("POST", key, &format!("{issue}/restore{query}"), None).await;
    let other = format!("?claim_id={}", claim_id(2));
    for query in ["", other.as_str(), "?dry_run=true"] {
        let refused = restore(query).await;
        assert_eq!(result_of(&refused), is_claimed(), "{}", refused.body);
        assert!(refused.json()["detail"].as_str().expect("a detail").contains("mitigate of issue 42"));
    }
    let preview = restore(&format!("?dry_run=true&claim_id={}", claim_id(1))).await;
    assert_eq!(preview.json()["restored"], json!(["scan", "mitigate"]), "{}", preview.body);
    assert_eq!(stage.call("GET", key, issue, None).await.status, 404, "nothing came back");
    let restored = restore(&format!("?claim_id={}", claim_id(1))).await;
    assert_eq!(restored.json()["restored"], json!(["scan", "mitigate"]), "{}", restored.body);
    assert_eq!(stage.states(HERE).await, ["running"]);
    // Nothing is hidden any more: there is nothing to refuse.
    assert_eq!(result_of(&restore("").await), done(200));
}

#[tokio::test]
async fn a_purge_ends_the_claims_of_the_issue_and_its_numbers_go_on() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    for (purge, states) in
        [("", "running"), ("?purge=true&dry_run=true", "running"), ("?purge=true", "superseded")]
    {
        stage.claim(key, HERE, 1).await;
        let answer = stage.call("DELETE", key, &format!("phase_data/octo/hello/42{purge}"), None).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(stage.states(HERE).await, [states], "{purge}");
    }
    assert_eq!(result_of(&stage.store_with(key, HERE, "late", 1).await), is_lost());
    let events = stage.call("GET", key, "phase_data/octo/hello/42/events", None).await.json();
    assert_eq!(
        (&events["events"][0]["kind"], &events["events"][0]["attempt"]),
        (&json!("purged"), &json!(1))
    );
    let next = stage.claim(key, HERE, 2).await;
    assert_eq!(next.json()["attempt"]["number"], json!(2), "a number is never used again");
}

#[tokio::test]
async fn a_transferred_issue_takes_its_claim_along() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    let there = Location { repository: "octo/other", issue: 7, ..HERE };
    assert_eq!(stage.claim(key, HERE, 1).await.status, 201);
    assert_eq!(stage.release(key, HERE, 1).await.status, 200);
    assert_eq!(stage.claim(key, HERE, 2).await.status, 201);
    assert_eq!(stage.store(key, Location { phase: "scan", ..HERE }, "found", json!({})).await.status, 201);
    let at = in_seconds(-5);
    let mut event = issue_event("transferred", 42, &at);
    event["changes"] = json!({
        "new_issue": { "number": 7 }, "new_repository": repository(9919, 77, "octo/other", &at),
    });
    let (state, reason) = stage.backend.deliver_and_finish("issues", "moved", &event).await;
    assert_eq!(state, "done", "{reason:?}");
    assert_eq!(stage.states(there).await, ["cancelled", "running"]);
    assert_eq!(stage.states(HERE).await, [""; 0]);
    assert_eq!(result_of(&stage.store(key, there, "theirs", json!({})).await), is_claimed());
    assert_eq!(result_of(&stage.store_with(key, there, "mine", 2).await), done(201));
}

/// Waits until so many statements of the server wait for a lock.
async fn waiting(stage: &Stage, number: i64) {
    let mut database = stage.backend.database().await;
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    for _ in 0..500 {
        if sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut database).await.expect("a number") == number {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{number} statements do not wait");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_up_and_a_transfer_of_one_issue_wait_for_each_other() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    assert_eq!(stage.store(key, HERE, "1", json!({})).await.status, 201);
    let at = in_seconds(-5);
    let mut event = issue_event("transferred", 42, &at);
    event["changes"] = json!({
        "new_issue": { "number": 7 }, "new_repository": repository(9919, 77, "octo/other", &at),
    });
    // A third one keeps the document until both have begun: the transfer first.
    let mut database = stage.backend.database().await;
    database.execute("begin; select from phase_data for update").await.expect("the lock");
    let (transfer, clean_up) =
        tokio::join!(stage.backend.deliver_and_finish("issues", "moved", &event), async {
            waiting(&stage, 1).await;
            let release = async {
                waiting(&stage, 2).await;
                database.execute("commit").await.expect("the release");
            };
            tokio::join!(stage.call("DELETE", key, "phase_data/octo/hello/42", None), release).0
        },);
    assert_eq!(transfer.0, "done", "{:?}", transfer.1);
    assert_eq!(clean_up.status, 200, "{}", clean_up.body);
    // A delivery that the clean-up kept out of a lock would be done by its second attempt.
    let log = stage.backend.log();
    assert!(!log.contains("is retried later"), "{log}");
}

/// A claim under a name that only keys know, and one under the id that turns out to have that name.
async fn two_names(stage: &Stage, first_lapsed: bool, second_lapsed: bool) -> (Location, Vec<String>) {
    let place = Location { repository: "octo/new", ..HERE };
    let token = |name: &str, age: i64| {
        let second = time::OffsetDateTime::now_utc().unix_timestamp() - age;
        let claims = json!({ "repository": name, "repository_id": "5", "iat": second, "nbf": second });
        stage.issuer.token_with(stage.backend.url(), &claims)
    };
    let old = Location { repository: "octo/old", ..HERE };
    assert_eq!(stage.claim(&token("octo/old", 60), old, 1).await.status, 201);
    let lapse = "update attempt set lease_ends_at = started_at where claim_id = $1::uuid";
    let mut database = stage.backend.database().await;
    let mut lapsed = async |id: u32| {
        let statement = sqlx::query(lapse).bind(claim_id(id));
        statement.execute(&mut database).await.expect("the lease ends");
    };
    if first_lapsed {
        lapsed(1).await;
    }
    assert_eq!(
        stage.claim(&stage.octo.key, place, 2).await.status,
        201,
        "another repository, as far as is known"
    );
    if second_lapsed {
        lapsed(2).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    // The token proves that both are one repository.
    let scan = Location { phase: "scan", ..place };
    assert_eq!(stage.store(&token("octo/new", 0), scan, "1", json!({})).await.status, 201);
    (place, stage.states(place).await)
}

#[tokio::test]
async fn of_two_claims_of_one_repository_the_one_with_the_id_stays() {
    let stage = Stage::start().await;
    let (place, states) = two_names(&stage, false, false).await;
    assert_eq!(states, ["running", "superseded"]);
    assert_eq!(result_of(&stage.store_with(&stage.octo.key, place, "lost", 2).await), is_lost());
    assert_eq!(result_of(&stage.store_with(&stage.octo.key, place, "kept", 1).await), done(201));
}

#[tokio::test]
async fn a_claim_that_lives_stays_before_one_whose_lease_is_over() {
    let stage = Stage::start().await;
    let (place, states) = two_names(&stage, true, false).await;
    assert_eq!(states, ["lapsed", "running"]);
    assert_eq!(result_of(&stage.store_with(&stage.octo.key, place, "lost", 1).await), is_lost());
    assert_eq!(result_of(&stage.store_with(&stage.octo.key, place, "kept", 2).await), done(201));
    let next: Value = stage.claim(&stage.octo.key, place, 3).await.json();
    assert_eq!(next["attempt"]["number"], json!(3));
}

#[tokio::test]
async fn a_late_purge_keeps_claims_that_are_newer() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    assert_eq!(stage.claim(key, HERE, 1).await.status, 201);
    let purge = "phase_data/octo/hello/42?purge=true&closed_at=2026-01-01T00:00:00Z";
    let answer = stage.call("DELETE", key, purge, None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(stage.states(HERE).await, ["running"]);
    assert_eq!(stage.store_with(key, HERE, "done", 1).await.status, 201);
}

#[tokio::test]
async fn a_claim_that_two_places_have_stays_with_its_holder_when_they_become_one() {
    let stage = Stage::start().await;
    let place = Location { repository: "octo/new", ..HERE };
    let old = Location { repository: "octo/old", ..HERE };
    let token = |name: &str, age: i64| {
        let second = time::OffsetDateTime::now_utc().unix_timestamp() - age;
        let claims = json!({ "repository": name, "repository_id": "5", "iat": second, "nbf": second });
        stage.issuer.token_with(stage.backend.url(), &claims)
    };
    assert_eq!(stage.claim(&token("octo/old", 60), old, 1).await.status, 201);
    assert_eq!(stage.claim(&stage.octo.key, place, 1).await.status, 201);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let scan = Location { phase: "scan", ..place };
    assert_eq!(stage.store(&token("octo/new", 0), scan, "1", json!({})).await.status, 201);
    assert_eq!(stage.states(place).await, ["running", "superseded"]);
    assert_eq!(stage.renew(&stage.octo.key, place, 1).await.status, 200);
    assert_eq!(result_of(&stage.store_with(&stage.octo.key, place, "mine", 1).await), done(201));
}
