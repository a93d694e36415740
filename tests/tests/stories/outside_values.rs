//! Numbers, times and headers as nobody means them, at every place that takes one: each is read or refused, and none ends
//! the process or is a defect.

use std::time::{SystemTime, UNIX_EPOCH};

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Backend, issue_event};

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
        _ => {
            let at = value.replace("%2B", "+");
            let event = if place == 14 { "closed" } else { "reopened" };
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

const PLACES: usize = 16;

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
    assert!(!log.contains("a bug was met") && !log.contains("panicked"), "seed {seed}: {log}");
}
