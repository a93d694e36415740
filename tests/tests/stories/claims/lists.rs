//! Claims and attempts in lists.

use serde_json::{Value, json};
use sqlx::Executor;

use super::{HERE, Location, Stage};

impl Stage {
    /// The numbers of the issues in a list.
    async fn listed(&self, query: &str) -> Vec<u64> {
        let issues = self.issues(query).await;
        issues.iter().map(|issue| issue["issue_number"].as_u64().expect("a number")).collect()
    }

    async fn issues(&self, query: &str) -> Vec<Value> {
        let path = format!("repositories/octo/hello/issues?{query}");
        let answer = self.call("GET", &self.octo.key, &path, None).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["issues"].as_array().expect("issues").clone()
    }
}

#[tokio::test]
async fn lists_show_claims_and_a_claimed_phase_is_not_pending() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    for issue in 1..=3 {
        let place = Location { issue, phase: "validate", ..HERE };
        assert_eq!(stage.store(key, place, "real", json!({ "outcome": "confirmed" })).await.status, 201);
    }
    let place = Location { issue: 2, ..HERE };
    let claimed = stage.claim(&stage.run(7, 1), place, 1).await.json()["attempt"].clone();
    for sort in ["sort=issue_number", "sort=updated_at"] {
        let listed = async |query: &str| {
            let mut numbers = stage.listed(&format!("{query}&{sort}")).await;
            numbers.sort_unstable();
            numbers
        };
        assert_eq!(listed("claimed=true").await, [2], "{sort}");
        assert_eq!(listed("claimed=false").await, [1, 3], "{sort}");
        assert_eq!(listed("pending=mitigate").await, [1, 3], "{sort}");
        assert_eq!(listed("pending=mitigate&claimed=true").await, [0; 0], "{sort}");
        let issues = stage.issues(&format!("claimed=true&{sort}")).await;
        let expected = json!([{
            "phase": "mitigate", "attempt": 1, "holder": "mona", "since": claimed["started_at"],
            "until": claimed["lease_ends_at"],
        }]);
        assert_eq!(issues[0]["claims"], expected);
    }
    assert!(stage.issues("claimed=false").await.iter().all(|issue| issue["claims"].is_null()));
    // After the lease it is pending again: others may claim it.
    stage.pass(2, 901).await;
    assert_eq!(stage.listed("pending=mitigate").await, [1, 2, 3]);
    assert_eq!(stage.listed("claimed=true").await, [0; 0]);
}

#[tokio::test]
async fn attempts_are_listed_in_pages_newest_first() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    for id in 1..=5 {
        assert_eq!(stage.claim(key, HERE, id).await.status, 201);
        assert_eq!(stage.release(key, HERE, id).await.status, 200);
    }
    let mut numbers = Vec::new();
    let mut query = "limit=2".to_owned();
    loop {
        let page = stage.call("GET", key, &format!("{}/attempts?{query}", HERE.path()), None).await.json();
        let attempts = page["attempts"].as_array().expect("attempts");
        numbers.extend(attempts.iter().map(|attempt| attempt["number"].as_u64().expect("a number")));
        let Some(next) = page["next"].as_u64() else { break };
        query = format!("limit=2&before={next}");
    }
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    assert_eq!(stage.attempts(Location { issue: 43, ..HERE }).await.len(), 0, "a phase without attempts");
    assert_eq!(
        stage.call("GET", key, "phase_data/octo/hello/42", None).await.status,
        404,
        "attempts are no result"
    );
}

#[tokio::test]
async fn a_holder_whose_key_is_gone_is_named_by_the_id_of_the_key() {
    let stage = Stage::start().await;
    let key = &stage.octo.key;
    assert_eq!(stage.store(key, HERE, "1", json!({})).await.status, 201);
    assert_eq!(stage.claim(key, HERE, 1).await.status, 201);
    let mut database = stage.backend.database().await;
    database.execute("update attempt set key_name = null").await.expect("a key that is gone");
    let id = json!(key[3..15]);
    assert_eq!(stage.attempts(HERE).await[0]["holder"], id);
    let list = stage.call("GET", key, "repositories/octo%2Fhello/issues", None).await.json();
    assert_eq!(list["issues"][0]["claims"][0]["holder"], id, "{list}");
    assert_eq!(stage.claim(key, HERE, 2).await.json()["holder"]["name"], id);
}
