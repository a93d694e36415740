//! The rule of claims, line by line.

use serde_json::json;

use super::{HERE, Location, Stage, claim_id, done, is_claimed, is_lost, result_of};

#[tokio::test]
async fn a_claim_begins_an_attempt_and_its_repetition_returns_the_same_one() {
    let stage = Stage::start().await;
    let commit = "a".repeat(40);
    let body = json!({ "ttl_seconds": 3600, "commit_sha": commit });
    let token = stage.run(7, 1);
    let first = stage.claim_with(&token, HERE, 1, body.clone()).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let attempt = &first.json()["attempt"];
    assert_eq!((&attempt["number"], &attempt["state"]), (&json!(1), &json!("running")));
    assert_eq!((&attempt["holder"], &attempt["commit_sha"]), (&json!("mona"), &json!(commit)));
    assert_eq!((&attempt["actor"]["run_id"], &attempt["late"]), (&json!(7), &json!(false)));
    let link = format!("{}/octo/hello/actions/runs/7/attempts/1", stage.issuer.url());
    assert_eq!(attempt["actor"]["run_url"], json!(link));
    // With the same token: the same answer. With another one, and with another lease: the same attempt.
    for (token, body, status) in [
        (token, body, 201),
        (stage.run(7, 1), json!({}), 200),
        (stage.run(7, 1), json!({ "ttl_seconds": 60 }), 200),
    ] {
        let again = stage.claim_with(&token, HERE, 1, body).await;
        assert_eq!(again.status, status, "{}", again.body);
        assert_eq!(&again.json()["attempt"], attempt);
    }
    assert_eq!(stage.attempts(HERE).await, std::slice::from_ref(attempt));
}

#[tokio::test]
async fn while_a_claim_lives_nobody_else_claims_or_stores_and_the_refusal_names_the_holder() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    assert_eq!(stage.store(key, HERE, "before", json!({})).await.status, 201);
    let claimed = stage.claim(&stage.run(7, 1), HERE, 1).await.json()["attempt"].clone();
    let patch = format!("phase_data/octo/hello/42?phase={}", HERE.phase);
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/merge-patch+json")];
    for answer in [
        stage.claim(key, HERE, 2).await,
        stage.claim(&stage.run(8, 1), HERE, 3).await,
        stage.store(key, HERE, "theirs", json!({})).await,
        stage.backend.send("PATCH", &format!("/api/v1/{patch}"), &headers, r#"{"a":1}"#).await,
    ] {
        assert_eq!(result_of(&answer), is_claimed(), "{}", answer.body);
        let holder = &answer.json()["holder"];
        assert_eq!((&holder["name"], &holder["attempt"]), (&json!("mona"), &json!(1)));
        assert_eq!((&holder["since"], &holder["until"]), (&claimed["started_at"], &claimed["lease_ends_at"]));
        assert_eq!(holder["run_url"], claimed["actor"]["run_url"]);
        let detail = answer.json()["detail"].as_str().expect("a detail").to_owned();
        let link = holder["run_url"].as_str().expect("a link");
        for part in ["mona", "mitigate of issue 42 of octo/hello", "attempt 1", link] {
            assert!(detail.contains(part), "{part}: {detail}");
        }
    }
    // With the claim, by whichever credential of the same repository.
    let patched = stage
        .backend
        .send("PATCH", &format!("/api/v1/{patch}&claim_id={}", claim_id(1)), &headers, r#"{"a":1}"#)
        .await;
    assert_eq!(result_of(&patched), done(200), "{}", patched.body);
    assert_eq!(stage.states(HERE).await, ["running"], "a patch keeps the claim");
    // Other phases and issues are free.
    for place in [Location { phase: "scan", ..HERE }, Location { issue: 43, ..HERE }] {
        assert_eq!(stage.store(key, place, "free", json!({})).await.status, 201);
    }
}

#[tokio::test]
async fn a_store_with_the_claim_ends_its_attempt_unless_it_keeps_the_claim() {
    let stage = Stage::start().await;
    for (issue, more, states) in [
        (1, json!({}), "completed"),
        (2, json!({ "status": "failed", "reason": "no fix" }), "failed"),
        (3, json!({ "keep_claim": true }), "running"),
    ] {
        let place = Location { issue, ..HERE };
        let token = stage.run(7, 1);
        assert_eq!(stage.claim(&token, place, issue).await.status, 201);
        let mut more = more;
        more["claim_id"] = json!(claim_id(issue));
        let stored = stage.store(&stage.run(7, 1), place, "done", more.clone()).await;
        assert_eq!(result_of(&stored), done(201), "{}", stored.body);
        assert_eq!(stage.states(place).await, [states]);
        assert_eq!(stage.attempts(place).await[0]["reason"], more["reason"]);
        // A repetition after a lost answer is answered, and changes nothing. Other stores need a new claim.
        let again = stage.store(&stage.run(7, 1), place, "done", more.clone()).await;
        assert_eq!(
            (result_of(&again), &again.json()["effect"]),
            (done(200), &json!("unchanged")),
            "{}",
            again.body
        );
        let other = stage.store(&stage.run(7, 1), place, "more", more).await;
        assert_eq!(
            result_of(&other),
            if states == "running" { done(200) } else { is_lost() },
            "{}",
            other.body
        );
        assert_eq!(stage.states(place).await, [states]);
    }
}

#[tokio::test]
async fn a_holder_whom_nobody_replaced_goes_on_after_the_lease() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    for issue in 1..=3 {
        let place = Location { issue, ..HERE };
        assert_eq!(stage.claim(key, place, issue).await.status, 201);
        stage.pass(issue, 901).await;
        assert_eq!(stage.states(place).await, ["lapsed"], "others may claim it");
        let (answer, state) = match issue {
            1 => (stage.renew(key, place, issue).await, "running"),
            2 => (stage.release(key, place, issue).await, "cancelled"),
            _ => (stage.store_with(key, place, "late", issue).await, "completed"),
        };
        assert!(answer.status < 300, "{}", answer.body);
        let attempt = &stage.attempts(place).await[0];
        assert_eq!((&attempt["state"], &attempt["late"]), (&json!(state), &json!(true)));
    }
    let renewed = Location { issue: 1, ..HERE };
    assert_eq!(result_of(&stage.claim(key, renewed, 9).await), is_claimed(), "the renewed lease holds");
}

