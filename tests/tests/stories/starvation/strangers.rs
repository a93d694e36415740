//! Callers without a verified credential.

use std::time::Instant;

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Backend};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::*;

/// A stranger's delivery of which only the beginning comes.
async fn begin_delivery(backend: &Backend, announced: usize, sent: usize) -> TcpStream {
    let mut stranger = connect(backend).await;
    let signature = format!("sha256={}", "0".repeat(64));
    let headers = [
        ("Content-Type", "application/json"),
        ("X-Hub-Signature-256", signature.as_str()),
        ("Content-Length", &announced.to_string()),
    ];
    send_head(&mut stranger, &format!("POST {APP_WEBHOOK}"), &headers).await;
    let _ = stranger.write_all(&vec![b'x'; sent]).await;
    stranger
}

/// Delivers an event of so many bytes, signed, which must be taken without waiting.
async fn deliver_at_once(backend: &Backend, bytes: usize) {
    let payload =
        json!({"action": "edited", "padding": "x".repeat(bytes), "repository": {"owner": {"id": 9919}}});
    let began = Instant::now();
    let hook = (APP_WEBHOOK, APP_SECRET.1);
    let answer = backend.deliver(hook, "issues", "a-delivery", &payload).await;
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert_eq!(answer.status, 202, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_announce_large_bodies_and_send_slowly_delay_no_delivery() {
    let backend = Backend::start_with(&[APP_SECRET]).await;
    let mut strangers = Vec::new();
    for _ in 0..50 {
        strangers.push(begin_delivery(&backend, 20_000_000, 1000).await);
    }
    deliver_at_once(&backend, 1_100_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_strangers_fill_their_budget_the_slow_ones_make_room() {
    let settings = [APP_SECRET, ("PHASE_DATA_BUFFER_BYTES", "16777216")];
    let backend = Backend::start_with(&settings).await;
    let mut strangers = Vec::new();
    for _ in 0..20 {
        strangers.push(begin_delivery(&backend, 1_000_000, 900_000).await);
    }
    deliver_at_once(&backend, 20_000).await;
    let mut refused = 0;
    for stranger in &mut strangers {
        let answer = tokio::time::timeout(Duration::from_millis(100), answer(stranger)).await;
        if let Ok(Some(answer)) = answer {
            assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
            assert!(answer.contains("server_busy") && answer.contains("retry-after: 2"), "{answer}");
            refused += 1;
        }
    }
    assert!(refused > 0, "nobody has made room");
}
