//! Requests beside a merge that waits for a document.

use std::sync::Arc;
use std::time::Duration;

use phase_data_tests::Tenant;
use serde_json::json;
use sqlx::PgConnection;
use tokio::task::{JoinHandle, JoinSet};

use super::{Stage, next_second, now};

const OCTO: u32 = 9919;
/// So long takes each of the following to be where it waits.
const MOMENT: Duration = Duration::from_millis(300);

/// A repository that is known as `octo/old`, and what keys stored under its new name `octo/new`.
async fn renamed() -> (Arc<Stage>, Tenant) {
    let stage = Arc::new(Stage::start().await);
    let octo = stage.backend.tenant("octo", OCTO);
    for issue in [5, 6] {
        let token = stage.token(OCTO, 1, "octo/old", now() - 60);
        assert_eq!(stage.post(&token, "octo/old", issue, &json!(issue)).await.0, 201);
        assert_eq!(stage.post(&octo.key, "octo/new", issue + 100, &json!(issue)).await.0, 201);
    }
    next_second().await;
    (stage, octo)
}

/// Holds the document of an issue, so that a merge stops there, and begins one.
async fn held_up(stage: &Arc<Stage>, issue: i32) -> (PgConnection, JoinHandle<()>) {
    let mut database = stage.backend.database().await;
    let hold = format!("begin; select from phase_data where issue_number = {issue} for update");
    sqlx::raw_sql(sqlx::AssertSqlSafe(hold)).execute(&mut database).await.expect("a lock");
    let merging = {
        let stage = stage.clone();
        tokio::spawn(async move {
            let token = stage.token(OCTO, 1, "octo/new", now());
            assert_eq!(stage.get(&token, "octo/new", 6).await, Some(json!(6)));
        })
    };
    tokio::time::sleep(MOMENT).await;
    (database, merging)
}

async fn let_go(mut database: PgConnection, merging: JoinHandle<()>) {
    tokio::time::sleep(MOMENT).await;
    sqlx::raw_sql("commit").execute(&mut database).await.expect("the lock is gone");
    merging.await.expect("the merge is done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_up_by_key_takes_what_the_merge_took_along() {
    let (stage, octo) = renamed().await;
    let (database, merging) = held_up(&stage, 106).await;
    let cleaning = {
        let (stage, key) = (stage.clone(), octo.key.clone());
        tokio::spawn(async move {
            let path = "/api/v1/phase_data/octo/new/105?if_revision=1";
            let bearer = format!("Bearer {key}");
            stage.backend.send("DELETE", path, &[("authorization", &bearer)], "").await
        })
    };
    let_go(database, merging).await;
    let cleaned = cleaning.await.expect("it cleans up");
    assert_eq!(
        (cleaned.status, cleaned.json()["deleted"].clone()),
        (200, json!(["scan"])),
        "{}",
        cleaned.body
    );
    assert_eq!(stage.get(&octo.key, "octo/new", 105).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_under_the_old_name_waits_for_the_merge_and_is_no_victim_of_a_deadlock() {
    let (stage, _) = renamed().await;
    let (database, merging) = held_up(&stage, 5).await;
    let mut storing = JoinSet::new();
    for issue in [6, 105] {
        let stage = stage.clone();
        storing.spawn(async move {
            let token = stage.token(OCTO, 1, "octo/old", now() - 50);
            stage.post(&token, "octo/old", issue, &json!("beside")).await
        });
    }
    let_go(database, merging).await;
    for (status, body) in storing.join_all().await {
        assert!(matches!(status, 200 | 201), "{body}");
    }
    for issue in [6, 105] {
        assert_eq!(stage.kept(1, issue).await, Some(json!("beside")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_stores_of_a_repository_by_keys_and_by_tokens_at_once_all_succeed() {
    let stage = Arc::new(Stage::start().await);
    let octo = stage.backend.tenant("octo", OCTO);
    for id in 1..30 {
        let name = format!("octo/name-{id}");
        let mut storing = JoinSet::new();
        for writer in 0..6 {
            let (stage, name, key) = (stage.clone(), name.clone(), octo.key.clone());
            storing.spawn(async move {
                let token = stage.token(OCTO, id, &name, now());
                let credential = if writer % 2 == 0 { &key } else { &token };
                stage.post(credential, &name, writer + 1, &json!(writer)).await
            });
        }
        for (status, body) in storing.join_all().await {
            assert_eq!(status, 201, "{body}");
        }
    }
}