#[tokio::test]
async fn whoever_was_replaced_after_the_lease_has_lost_the_claim() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    for issue in 1..=2 {
        let place = Location { issue, ..HERE };
        assert_eq!(stage.claim(key, place, 1).await.status, 201);
        stage.pass(issue, 901).await;
        // By another claim, or by a store without one.
        let replaced = match issue {
            1 => stage.claim(&stage.run(7, 1), place, 2).await,
            _ => stage.store(key, place, "plain", json!({})).await,
        };
        assert_eq!(replaced.status, 201, "{}", replaced.body);
        assert_eq!(stage.states(place).await[0], "lapsed");
        for answer in [
            stage.renew(key, place, 1).await,
            stage.release(key, place, 1).await,
            stage.claim(key, place, 1).await,
            stage.store_with(key, place, "late", 1).await,
        ] {
            assert_eq!(result_of(&answer), is_lost(), "{}", answer.body);
            let detail = answer.json()["detail"].as_str().expect("a detail").to_owned();
            assert!(detail.contains("Its attempt 1 is lapsed"), "{detail}");
        }
    }
    let place = Location { issue: 1, ..HERE };
    assert_eq!(stage.states(place).await, ["lapsed", "running"]);
    assert_eq!(result_of(&stage.store_with(key, place, "mine", 2).await), done(201));
}

#[tokio::test]
async fn a_release_can_be_repeated_and_the_first_one_counts() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    assert_eq!(stage.claim(key, HERE, 1).await.status, 201);
    let path = format!("{}?state=failed&reason=the%20runner%20was%20evicted", HERE.claim(1));
    let first = stage.call("DELETE", key, &path, None).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let attempt = &first.json()["attempt"];
    assert_eq!((&attempt["state"], &attempt["reason"]), (&json!("failed"), &json!("the runner was evicted")));
    assert_eq!(stage.claim(&stage.run(7, 1), HERE, 2).await.status, 201, "the phase is free");
    for again in [stage.call("DELETE", key, &path, None).await, stage.release(key, HERE, 1).await] {
        assert_eq!((again.status, &again.json()["attempt"]), (200, attempt));
    }
    assert_eq!(stage.states(HERE).await, ["failed", "running"], "no repetition ends another claim");
    assert_eq!(result_of(&stage.renew(key, HERE, 1).await), is_lost());
    assert_eq!(result_of(&stage.claim(key, HERE, 1).await), is_lost(), "an ended claim stays ended");
}

#[tokio::test]
async fn a_later_attempt_of_the_same_run_takes_over_at_once_and_nobody_else() {
    let stage = Stage::start().await;
    assert_eq!(stage.claim(&stage.run(7, 2), HERE, 1).await.status, 201);
    for (run, attempt) in [(7, 1), (7, 2), (8, 3)] {
        assert_eq!(
            result_of(&stage.claim(&stage.run(run, attempt), HERE, 2).await),
            is_claimed(),
            "{run} {attempt}"
        );
    }
    let taken = stage.claim(&stage.run(7, 3), HERE, 3).await;
    assert_eq!((taken.status, &taken.json()["attempt"]["number"]), (201, &json!(2)), "{}", taken.body);
    assert_eq!(stage.states(HERE).await, ["superseded", "running"]);
    assert_eq!(result_of(&stage.store_with(&stage.run(7, 2), HERE, "old", 1).await), is_lost());
    assert_eq!(result_of(&stage.store_with(&stage.run(7, 3), HERE, "new", 3).await), done(201));
}

#[tokio::test]
async fn only_an_admin_key_forces_a_claim_and_an_event_says_so() {
    let stage = Stage::start().await;
    assert_eq!(stage.claim(&stage.run(7, 1), HERE, 1).await.status, 201);
    let force = json!({ "force": true });
    for credential in [&stage.octo.key, &stage.run(7, 2)] {
        let refused = stage.claim_with(credential, HERE, 2, force.clone()).await;
        assert_eq!(result_of(&refused), (403, "insufficient_scope".to_owned()), "{}", refused.body);
    }
    let forced = stage.claim_with(&stage.admin, HERE, 2, force).await;
    assert_eq!((forced.status, &forced.json()["attempt"]["holder"]), (201, &json!("story")));
    assert_eq!(stage.states(HERE).await, ["superseded", "running"]);
    assert_eq!(result_of(&stage.store_with(&stage.run(7, 1), HERE, "old", 1).await), is_lost());
    assert_eq!(stage.release(&stage.admin, HERE, 2).await.status, 200);
    let events = stage.call("GET", &stage.octo.key, "phase_data/octo/hello/42/events", None).await.json();
    let kinds: Vec<_> =
        events["events"].as_array().expect("events").iter().map(|it| (&it["kind"], &it["attempt"])).collect();
    let (forced, claimed, released) = (json!("claim_forced"), json!("claimed"), json!("released"));
    assert_eq!(kinds, [(&released, &json!(2)), (&forced, &json!(2)), (&claimed, &json!(1))]);
}
