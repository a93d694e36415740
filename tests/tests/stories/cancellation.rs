//! Requests that are broken off at any moment, beside another tenant's stores: what was acknowledged is committed, and
//! nobody hears of anybody else's errors.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use phase_data_tests::{Backend, long_test};
use sqlx::PgConnection;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Every operation that reaches the database, with a body where it has one.
const OPERATIONS: &[(&str, &str, &str)] = &[
    ("DELETE", "/api/v1/phase_data/evil/x/1", ""),
    ("DELETE", "/api/v1/phase_data/evil/x/1?purge=true", ""),
    ("POST", "/api/v1/phase_data/evil/x/1/restore", ""),
    ("POST", "/api/v1/phase_data", r#"{"repository":"evil/x","issue_number":1,"phase":"scan","data":[1]}"#),
    ("POST", "/api/v1/phase_data", r#"{"repository":"evil/x","issue_number":1,"phase":"scan","data":[2]}"#),
    ("PATCH", "/api/v1/phase_data/evil/x/1?phase=scan", r#"{"a":1}"#),
    ("GET", "/api/v1/phase_data/evil/x/1", ""),
    ("GET", "/api/v1/phase_data/evil/x/2?wait_seconds=1", ""),
    ("GET", "/api/v1/phase_data/evil/x/1/events", ""),
    ("GET", "/api/v1/repositories/evil/x/issues", ""),
    ("GET", "/api/v1/admin/keys", ""),
    ("POST", "/api/v1/admin/keys", r#"{"name":"k","scope":"read"}"#),
    ("GET", "/api/v1/admin/usage", ""),
    ("GET", "/api/v1/admin/policy", ""),
    ("PUT", "/api/v1/admin/policy", "{}"),
    ("GET", "/api/v1/admin/retention", ""),
    ("PUT", "/api/v1/admin/retention", r#"{"grace_days":3}"#),
    ("GET", "/api/v1/admin/webhook_deliveries", ""),
    ("POST", "/api/v1/admin/webhook_secret", "{}"),
    ("GET", "/health/ready", ""),
];

/// A linear congruential generator: any order will do, as long as the seed gives it again.
struct Random(u32);

impl Random {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize
    }

    fn operation(&mut self) -> (&'static str, &'static str, &'static str, &'static str) {
        let (method, path, body) = OPERATIONS[self.next() % OPERATIONS.len()];
        let content = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        (method, path, content, body)
    }

    fn pause(&mut self) -> Duration {
        Duration::from_micros(self.next() as u64 % 4000)
    }
}

/// Breaks requests off until the time is over, each after a part of a millisecond or a few of them; answers how many.
/// Every request has a connection of its own, which ends with a reset.
async fn break_off(address: SocketAddr, key: String, until: Instant, seed: u32) -> u32 {
    let (mut broken_off, mut random) = (0, Random(seed));
    while Instant::now() < until {
        let (method, path, content, body) = random.operation();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
             content-type: {content}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let Ok(mut connection) = TcpStream::connect(address).await else { continue };
        // The backend may be quicker than the reset.
        let _ = connection.write_all(request.as_bytes()).await;
        tokio::time::sleep(random.pause()).await;
        connection.set_zero_linger().expect("a reset");
        drop(connection);
        broken_off += 1;
    }
    broken_off
}

/// The same over HTTP/2, as proxies do it when their clients give up: each stream is cancelled.
async fn cancel_streams(address: SocketAddr, key: String, until: Instant, seed: u32) -> u32 {
    let (mut cancelled, mut random) = (0, Random(seed));
    while Instant::now() < until {
        let connection = TcpStream::connect(address).await.expect("a connection");
        let (mut client, connection) = h2::client::handshake(connection).await.expect("HTTP/2");
        let driver = tokio::spawn(connection);
        for _ in 0..20 {
            let (method, path, content, body) = random.operation();
            let request = poem::http::Request::builder()
                .method(method)
                .uri(format!("http://x{path}"))
                .header("authorization", format!("Bearer {key}"))
                .header("content-type", content);
            let Ok(mut ready) = client.ready().await else { break };
            let request = request.body(()).expect("a request");
            let (_answer, mut stream) = ready.send_request(request, body.is_empty()).expect("a stream");
            if !body.is_empty() {
                stream.send_data(body.into(), true).expect("the body");
            }
            tokio::time::sleep(random.pause()).await;
            stream.send_reset(h2::Reason::CANCEL);
            cancelled += 1;
            client = ready;
        }
        driver.abort();
    }
    cancelled
}

/// Stores documents until the time is over, and looks for each at once over another connection.
async fn store_and_look(
    backend: Arc<Backend>,
    key: String,
    mut database: PgConnection,
    until: Instant,
    numbers: Arc<AtomicU32>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    while Instant::now() < until {
        let issue = numbers.fetch_add(1, Ordering::Relaxed);
        let answer = backend.store(&key, "octo/hello", issue, "scan", &issue.to_string()).await;
        let look = "select count(*) from phase_data where repository = 'octo/hello' and issue_number = $1";
        let committed: i64 =
            sqlx::query_scalar(look).bind(issue as i32).fetch_one(&mut database).await.expect("a count");
        if (answer.status, committed) != (201, 1) {
            wrong.push(format!("{issue}: {} {} committed {committed}", answer.status, answer.body));
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_one_tenant_breaks_off_another_ones_acknowledged_stores_are_committed() {
    // Few connections: whatever is left behind on one is met soon.
    let backend = Arc::new(Backend::start_with(&[("PHASE_DATA_MAX_CONNECTIONS", "3")]).await);
    let (octo, evil) = (backend.tenant("octo", 9919), backend.tenant("evil", 777));
    let admin = backend.key(&evil.account, &["--scope", "admin"]);
    let address: SocketAddr = backend.url().trim_start_matches("http://").parse().expect("an address");
    let until = Instant::now() + long_test(Duration::from_secs(8));
    let seed = std::process::id();
    println!("seed {seed}");
    let mut breaking: Vec<_> =
        (0..5).map(|task| tokio::spawn(break_off(address, admin.clone(), until, seed + task))).collect();
    breaking.push(tokio::spawn(cancel_streams(address, admin.clone(), until, seed)));
    let numbers = Arc::new(AtomicU32::new(1));
    let mut storing = Vec::new();
    for _ in 0..3 {
        let (backend, key, database) = (backend.clone(), octo.key.clone(), backend.database().await);
        storing.push(tokio::spawn(store_and_look(backend, key, database, until, numbers.clone())));
    }
    let mut wrong = Vec::new();
    for task in storing {
        wrong.extend(task.await.expect("a storing task"));
    }
    let mut broken_off = Vec::new();
    for task in breaking {
        broken_off.push(task.await.expect("a breaking task"));
    }
    let stored = numbers.load(Ordering::Relaxed);
    println!("{stored} stores beside {broken_off:?} requests that were broken off");
    assert!(wrong.is_empty(), "{} wrong of {stored}: {:#?}", wrong.len(), &wrong[..wrong.len().min(5)]);
    let enough = stored > 100 && broken_off.iter().all(|count| *count > 100);
    assert!(enough, "{stored} stores, {broken_off:?} broken off: that proves nothing");
    for line in backend.log().lines() {
        assert!(!line.contains("25P02") && !line.contains(r#""level":"ERROR""#), "{line}");
    }
    let open = "select count(*) from pg_stat_activity
                 where datname = current_database() and state like 'idle in transaction%'";
    tokio::time::sleep(Duration::from_millis(500)).await;
    let open: i64 = sqlx::query_scalar(open).fetch_one(&mut backend.database().await).await.expect("a count");
    assert_eq!(open, 0, "no connection rests inside a transaction");
}
