//! Names change while others read and write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use phase_data_tests::repository;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::task::JoinSet;

use super::{Stage, next_second, now};

const OCTO: u32 = 9919;

impl Stage {
    pub(super) async fn post(
        &self,
        credential: &str,
        name: &str,
        issue: usize,
        data: &Value,
    ) -> (u16, String) {
        let bearer = format!("Bearer {credential}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = json!({"repository": name, "issue_number": issue, "phase": "scan", "data": data});
        let path = "/api/v1/phase_data";
        let answer = self.backend.send_by(&self.client, "POST", path, &headers, body.to_string()).await;
        (answer.status, answer.body)
    }

    /// The scan that this credential sees.
    pub(super) async fn get(&self, credential: &str, name: &str, issue: usize) -> Option<Value> {
        let bearer = format!("Bearer {credential}");
        let path = format!("/api/v1/phase_data/{name}/{issue}");
        let answer =
            self.backend.send_by(&self.client, "GET", &path, &[("authorization", &bearer)], "").await;
        (answer.status == 200).then(|| answer.json()["phases"][0]["data"].clone())
    }

    /// The scan that a repository has, whatever it is called.
    pub(super) async fn kept(&self, id: i64, issue: usize) -> Option<Value> {
        let token = self.token(OCTO, id, "octo/any", now() - 3600);
        self.get(&token, "octo/any", issue).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_repositories_that_claim_a_name_at_once_keep_their_data_and_the_newer_proof_has_the_name() {
    let stage = Arc::new(Stage::start().await);
    let octo = stage.backend.tenant("octo", OCTO);
    for round in 0..30 {
        let (name, issue) = (format!("octo/name-{}", round / 2), 1);
        let mut claims = JoinSet::new();
        // Also of one second: then whichever was first has the name.
        for (id, age) in [(1, 500), (2, if round % 3 == 0 { 500 } else { 499 })] {
            let (stage, name, id) = (stage.clone(), name.clone(), id + 10 * round);
            claims.spawn(async move {
                let token = stage.token(OCTO, id, &name, now() - age + 2 * round);
                (stage.post(&token, &name, issue, &json!(id)).await, id)
            });
        }
        while let Some(claimed) = claims.join_next().await {
            let ((status, body), id) = claimed.expect("it claims");
            assert!(matches!(status, 200 | 201), "{body}");
            assert_eq!(stage.kept(id, issue).await, Some(json!(id)), "round {round}");
        }
        let seen = stage.get(&octo.key, &name, issue).await;
        let right = [json!(1 + 10 * round), json!(2 + 10 * round)];
        let newer = if round % 3 == 0 { &right[..] } else { &right[1..] };
        assert!(seen.as_ref().is_some_and(|seen| newer.contains(seen)), "round {round}: {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_stored_while_a_name_is_merged_is_lost() {
    let stage = Arc::new(Stage::start().await);
    let octo = stage.backend.tenant("octo", OCTO);
    let first = stage.token(OCTO, 1, "octo/first", now() - 60);
    assert_eq!(stage.post(&first, "octo/first", 1, &json!(1)).await.0, 201);
    for round in 0..4 {
        let name = format!("octo/name-{round}");
        let (from, ends) = (1000 * (round + 1), Arc::new(AtomicBool::new(false)));
        // Known by its name alone, from the first of these on.
        assert_eq!(stage.post(&octo.key, &name, from, &json!(from)).await.0, 201);
        let mut writers = JoinSet::new();
        for writer in 1..=4 {
            let (stage, key, name, ends) = (stage.clone(), octo.key.clone(), name.clone(), ends.clone());
            writers.spawn(async move {
                let mut stored = vec![from];
                for issue in (from + writer..from + 900).step_by(4) {
                    let (status, body) = stage.post(&key, &name, issue, &json!(issue)).await;
                    assert_eq!(status, 201, "{body}");
                    stored.push(issue);
                    if ends.load(Ordering::Relaxed) {
                        break;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(3)).await;
                }
                stored
            });
        }
        let mut readers = JoinSet::new();
        for _ in 0..3 {
            let (stage, key, name, ends) = (stage.clone(), octo.key.clone(), name.clone(), ends.clone());
            readers.spawn(async move {
                while !ends.load(Ordering::Relaxed) {
                    assert_eq!(stage.get(&key, &name, from).await, Some(json!(from)), "beside the merge");
                }
            });
        }
        next_second().await;
        let token = stage.token(OCTO, 1, &name, now());
        assert_eq!(stage.post(&token, &name, from + 950, &json!(0)).await.0, 201);
        ends.store(true, Ordering::Relaxed);
        let mut stored = Vec::new();
        while let Some(written) = writers.join_next().await {
            stored.extend(written.expect("it writes"));
        }
        while let Some(read) = readers.join_next().await {
            read.expect("it reads");
        }
        assert!(stored.len() > 8, "nothing was stored beside the merge");
        for issue in stored {
            assert_eq!(stage.kept(1, issue).await, Some(json!(issue)), "round {round}");
            assert_eq!(stage.get(&octo.key, &name, issue).await, Some(json!(issue)), "round {round}");
        }
    }
    assert_eq!(stage.kept(1, 1).await, Some(json!(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_that_github_tells_beside_tokens_holds_against_the_older_ones() {
    let stage = Arc::new(Stage::start().await);
    let octo = stage.backend.tenant("octo", OCTO);
    for round in 0..6 {
        let id = round + 1;
        let names = [format!("octo/old-{id}"), format!("octo/new-{id}")];
        let began = now() - 600;
        let first = stage.token(OCTO, id, &names[0], began);
        assert_eq!(stage.post(&first, &names[0], 1, &json!(id)).await.0, 201);
        let mut at_once = JoinSet::new();
        for issue in 2..10 {
            let (stage, names) = (stage.clone(), names.clone());
            at_once.spawn(async move {
                // Issued before the rename under the old name, and after it under the new one.
                let later = i64::try_from(issue).expect("a number");
                let (name, second) = if issue % 2 == 0 {
                    (&names[0], began + later)
                } else {
                    (&names[1], began + 100 + later)
                };
                let token = stage.token(OCTO, id, name, second);
                let (status, body) = stage.post(&token, name, issue, &json!(issue)).await;
                assert_eq!(status, 201, "{body}");
            });
        }
        let at = OffsetDateTime::from_unix_timestamp(began + 50).expect("a time");
        let at = at.format(&Rfc3339).expect("a time");
        let renamed = json!({
            "action": "renamed", "changes": {"repository": {"name": {"from": format!("old-{id}")}}},
            "repository": repository(OCTO, u32::try_from(id).expect("an id"), &names[1], &at),
        });
        let finished =
            stage.backend.deliver_and_finish("repository", &format!("rename-{id}"), &renamed).await;
        assert_eq!(finished, ("done".to_owned(), None));
        while let Some(stored) = at_once.join_next().await {
            stored.expect("it stores");
        }
        for issue in 2..10 {
            assert_eq!(stage.kept(id, issue).await, Some(json!(issue)));
            assert_eq!(stage.get(&octo.key, &names[1], issue).await, Some(json!(issue)));
            assert_eq!(stage.get(&octo.key, &names[0], issue).await, None);
        }
    }
}
