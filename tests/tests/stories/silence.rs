//! A database that goes quiet: nothing is refused, nothing is closed, nothing arrives.

mod start;
mod traffic;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use phase_data_tests::{APP_SECRET, Backend, Cluster, DatabaseProxy, Tenant};
use sqlx::PgConnection;
use traffic::{keep_delivering, keep_storing, until_stored};

/// Within this time all has to be well again.
const RECOVERY: Duration = Duration::from_secs(15);

struct Stage {
    proxy: DatabaseProxy,
    backend: Arc<Backend>,
    octo: Tenant,
    database: PgConnection,
}

/// A backend that reaches its database through the proxy alone.
async fn stage() -> Stage {
    let direct = Cluster::shared().create_database().await;
    let proxy = DatabaseProxy::start(&direct).await;
    let backend = Arc::new(Backend::start_on(proxy.database_url(), &[APP_SECRET]));
    let octo = backend.tenant("octo", 9919);
    let database = phase_data_tests::connect(&direct).await;
    Stage { proxy, backend, octo, database }
}

async fn count(stage: &mut Stage, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&mut stage.database).await.expect("a count")
}

async fn ready(stage: &Stage) -> (u16, Duration) {
    let began = Instant::now();
    let status = stage.backend.send("GET", "/health/ready", &[], "").await.status;
    (status, began.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn swallowed_connections_in_use_idle_and_listening_are_replaced_and_nothing_acknowledged_is_lost() {
    let mut stage = stage().await;
    let stop = Arc::new(AtomicBool::new(false));
    let storing: Vec<_> = (0..4).map(|task| keep_storing(&stage, 1 + task * 100_000, &stop)).collect();
    let delivering = keep_delivering(&stage, &stop);
    // One waits for the listener; its data comes over connections that are made later.
    let waiting = tokio::spawn({
        let (backend, key) = (stage.backend.clone(), stage.octo.key.clone());
        async move {
            let path = "/api/v1/phase_data/octo/hello/900000?wait_seconds=50";
            let answer = backend.send("GET", path, &[("authorization", &format!("Bearer {key}"))], "").await;
            (answer.status, Instant::now())
        }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;

    stage.proxy.swallow_connections();
    let took = until_stored(&stage, 800_000).await;
    assert!(took < RECOVERY, "stores work again after {took:?}");
    // The listener finds out by itself, in its own time.
    tokio::time::sleep(RECOVERY.saturating_sub(took)).await;
    assert_eq!(ready(&stage).await.0, 200);
    let stored = Instant::now();
    until_stored(&stage, 900_000).await;
    let (status, woken) = waiting.await.expect("the reader");
    assert_eq!(status, 200);
    assert!(woken.saturating_duration_since(stored) < Duration::from_secs(2), "a new listener wakes at once");

    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for task in storing {
        acknowledged.extend(task.await.expect("a storing task"));
    }
    let delivered = delivering.await.expect("the delivering task");
    let there: Vec<i32> = sqlx::query_scalar("select issue_number from phase_data")
        .fetch_all(&mut stage.database)
        .await
        .expect("rows");
    let there: std::collections::HashSet<i32> = there.into_iter().collect();
    let lost: Vec<&u32> = acknowledged.iter().filter(|issue| !there.contains(&(**issue as i32))).collect();
    assert!(lost.is_empty() && acknowledged.len() > 100, "{lost:?} of {}", acknowledged.len());
    let began = Instant::now();
    while count(&mut stage, "select count(*) from webhook_delivery where state = 'pending'").await > 0 {
        assert!(began.elapsed() < RECOVERY, "deliveries are stuck: {}", stage.backend.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let done = count(&mut stage, "select count(*) from webhook_delivery where state = 'done'").await;
    assert!(done >= delivered && delivered > 20, "{done} done of {delivered} acknowledged");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_silent_every_answer_comes_in_time_and_says_that_it_is_not_there() {
    let stage = stage().await;
    until_stored(&stage, 1).await;
    stage.proxy.go_down();
    let (status, took) = ready(&stage).await;
    assert!(status == 503 && took < Duration::from_secs(5), "ready: {status} after {took:?}");
    let live = stage.backend.send("GET", "/health/live", &[], "").await;
    assert_eq!(live.status, 200, "a backend without its database needs no restart: {}", live.body);

    let key = stage.octo.key.as_str();
    let began = Instant::now();
    let (read, write, deletion) = tokio::join!(
        stage.backend.retrieve(key, "octo/hello", 1),
        stage.backend.store(key, "octo/hello", 2, "scan", "1"),
        stage.backend.delete(key, "octo/hello", 1),
    );
    assert!(began.elapsed() < Duration::from_secs(16), "{:?}", began.elapsed());
    for answer in [read, write, deletion] {
        assert_eq!((answer.status, answer.code().as_str()), (503, "database_unavailable"), "{}", answer.body);
        assert!(!answer.header("retry-after").is_empty());
    }
    stage.proxy.recover();
    let took = until_stored(&stage, 2).await;
    assert!(took < RECOVERY, "stores work again after {took:?}");
    assert_eq!(ready(&stage).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_cut_off_says_that_its_outcome_is_unknown_and_can_be_repeated() {
    let mut stage = stage().await;
    until_stored(&stage, 1).await;
    let lock = "begin; select from phase_data where issue_number = 1 for update";
    sqlx::raw_sql(lock).execute(&mut stage.database).await.expect("a lock");
    let (backend, key) = (stage.backend.clone(), stage.octo.key.clone());
    let storing = tokio::spawn(async move { backend.store(&key, "octo/hello", 1, "scan", "2").await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    stage.proxy.swallow_connections();
    let cut_off = storing.await.expect("an answer");
    assert_eq!((cut_off.status, cut_off.code().as_str()), (503, "database_unavailable"), "{}", cut_off.body);
    assert!(cut_off.body.contains("It is safe to send the same request again"), "{}", cut_off.body);
    sqlx::raw_sql("rollback").execute(&mut stage.database).await.expect("the lock is gone");
    let again = stage.backend.store(&stage.octo.key, "octo/hello", 1, "scan", "2").await;
    assert_eq!(again.status, 200, "{}", again.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_was_stuck_on_its_way_is_not_done_when_others_have_written_since() {
    let mut stage = stage().await;
    until_stored(&stage, 1).await;
    let admin = stage.backend.key(&stage.octo.account, &["--scope", "admin"]);
    let authorization = format!("Bearer {admin}");
    stage.proxy.hold_requests();
    let (backend, key) = (stage.backend.clone(), stage.octo.key.clone());
    let set_grace = async |days: u8| {
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let body = format!(r#"{{"grace_days":{days}}}"#);
        backend.send("PUT", "/api/v1/admin/retention", &headers, body).await
    };
    let authorization_of_writer = format!("Bearer {key}");
    let patch = async {
        let headers = [
            ("authorization", authorization_of_writer.as_str()),
            ("content-type", "application/merge-patch+json"),
        ];
        backend.send("PATCH", "/api/v1/phase_data/octo/hello/1?phase=scan", &headers, "4").await
    };
    let (stuck, stuck_patch, stuck_setting) =
        tokio::join!(backend.store(&key, "octo/hello", 1, "scan", "2"), patch, set_grace(2));
    for answer in [stuck, stuck_patch, stuck_setting] {
        assert_eq!((answer.status, answer.code().as_str()), (503, "database_unavailable"), "{}", answer.body);
    }
    stage.proxy.recover();
    for data in ["2", "3"] {
        let stored = backend.store(&key, "octo/hello", 1, "scan", data).await;
        assert_eq!(stored.status, 200, "{}", stored.body);
    }
    let set = set_grace(3).await;
    assert_eq!(set.status, 200, "{}", set.body);
    stage.proxy.let_go();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let days = "select (extract(epoch from grace) / 86400)::int8 from forge_account where login = 'octo'";
    assert_eq!(count(&mut stage, days).await, 3, "the setting that was acknowledged last holds");
    let there = count(&mut stage, "select data::int8 from phase_data where issue_number = 1").await;
    assert_eq!(there, 3, "what was acknowledged last is what is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_a_backend_whose_database_is_silent_also_at_its_start() {
    let stage = stage().await;
    until_stored(&stage, 1).await;
    stage.proxy.go_down();
    let backend = stage.backend.clone();
    let key = stage.octo.key.clone();
    let reading = tokio::spawn(async move {
        let path = format!("{}/api/v1/phase_data/octo/hello/1", backend.url());
        let _ = phase_data_tests::client().get(path).bearer_auth(key).send().await;
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    stage.backend.signal("TERM");
    let _ = reading.await;
    let backend = Arc::into_inner(stage.backend).expect("nobody else has it");
    tokio::task::spawn_blocking(|| backend.wait()).await.expect("it ends");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());

    // A start on a silent database ends by itself, with the reason.
    let began = Instant::now();
    let url = stage.proxy.database_url();
    let run = move || Backend::run(&[("DATABASE_URL", &url)], &["serve", "--listen", "127.0.0.1:0"]);
    let refused = tokio::task::spawn_blocking(run).await.expect("it ends");
    let printed = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && printed.contains("did not answer within"), "{printed}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_document_has_the_time_that_its_transfer_takes() {
    let stage = stage().await;
    let document = format!("\"{}\"", "a".repeat((16 << 20) - 2));
    // 16 MiB in about four seconds; a small write that took as long on its way would be refused.
    stage.proxy.slow_down(Duration::from_millis(3));
    for expected in [201, 200] {
        let stored = stage.backend.store(&stage.octo.key, "octo/hello", 1, "scan", &document).await;
        assert_eq!(stored.status, expected, "{}", stored.body);
    }
}
