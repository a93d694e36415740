//! One tenant beside another.

use std::time::Instant;

use tokio::io::AsyncWriteExt;

use super::*;

/// Asks for an issue that is not there, and waits.
async fn wait_for(backend: &Backend, key: &str, seconds: u32) -> TcpStream {
    let mut connection = connect(backend).await;
    let line = format!("GET /api/v1/phase_data/evil/nothing/1?wait_seconds={seconds}");
    send_head(&mut connection, &line, &[("Authorization", &format!("Bearer {key}"))]).await;
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_can_not_take_every_place_to_wait_and_who_hangs_up_leaves() {
    let backend = Backend::start().await;
    let (octo, evil) = (backend.tenant("octo", 9919), backend.tenant("evil", 777));
    let mut waiting = Vec::new();
    for _ in 0..500 {
        waiting.push(wait_for(&backend, &evil.key, 50).await);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let refused = answer(&mut wait_for(&backend, &evil.key, 50).await).await.expect("no place");
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("too_many_waiting"), "{refused}");
    let other = answer(&mut wait_for(&backend, &octo.key, 1).await).await.expect("its wait is over");
    assert!(other.starts_with("HTTP/1.1 404 "), "{other}");
    drop(waiting);
    let began = Instant::now();
    while began.elapsed() < AT_ONCE {
        let again = answer(&mut wait_for(&backend, &evil.key, 1).await).await.expect("an answer");
        if again.starts_with("HTTP/1.1 404 ") {
            return;
        }
    }
    panic!("the places were not free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_do_not_arrive_take_their_own_accounts_share_only() {
    let settings = [("PHASE_DATA_BUFFER_BYTES", "1048576"), ("PHASE_DATA_MAX_BODY_BYTES", "65536")];
    let backend = Backend::start_with(&settings).await;
    let (octo, evil) = (backend.tenant("octo", 9919), backend.tenant("evil", 777));
    let mut slow = Vec::new();
    for _ in 0..3 {
        let mut connection = connect(&backend).await;
        let headers = [
            ("Authorization", &*format!("Bearer {}", evil.key)),
            ("Content-Type", "application/json"),
            ("Content-Length", "240000"),
        ];
        send_head(&mut connection, "POST /api/v1/phase_data", &headers).await;
        connection.write_all(b"{").await.expect("the beginning");
        slow.push(connection);
    }
    let document = format!("\"{}\"", "x".repeat(60_000));
    let began = Instant::now();
    assert_eq!(backend.store(&octo.key, "octo/hello", 1, "scan", &document).await.status, 201);
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    // One is half of the budget: the next waits for a while, and is refused.
    let refused = backend.store(&evil.key, "evil/hello", 1, "scan", &document).await;
    assert_eq!(
        (refused.status, refused.code().as_str(), refused.header("retry-after")),
        (503, "server_busy", "2")
    );
    drop(slow);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(backend.store(&evil.key, "evil/hello", 1, "scan", &document).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_not_read_take_their_own_accounts_share_only() {
    let settings = [("PHASE_DATA_BUFFER_BYTES", "1048576"), ("PHASE_DATA_MAX_BODY_BYTES", "1048576")];
    let backend = Backend::start_with(&settings).await;
    let (octo, evil) = (backend.tenant("octo", 9919), backend.tenant("evil", 777));
    let document = format!("\"{}\"", "x".repeat(1_000_000));
    for (key, repository) in [(&octo.key, "octo/hello"), (&evil.key, "evil/hello")] {
        for phase in ["scan", "validate", "mitigate"] {
            assert_eq!(backend.store(key, repository, 1, phase, &document).await.status, 201);
        }
    }
    let mut unread = Vec::new();
    for _ in 0..12 {
        let mut connection = connect_narrow(&backend).await;
        let bearer = format!("Bearer {}", evil.key);
        send_head(&mut connection, "GET /api/v1/phase_data/evil/hello/1", &[("Authorization", &bearer)])
            .await;
        unread.push(connection);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut refused = 0;
    for connection in &mut unread {
        let answer = answer(connection).await.expect("an answer");
        refused += usize::from(answer.starts_with("HTTP/1.1 503 ") && answer.contains("server_busy"));
    }
    assert!(refused > 0, "there is no share");
    assert!(refused < unread.len(), "there is nothing in the share");
    let others = backend.retrieve(&octo.key, "octo/hello", 1).await;
    assert_eq!((others.status, others.body.len() > 3_000_000), (200, true), "{}", others.code());
}
