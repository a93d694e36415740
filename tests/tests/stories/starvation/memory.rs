//! The memory that a flood of requests uses.

use std::sync::Arc;

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, random_walk};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_strangers_gets_little_memory_and_gives_it_back() {
    let settings = [APP_SECRET, ("PHASE_DATA_BUFFER_BYTES", "16777216")];
    let backend = Backend::start_with(&settings).await;
    let before = backend.resident_bytes();
    let mut strangers = Vec::new();
    for _ in 0..200 {
        let mut stranger = connect(&backend).await;
        let signature = format!("sha256={}", "0".repeat(64));
        let headers = [
            ("Content-Type", "application/json"),
            ("X-Hub-Signature-256", signature.as_str()),
            ("Content-Length", "1048576"),
        ];
        send_head(&mut stranger, &format!("POST {APP_WEBHOOK}"), &headers).await;
        let _ = tokio::time::timeout(AT_ONCE, stranger.write_all(&[b'x'; 1_048_575])).await;
        strangers.push(stranger);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let grown = backend.resident_bytes().saturating_sub(before) >> 20;
    assert!(grown < 80, "{grown} MiB for 200 MiB of strangers' bodies");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_strangers_do_not_read_cost_little_memory() {
    let backend = Backend::start().await;
    let size = backend.send("GET", "/docs", &[], "").await.body.len();
    let before = backend.resident_bytes();
    let mut unread = Vec::new();
    for _ in 0..200 {
        let mut connection = connect_narrow(&backend).await;
        // One after the other, for as long as somebody takes them.
        let requests = "GET /docs HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20);
        let _ = connection.write_all(requests.as_bytes()).await;
        unread.push(connection);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let grown = backend.resident_bytes().saturating_sub(before);
    let copies = grown / size as u64;
    assert!(copies < unread.len() as u64 / 4, "{} MiB, as much as {copies} pages of {size}", grown >> 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_with_many_http2_connections_get_little_memory_and_keep_nobody_waiting() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let before = backend.resident_bytes();
    let mut asked = Vec::new();
    for _ in 0..60 {
        // No window is ever opened for the answers.
        let mut http2 = h2::client::Builder::new();
        let handshake = http2.initial_window_size(0).handshake::<_, &'static [u8]>(connect(&backend).await);
        let (mut client, connection) = handshake.await.expect("HTTP/2");
        tokio::spawn(connection);
        for _ in 0..128 {
            let request = poem::http::Request::get("http://x/api/v1/phase_data/octo/hello/1").body(());
            let Ok(mut ready) = client.ready().await else { break };
            asked.push(ready.send_request(request.expect("a request"), true).expect("a stream"));
            client = ready;
        }
    }
    let began = std::time::Instant::now();
    assert_eq!(backend.store(&octo.key, "octo/hello", 1, "scan", "1").await.status, 201);
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    tokio::time::sleep(Duration::from_millis(500)).await;
    let grown = backend.resident_bytes().saturating_sub(before) >> 20;
    assert!(grown < 120, "{grown} MiB for {} streams", asked.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_large_stores_at_once_stay_within_the_budget_and_all_succeed() {
    const DOCUMENT_BYTES: usize = 16 << 20;
    const BUDGET_BYTES: u64 = 768 << 20;
    let stores = random_walk(16).0;
    let backend = Arc::new(Backend::start_with(&[("PHASE_DATA_MAX_CONNECTIONS", "16")]).await);
    let octo = backend.tenant("octo", 9919);
    let finding = r#"{"rule": "sql-injection", "path": "src/db.py", "snippet": "é\n", "line": 14},"#;
    let findings = finding.repeat((DOCUMENT_BYTES - 16) / finding.len());
    let document = Arc::new(format!("[{}0]", findings));
    let mut writers = JoinSet::new();
    for issue in 1..=stores {
        let (backend, key, document) = (backend.clone(), octo.key.clone(), document.clone());
        writers.spawn(async move {
            loop {
                let stored = backend.store(&key, "octo/hello", issue, "scan", &document).await;
                if stored.status != 503 {
                    return stored.status;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
    }
    let statuses = writers.join_all().await;
    assert!(statuses.iter().all(|status| matches!(status, 200 | 201)), "{statuses:?}");
    let peak = backend.peak_resident_bytes();
    println!("{stores} stores of {} MiB at once: at most {} MiB", DOCUMENT_BYTES >> 20, peak >> 20);
    assert!(peak < BUDGET_BYTES, "{} MiB", peak >> 20);
}
