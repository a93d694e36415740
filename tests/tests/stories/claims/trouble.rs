//! Faults of locks that are known from other tools: lost answers, runners that vanish, and holders that nobody knows.

use phase_data_tests::{APP_SECRET, Backend};
use serde_json::json;

use super::{HERE, Stage, claim_id, done, is_claimed, is_lost, result_of};

#[tokio::test]
async fn a_claim_outlives_a_crash_of_the_server_and_is_free_after_its_lease() {
    let mut stage = Stage::start().await;
    let key = stage.octo.key.clone();
    assert_eq!(stage.claim(&stage.run(7, 1), HERE, 1).await.status, 201);
    // The server is down when the job releases its claim.
    let settings = stage.issuer.setting();
    let settings = [APP_SECRET, ("PHASE_DATA_OIDC_ISSUERS", settings.as_str())];
    stage.backend = Backend::start_on(stage.backend.kill(), &settings);
    assert_eq!(result_of(&stage.claim(&key, HERE, 2).await), is_claimed());
    stage.pass(42, 901).await;
    assert_eq!(stage.claim(&key, HERE, 2).await.status, 201);
    assert_eq!(stage.states(HERE).await, ["lapsed", "running"]);
}

#[tokio::test]
async fn a_release_whose_answer_was_lost_is_repeated_and_harms_nobody() {
    let stage = Stage::start().await;
    assert_eq!(stage.claim(&stage.run(7, 1), HERE, 1).await.status, 201);
    assert_eq!(stage.release(&stage.run(7, 1), HERE, 1).await.status, 200);
    assert_eq!(stage.claim(&stage.octo.key, HERE, 2).await.status, 201);
    assert_eq!(stage.release(&stage.run(7, 1), HERE, 1).await.status, 200);
    assert_eq!(stage.states(HERE).await, ["cancelled", "running"]);
}

#[tokio::test]
async fn a_holder_that_vanished_is_replaced_and_its_late_store_is_refused() {
    let stage = Stage::start().await;
    let claim = stage.claim_with(&stage.run(7, 1), HERE, 1, json!({ "ttl_seconds": 60 })).await;
    assert_eq!(claim.status, 201);
    stage.pass(42, 61).await;
    assert_eq!(stage.claim(&stage.run(8, 1), HERE, 2).await.status, 201);
    // It wakes up.
    assert_eq!(result_of(&stage.store_with(&stage.run(7, 1), HERE, "late", 1).await), is_lost());
    assert_eq!(result_of(&stage.renew(&stage.run(7, 1), HERE, 1).await), is_lost());
    assert_eq!(result_of(&stage.store_with(&stage.run(8, 1), HERE, "good", 2).await), done(201));
}

#[tokio::test]
async fn a_renewal_that_was_lost_costs_a_living_job_nothing_unless_somebody_claims() {
    let stage = Stage::start().await;
    assert_eq!(stage.claim(&stage.run(7, 1), HERE, 1).await.status, 201);
    stage.pass(42, 7200).await;
    assert_eq!(result_of(&stage.store_with(&stage.run(7, 1), HERE, "good", 1).await), done(201));
    assert_eq!(stage.attempts(HERE).await[0]["late"], json!(true));
}

#[tokio::test]
async fn two_claims_of_one_job_do_not_exclude_themselves_silently() {
    let stage = Stage::start().await;
    assert_eq!(stage.claim(&stage.run(7, 1), HERE, 1).await.status, 201);
    let second = stage.claim(&stage.run(7, 1), HERE, 2).await;
    assert_eq!(result_of(&second), is_claimed());
    let own = format!("{}/octo/hello/actions/runs/7/attempts/1", stage.issuer.url());
    assert_eq!(second.json()["holder"]["run_url"], json!(own), "the holder is the job itself");
}

#[tokio::test]
async fn one_job_claims_and_another_one_of_the_run_stores_and_a_key_can_finish() {
    let stage = Stage::start().await;
    assert_eq!(stage.claim(&stage.run(7, 1), HERE, 1).await.status, 201);
    let kept = json!({ "claim_id": claim_id(1), "keep_claim": true });
    assert_eq!(result_of(&stage.store(&stage.run(7, 1), HERE, "half", kept).await), done(201));
    assert_eq!(stage.states(HERE).await, ["running"]);
    assert_eq!(result_of(&stage.store_with(&stage.octo.key, HERE, "whole", 1).await), done(200));
    assert_eq!(stage.states(HERE).await, ["completed"]);
}

#[tokio::test]
async fn a_condition_that_does_not_hold_leaves_the_claim_to_its_holder() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    assert_eq!(stage.claim(key, HERE, 1).await.status, 201);
    let body = json!({
        "repository": "octo/hello", "issue_number": 42, "phase": "mitigate", "data": 1, "claim_id": claim_id(1),
    });
    let refused = stage.call("POST", key, "phase_data?if_revision=7", Some(&body)).await;
    assert_eq!(result_of(&refused), (412, "revision_mismatch".to_owned()), "{}", refused.body);
    assert_eq!(stage.states(HERE).await, ["running"]);
    assert_eq!(result_of(&stage.call("POST", key, "phase_data", Some(&body)).await), done(201));
    // After a lost answer, the repeated condition is answered first: the client finds its own store in the events.
    let repeated = stage.call("POST", key, "phase_data?if_revision=7", Some(&body)).await;
    assert_eq!(result_of(&repeated), (412, "revision_mismatch".to_owned()), "{}", repeated.body);
}
