//! Numbers, times and headers as nobody means them, at every place that takes one: each is read or refused, and none ends
//! the process or is a defect.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Backend, LocalIssuer, issue_event};
use serde_json::json;

const VALUES: [&str; 24] = [
    "0",
    "-0",
    "1",
    "-1",
    "+1",
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999",
    "1e400",
    "1.5",
    "NaN",
    "infinity",
    "2026-03-01T10:00:00Z",
    "0000-01-01T00:00:00%2B23:59",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59.999999999Z",
    "10000-01-01T00:00:00Z",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "%F0%9F%A6%80",
];
const ALPHABET: &[u8] = b"0123456789+-.:eETZ\"W/*, %2B9999";
const ROUNDS: usize = 1500;

/// Numbers that come from a seed alone (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize % below
    }

    /// A value with some characters changed, added and taken away.
    fn value(&mut self) -> String {
        let mut text = VALUES[self.next(VALUES.len())].as_bytes().to_vec();
        for _ in 0..self.next(4) {
            let (at, letter) = (self.next(text.len() + 1), ALPHABET[self.next(ALPHABET.len())]);
            match self.next(3) {
                0 => text.insert(at, letter),
                1 if at < text.len() => drop(text.remove(at)),
                _ if at < text.len() => text[at] = letter,
                _ => {}
            }
        }
        String::from_utf8(text).expect("ASCII")
    }
}

