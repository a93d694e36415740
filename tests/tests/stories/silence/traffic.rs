//! Stores and deliveries while the database is silent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, hook_signature, issue_event};
use reqwest::Client;
use tokio::task::JoinHandle;

use super::{RECOVERY, Stage};

/// Stores issue after issue until `stop` is set. Returns the acknowledged ones.
pub(super) fn keep_storing(stage: &Stage, first: u32, stop: &Arc<AtomicBool>) -> JoinHandle<Vec<u32>> {
    let (url, key, stop) = (stage.backend.url().to_owned(), stage.octo.key.clone(), stop.clone());
    tokio::spawn(async move {
        let (client, mut acknowledged) = (phase_data_tests::client(), Vec::new());
        for issue in first.. {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            if store(&client, &url, &key, issue).await == 201 {
                acknowledged.push(issue);
            }
        }
        acknowledged
    })
}

async fn store(client: &Client, url: &str, key: &str, issue: u32) -> u16 {
    let body = format!(r#"{{"repository":"octo/hello","issue_number":{issue},"phase":"scan","data":1}}"#);
    let request = client.post(format!("{url}/api/v1/phase_data")).bearer_auth(key).body(body);
    let answer = request.header("content-type", "application/json").send().await;
    answer.map_or(0, |answer| answer.status().as_u16())
}

/// Delivers closes of issues that don't exist until `stop` is set. Returns the number of acknowledged ones.
pub(super) fn keep_delivering(stage: &Stage, stop: &Arc<AtomicBool>) -> JoinHandle<i64> {
    let (url, stop) = (stage.backend.url().to_owned(), stop.clone());
    tokio::spawn(async move {
        let (client, mut acknowledged) = (phase_data_tests::client(), 0);
        for number in 1.. {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let body = issue_event("closed", 1_000_000 + number, "2026-01-01T00:00:00Z").to_string();
            let request = client
                .post(format!("{url}{APP_WEBHOOK}"))
                .header("x-hub-signature-256", hook_signature(APP_SECRET.1, body.as_bytes()))
                .header("x-github-event", "issues")
                .header("x-github-delivery", format!("d-{number}"))
                .header("content-type", "application/json")
                .body(body);
            let answer = request.send().await;
            acknowledged += i64::from(answer.is_ok_and(|answer| answer.status() == 202));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        acknowledged
    })
}

/// Waits until a store succeeds. Returns the time until then.
pub(super) async fn until_stored(stage: &Stage, issue: u32) -> Duration {
    let (client, began) = (phase_data_tests::client(), Instant::now());
    loop {
        let attempt = store(&client, stage.backend.url(), &stage.octo.key, issue);
        match tokio::time::timeout(RECOVERY * 2, attempt).await {
            Ok(200 | 201) => return began.elapsed(),
            _ => assert!(began.elapsed() < RECOVERY * 2, "no store succeeds: {}", stage.backend.log()),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
