//! Tenants beside a tenant that does all it can to have the database for itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use phase_data_tests::{Answer, Backend};
use tokio::task::JoinHandle;

/// An answer and how long it took.
async fn timed(asking: impl Future<Output = Answer>) -> (u16, Duration) {
    let began = Instant::now();
    (asking.await.status, began.elapsed())
}

fn spawn_store(backend: &Arc<Backend>, key: &str, data: usize) -> JoinHandle<Answer> {
    let (backend, key) = (backend.clone(), key.to_owned());
    tokio::spawn(async move { backend.store(&key, "evil/x", 1, "scan", &data.to_string()).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_that_wait_for_a_lock_keep_neither_their_own_readers_nor_other_tenants_nor_the_probe_waiting()
{
    let backend = Arc::new(Backend::start_with(&[("PHASE_DATA_MAX_CONNECTIONS", "8")]).await);
    let (octo, evil) = (backend.tenant("octo", 9919), backend.tenant("evil", 777));
    assert_eq!(backend.store(&evil.key, "evil/x", 1, "scan", "0").await.status, 201);
    let mut holder = backend.database().await;
    let lock = "begin; select from phase_data where repository = 'evil/x' for update";
    sqlx::raw_sql(lock).execute(&mut holder).await.expect("a lock");
    let stores: Vec<_> = (1..=40).map(|data| spawn_store(&backend, &evil.key, data)).collect();
    tokio::time::sleep(Duration::from_millis(500)).await;

    let quick = Duration::from_secs(2);
    for issue in 1..=20 {
        let (status, took) = timed(backend.store(&octo.key, "octo/hello", issue, "scan", "1")).await;
        assert!(status == 201 && took < quick, "another tenant's store: {status} after {took:?}");
        let (status, took) = timed(backend.retrieve(&octo.key, "octo/hello", issue)).await;
        assert!(status == 200 && took < quick, "another tenant's retrieval: {status} after {took:?}");
    }
    let (status, took) = timed(backend.retrieve(&evil.key, "evil/x", 1)).await;
    assert!(status == 200 && took < quick, "its own retrieval: {status} after {took:?}");
    let (status, took) = timed(backend.send("GET", "/health/ready", &[], "")).await;
    assert!(status == 200 && took < quick, "the probe: {status} after {took:?}");

    // Nothing waits for ever, and whoever had no turn is told why.
    let mut details = Vec::new();
    for store in stores {
        let answer = store.await.expect("an answer");
        assert!(answer.status == 503 && !answer.header("retry-after").is_empty(), "{}", answer.body);
        details.push(answer.json()["detail"].as_str().unwrap_or_default().to_owned());
    }
    assert!(details.iter().any(|detail| detail.contains("connections of their share")), "{details:?}");
    sqlx::raw_sql("rollback").execute(&mut holder).await.expect("the lock is gone");
    assert_eq!(backend.store(&evil.key, "evil/x", 1, "scan", "41").await.status, 200);
    // A lock that one tenant did not get is no reason to connect anew for all others.
    assert!(!backend.log().contains("a background job failed"), "{}", backend.log());
}
