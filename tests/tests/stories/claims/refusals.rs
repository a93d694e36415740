//! Calls on claims that are refused, and what no answer shows.

use serde_json::json;
use sqlx::Executor;

use super::{HERE, Location, Stage, claim_id, done, is_claimed, is_lost, result_of};

#[tokio::test]
async fn the_id_of_another_place_or_of_no_claim_is_lost() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    let rival = stage.backend.tenant("rival", 666).key;
    assert_eq!(stage.claim(key, HERE, 1).await.status, 201);
    let elsewhere = [
        (key, Location { phase: "scan", ..HERE }, 1),
        (key, Location { issue: 43, ..HERE }, 1),
        (key, Location { repository: "octo/other", ..HERE }, 1),
        (key, HERE, 2),
        (&rival, HERE, 1),
    ];
    for (credential, place, id) in elsewhere {
        for answer in [
            stage.renew(credential, place, id).await,
            stage.release(credential, place, id).await,
            stage.store_with(credential, place, "mine", id).await,
        ] {
            assert_eq!(result_of(&answer), is_lost(), "{place:?}: {}", answer.body);
            let detail = answer.json()["detail"].as_str().expect("a detail").to_owned();
            assert!(detail.starts_with("There is no claim with this id on "), "{detail}");
        }
    }
    assert_eq!(stage.states(HERE).await, ["running"]);
    // The same id at another place is another claim.
    assert_eq!(stage.claim(key, Location { issue: 43, ..HERE }, 1).await.status, 201);
    assert_eq!(stage.claim(&rival, HERE, 1).await.status, 201);
}

#[tokio::test]
async fn no_answer_but_the_holders_own_request_shows_the_id_of_a_claim() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    let claimed = stage.claim(key, HERE, 1).await;
    let answers = [
        stage.claim(key, HERE, 2).await,
        stage.store(key, HERE, "theirs", json!({})).await,
        stage.store_with(key, HERE, "mine", 1).await,
        stage.call("GET", key, &format!("{}/attempts", HERE.path()), None).await,
        stage.call("GET", key, "phase_data/octo/hello/42", None).await,
        stage.call("GET", key, "phase_data/octo/hello/42/events", None).await,
        stage.call("GET", key, "repositories/octo/hello/issues", None).await,
        claimed,
    ];
    for answer in answers {
        assert!(!answer.body.contains(&claim_id(1)), "{}", answer.body);
    }
}

#[tokio::test]
async fn invalid_claims_are_refused_with_the_valid_values() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    for (body, part) in [
        (json!({ "ttl_seconds": 59 }), "60 (a minute) to 86400"),
        (json!({ "ttl_seconds": 86_401 }), "60 (a minute) to 86400"),
        (json!({ "commit_sha": "main" }), "full object name"),
        (json!({ "force": null }), "null"),
        (json!({ "claim_id": claim_id(1) }), "unknown field"),
    ] {
        let refused = stage.claim_with(key, HERE, 1, body).await;
        assert_eq!(result_of(&refused), (422, "invalid_body".to_owned()), "{}", refused.body);
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    let claims = format!("{}/claims", HERE.path());
    for (method, path, part) in [
        ("PUT", format!("{claims}/7"), "UUID of version 4"),
        ("PUT", format!("{claims}/00000000-0000-1000-8000-000000000001"), "UUID of version 4"),
        ("PUT", format!("phase_data/octo/hello/42/phases/fix/claims/{}", claim_id(1)), "mitigate"),
        ("DELETE", format!("{}?state=completed", HERE.claim(1)), "failed or cancelled"),
        ("DELETE", format!("{}?reason={}", HERE.claim(1), "x".repeat(1001)), "1 to 1000 characters"),
    ] {
        let body = (method == "PUT").then(|| json!({}));
        let refused = stage.call(method, key, &path, body.as_ref()).await;
        assert_eq!(result_of(&refused), (400, "invalid_parameter".to_owned()), "{}", refused.body);
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    assert_eq!(stage.attempts(HERE).await.len(), 0);
}

#[tokio::test]
async fn claims_need_the_scope_write_and_a_list_of_attempts_the_scope_read() {
    let stage = Stage::start().await;
    let reader = stage.backend.key(&stage.octo.account, &["--scope", "read"]);
    for answer in [
        stage.claim(&reader, HERE, 1).await,
        stage.renew(&reader, HERE, 1).await,
        stage.release(&reader, HERE, 1).await,
    ] {
        assert_eq!(result_of(&answer), (403, "insufficient_scope".to_owned()), "{}", answer.body);
    }
    let listed = stage.call("GET", &reader, &format!("{}/attempts", HERE.path()), None).await;
    assert_eq!(result_of(&listed), done(200), "{}", listed.body);
}

#[tokio::test]
async fn a_token_makes_one_claim_and_a_refused_one_does_not_spend_it() {
    let stage = Stage::start().await;
    assert_eq!(stage.claim(&stage.octo.key, HERE, 1).await.status, 201);
    let token = stage.run(7, 1);
    assert_eq!(result_of(&stage.claim(&token, HERE, 2).await), is_claimed());
    assert_eq!(result_of(&stage.store_with(&token, HERE, "mine", 3).await), is_lost());
    assert_eq!(stage.release(&stage.octo.key, HERE, 1).await.status, 200);
    assert_eq!(stage.claim(&token, HERE, 2).await.status, 201);
    let replayed = stage.renew(&token, HERE, 2).await;
    assert_eq!(result_of(&replayed), (409, "token_replayed".to_owned()), "{}", replayed.body);
}

#[tokio::test]
async fn while_a_server_runs_that_does_not_understand_claims_none_is_made() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    assert_eq!(stage.claim(key, HERE, 1).await.status, 201);
    let mut database = stage.backend.database().await;
    let older =
        "insert into server_instance (id, function_schema, release) values (gen_random_uuid(), 'old', 0)";
    database.execute(older).await.expect("an older server");
    let refused = stage.claim(key, Location { issue: 43, ..HERE }, 2).await;
    assert_eq!(result_of(&refused), (503, "upgrade_in_progress".to_owned()), "{}", refused.body);
    assert_eq!(refused.header("retry-after"), "10");
    // Claims that were made before go on, and so does all else.
    assert_eq!(result_of(&stage.renew(key, HERE, 1).await), done(200));
    assert_eq!(result_of(&stage.store_with(key, HERE, "mine", 1).await), done(201));
    database.execute("delete from server_instance where release = 0").await.expect("it stopped");
    assert_eq!(stage.claim(key, Location { issue: 43, ..HERE }, 2).await.status, 201);
}