/// Puts a value into one of the places that take one; answers the status.
async fn put(backend: &Backend, key: &str, place: usize, value: &str) -> u16 {
    let bearer = format!("Bearer {key}");
    let one = "/api/v1/phase_data/octo/hello/1";
    let json = "application/json";
    let store = |member: &str| {
        format!(
            r#"{{"repository":"octo/hello","issue_number":1,"phase":"scan","data":1,"{member}":{value}}}"#
        )
    };
    let query = value.replace(['"', ' ', '*'], "%20");
    let (method, path, more, body) = match place {
        0 => ("GET", one.to_owned(), ("if-none-match", value), String::new()),
        1 => ("DELETE", one.to_owned(), ("if-match", value), String::new()),
        2 => ("GET", format!("{one}?wait_seconds={query}"), ("accept", "*/*"), String::new()),
        3 => ("GET", format!("{one}/events?before={query}"), ("accept", "*/*"), String::new()),
        4 => ("GET", format!("{one}/events?limit={query}"), ("accept", "*/*"), String::new()),
        5 => ("DELETE", format!("{one}?closed_at={query}"), ("accept", "*/*"), String::new()),
        6 => ("POST", format!("{one}/restore?reopened_at={query}"), ("accept", "*/*"), String::new()),
        7 => ("POST", "/api/v1/phase_data".to_owned(), ("content-type", json), store("expires_in_seconds")),
        8 => (
            "GET",
            format!("/api/v1/repositories/octo/hello/issues?cursor={query}"),
            ("accept", "*/*"),
            String::new(),
        ),
        9 => (
            "GET",
            format!("/api/v1/repositories/octo/hello/issues?limit={query}"),
            ("accept", "*/*"),
            String::new(),
        ),
        10 => ("GET", format!("/api/v1/phase_data/octo/hello/{query}"), ("accept", "*/*"), String::new()),
        11 => {
            let body = format!(r#"{{"grace_days":{value}}}"#);
            ("PUT", "/api/v1/admin/retention".to_owned(), ("content-type", json), body)
        }
        12 => {
            let body = format!(r#"{{"name":"n","scope":"read","expires_in_days":{value}}}"#);
            ("POST", "/api/v1/admin/keys".to_owned(), ("content-type", json), body)
        }
        13 => {
            let path = format!("/api/v1/admin/webhook_deliveries?before={query}");
            ("GET", path, ("accept", "*/*"), String::new())
        }
        14 => ("DELETE", format!("{one}?if_revision={query}"), ("accept", "*/*"), String::new()),
        _ => {
            let at = value.replace("%2B", "+");
            let event = if place == 15 { "closed" } else { "reopened" };
            let hook = (APP_WEBHOOK, APP_SECRET.1);
            let id = format!("{place}-{}", hex::encode(value));
            return backend.deliver(hook, "issues", &id, &issue_event(event, 1, &at)).await.status;
        }
    };
    // A wait would only be long.
    if place == 2 && value.parse().is_ok_and(|seconds: u8| (1..=50).contains(&seconds)) {
        return 200;
    }
    backend.send(method, &path, &[("authorization", &bearer), more], body).await.status
}

const PLACES: usize = 17;

#[tokio::test]
async fn no_number_time_or_header_is_a_defect_wherever_it_comes_in() {
    let backend = Backend::start_with(&[APP_SECRET]).await;
    let octo = backend.tenant("octo", 9919);
    let admin = backend.key(&octo.account, &["--scope", "admin"]);
    backend.store(&admin, "octo/hello", 1, "scan", "1").await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    // To see a failure again, write its seed here.
    let seed = now.as_nanos() as u64;
    let mut random = Random(seed);
    let listed = (0..PLACES).flat_map(|place| VALUES.map(|value| (place, value.to_owned())));
    let made: Vec<_> = (0..ROUNDS).map(|_| (random.next(PLACES), random.value())).collect();
    let mut refused = 0;
    for (place, value) in listed.chain(made) {
        let status = put(&backend, &admin, place, &value).await;
        assert!((200..500).contains(&status), "seed {seed}, place {place}, {value:?}: {status}");
        refused += usize::from(status >= 400);
    }
    assert!(refused > ROUNDS / 4, "{refused} were refused: that proves nothing");
    assert_eq!(backend.store(&admin, "octo/hello", 2, "scan", "1").await.status, 201);
    let log = backend.log();
    assert!(!log.contains("panicked"), "seed {seed}: {log}");
}

#[tokio::test]
async fn no_time_of_a_token_is_a_defect() {
    let issuer = LocalIssuer::start();
    let backend = Backend::start_with(&[("PHASE_DATA_OIDC_ISSUERS", &issuer.setting())]).await;
    backend.tenant("octo", 9919);
    let times =
        [json!(0), json!(-1), json!(i64::MAX), json!(i64::MIN), json!(u64::MAX), json!(1e300), json!(1.5)];
    let others = [json!("1"), json!(null), json!(true), json!([]), json!({}), json!(253_402_300_800_i64)];
    for value in times.iter().chain(&others) {
        for claims in [json!({ "exp": value }), json!({ "nbf": value }), json!({ "iat": value })] {
            let token = issuer.claim(claims.clone()).token(backend.url());
            let status = backend.store(&token, "octo/hello", 1, "scan", "1").await.status;
            assert!((200..500).contains(&status), "{claims}: {status}");
        }
        // Each time by itself may look right: what counts is what is between them.
        let claims = json!({ "exp": value, "iat": i64::MIN, "nbf": value });
        let token = issuer.claim(claims).token(backend.url());
        assert_eq!(backend.store(&token, "octo/hello", 1, "scan", "1").await.status, 401, "{value}");
    }
    let token = issuer.claim(json!({})).token(backend.url());
    assert_eq!(backend.store(&token, "octo/hello", 2, "scan", "1").await.status, 201);
    assert!(!backend.log().contains("panicked"), "{}", backend.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_announced_length_is_a_defect() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let address = backend.url().trim_start_matches("http://");
    for value in VALUES {
        let mut connection = TcpStream::connect(address).expect("it listens");
        connection.set_read_timeout(Some(Duration::from_secs(10))).expect("a limit");
        let request = format!(
            "POST /api/v1/phase_data HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\nconnection: close\r\ncontent-length: {value}\r\n\r\n{{}}",
            octo.key
        );
        connection.write_all(request.as_bytes()).expect("sent");
        connection.shutdown(std::net::Shutdown::Write).expect("all is sent");
        let mut answer = String::new();
        let _ = connection.read_to_string(&mut answer);
        assert!(!answer.starts_with("HTTP/1.1 5"), "{value}: {answer}");
    }
    assert_eq!(backend.store(&octo.key, "octo/hello", 1, "scan", "1").await.status, 201);
    assert!(!backend.log().contains("panicked"), "{}", backend.log());
}

#[test]
fn no_setting_is_a_defect() {
    for setting in [
        "PHASE_DATA_GRACE_DAYS",
        "PHASE_DATA_EVENT_DAYS",
        "PHASE_DATA_PURGE_SECONDS",
        "PHASE_DATA_SHUTDOWN_TIMEOUT_SECONDS",
        "PHASE_DATA_BODY_TIMEOUT_SECONDS",
        "PHASE_DATA_BUFFER_BYTES",
        "PHASE_DATA_MAX_BODY_BYTES",
        "PHASE_DATA_MAX_CONNECTIONS",
    ] {
        for value in VALUES {
            // The database is nowhere: whatever the value, the program ends by itself.
            let database = ("DATABASE_URL", "postgres://octo@127.0.0.1:9/phase_data");
            let ended = Backend::run(&[database, (setting, value)], &["serve", "--listen", "127.0.0.1:0"]);
            let printed = String::from_utf8_lossy(&ended.stderr);
            assert_eq!(ended.status.code(), Some(1), "{setting}={value}: {printed}");
            assert!(
                printed.contains("error: ") && !printed.contains("panicked"),
                "{setting}={value}: {printed}"
            );
        }
    }
}
