//! Readers that wait for what is not there yet.

use std::sync::Arc;
use std::time::{Duration, Instant};

use phase_data_tests::{Answer, Backend, Step};
use sqlx::Executor;

async fn wait(backend: &Backend, key: &str, query: &str) -> Answer {
    let path = format!("/api/v1/phase_data/octo/hello/42?{query}");
    backend.send("GET", &path, &[("authorization", &format!("Bearer {key}"))], "").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_reader_is_woken_by_the_store_of_its_phase_and_not_by_others() {
    let backend = Arc::new(Backend::start().await);
    let octo = backend.tenant("octo", 9919);
    let reader = tokio::spawn({
        let (backend, key) = (backend.clone(), octo.key.clone());
        async move {
            let answer = wait(&backend, &key, "phase=validate&wait_seconds=20").await;
            (answer, Instant::now())
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    backend.store(&octo.key, "octo/hello", 43, "validate", "1").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!reader.is_finished());
    backend.store(&octo.key, "octo/hello", 42, "validate", "2").await;
    let stored = Instant::now();
    let (answer, woken) = reader.await.expect("the reader");
    assert_eq!(
        (answer.status, answer.json()["phases"][0]["data"].as_i64()),
        (200, Some(2)),
        "{}",
        answer.body
    );
    assert!(
        woken.saturating_duration_since(stored) < Duration::from_secs(2),
        "a look every few seconds is no wake"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_wakes_and_what_never_comes_is_not_found_in_time() {
    let backend = Arc::new(Backend::start().await);
    let octo = backend.tenant("octo", 9919);
    let began = Instant::now();
    assert_eq!(wait(&backend, &octo.key, "wait_seconds=1").await.code(), "phase_data_not_found");
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    backend.delete(&octo.key, "octo/hello", 42).await;
    let reader = tokio::spawn({
        let (backend, key) = (backend.clone(), octo.key.clone());
        async move { wait(&backend, &key, "wait_seconds=20").await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let bearer = format!("Bearer {}", octo.key);
    let path = "/api/v1/phase_data/octo/hello/42/restore";
    assert_eq!(backend.send("POST", path, &[("authorization", &bearer)], "").await.status, 200);
    assert_eq!(reader.await.expect("the reader").status, 200);
    for wrong in ["wait_seconds=51", "wait_seconds=-1", "wait_seconds=x"] {
        assert_eq!(wait(&backend, &octo.key, wrong).await.code(), "invalid_parameter", "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_waits_holds_no_connection_and_survives_a_lost_one() {
    let backend = Arc::new(Backend::start().await);
    let octo = backend.tenant("octo", 9919);
    // More than the pool has connections.
    let readers: Vec<_> = (0..30)
        .map(|_| {
            let (backend, key) = (backend.clone(), octo.key.clone());
            tokio::spawn(async move { wait(&backend, &key, "phase=scan&wait_seconds=30").await.status })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(backend.store(&octo.key, "octo/other", 1, "scan", "1").await.status, 201);
    // The listening connection is cut, too.
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()";
    backend.database().await.execute(cut).await.expect("the connections are cut");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut stored = backend.store(&octo.key, "octo/hello", 42, "scan", "1").await.status;
    if stored == 503 {
        stored = backend.store(&octo.key, "octo/hello", 42, "scan", "1").await.status;
    }
    assert_eq!(stored, 201);
    for reader in readers {
        assert_eq!(reader.await.expect("a reader"), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_backend_tells_waiting_readers_that_it_stops_and_not_that_nothing_is_there() {
    let backend = Arc::new(Backend::start().await);
    let octo = backend.tenant("octo", 9919);
    let reader = tokio::spawn({
        let (backend, key) = (backend.clone(), octo.key.clone());
        async move { wait(&backend, &key, "wait_seconds=40").await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    backend.signal("TERM");
    let answer = reader.await.expect("the reader");
    assert_eq!((answer.status, answer.code().as_str()), (503, "stopping"), "{}", answer.body);
    assert_eq!(answer.header("retry-after"), "2");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_waits_for_the_phases_that_it_needs() {
    let backend = Arc::new(Backend::start().await);
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let step = Step::new("retrieve", backend.url(), &octo.key, 42)
        .input("phase", "scan,validate")
        .input("wait-seconds", "20");
    let waiting = tokio::task::spawn_blocking(move || step.run());
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!waiting.is_finished());
    backend.store(&octo.key, "octo/hello", 42, "validate", "2").await;
    let done = waiting.await.expect("the step");
    assert!(done.success, "{}", done.log);
    assert_eq!(done.output("data"), r#"{"scan":1,"validate":2}"#);
    let never = Step::new("retrieve", backend.url(), &octo.key, 42)
        .input("phase", "mitigate")
        .input("wait-seconds", "2")
        .input("if-not-found", "ignore")
        .run();
    assert_eq!((never.success, never.output("found")), (true, "false"), "{}", never.log);
}
