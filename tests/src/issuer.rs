//! A forge's issuer of id tokens and the runner's end of it, over real HTTP, with a real RSA key that is made
//! when the tests run.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::Step;

/// An issuer on a free port, with one key. It answers from threads of its own, since a test waits for its
/// steps without letting anything else run.
#[derive(Clone)]
pub struct LocalIssuer {
    url: String,
    shared: Arc<Shared>,
}

struct Shared {
    key: KeyPair,
    url: String,
    /// The claims of the next tokens, which replace the usual ones.
    changes: Mutex<Value>,
    tokens: AtomicU64,
    /// The requests so far.
    log: Mutex<Vec<String>>,
}

/// The credential that the runner requires for a token.
const REQUEST_TOKEN: &str = "the-runners-own-request-token";

impl LocalIssuer {
    /// An issuer whose tokens say `octo/hello` (repository 1296269 of owner 9919), for an `issues` event.
    ///
    /// # Panics
    /// If there is no port or no randomness.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared {
            key: KeyPair::generate(KeySize::Rsa2048).expect("a key"),
            url: url.clone(),
            changes: Mutex::new(json!({})),
            tokens: AtomicU64::new(0),
            log: Mutex::default(),
        });
        let answering = shared.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let shared = answering.clone();
                std::thread::spawn(move || shared.serve(connection));
            }
        });
        Self { url, shared }
    }

    /// The setting that makes a backend accept this issuer's tokens.
    pub fn setting(&self) -> String {
        format!("github={}", self.url)
    }

    /// Lets the next tokens have these claims, over the usual ones.
    ///
    /// # Panics
    /// If another thread panicked here.
    pub fn claim(&self, changes: Value) -> &Self {
        *self.shared.changes.lock().expect("the claims") = changes;
        self
    }

    /// A token for this audience, as the forge would make it now.
    pub fn token(&self, audience: &str) -> String {
        self.shared.token(audience, &json!({}))
    }

    /// A token for this audience with these claims, over the usual ones and those of [`Self::claim`].
    pub fn token_with(&self, audience: &str, changes: &Value) -> String {
        self.shared.token(audience, changes)
    }

    /// Returns the number of issued tokens.
    pub fn tokens(&self) -> u64 {
        self.shared.tokens.load(Ordering::Relaxed)
    }

    /// Gives a step what the runner gives a job with `id-token: write`.
    #[must_use]
    pub fn permit(&self, step: Step) -> Step {
        let (url, token) = self.request();
        step.env("ACTIONS_ID_TOKEN_REQUEST_URL", &url).env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", token)
    }

    /// Where a runner asks for tokens, and with what.
    pub fn request(&self) -> (String, &'static str) {
        (format!("{}/token?api-version=2.0", self.url), REQUEST_TOKEN)
    }

    /// The issuer's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the number of fetches of the keys.
    ///
    /// # Panics
    /// If another thread panicked here.
    pub fn key_fetches(&self) -> usize {
        self.shared.log.lock().expect("the log").iter().filter(|path| path.as_str() == "/jwks").count()
    }
}

impl Shared {
    fn serve(&self, mut connection: TcpStream) {
        let mut lines = BufReader::new(connection.try_clone().expect("a connection")).lines();
        let Some(Ok(first)) = lines.next() else { return };
        let headers: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        self.log.lock().expect("the log").push(path.to_owned());
        let (status, body) = self.answer(path, query, &headers);
        let text = body.to_string();
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n");
        // A client that has gone needs no answer.
        let _ = write!(connection, "{head}content-length: {}\r\n\r\n{text}", text.len());
    }

    fn answer(&self, path: &str, query: &str, headers: &[String]) -> (&'static str, Value) {
        match path {
            "/.well-known/openid-configuration" => {
                ("200 OK", json!({ "issuer": self.url, "jwks_uri": format!("{}/jwks", self.url) }))
            }
            "/jwks" => ("200 OK", json!({ "keys": [self.public_key()] })),
            "/token" => {
                let expected = format!("bearer {REQUEST_TOKEN}");
                let permitted = headers.iter().any(|line| {
                    line.split_once(": ").is_some_and(|(name, value)| {
                        name.eq_ignore_ascii_case("authorization") && value.eq_ignore_ascii_case(&expected)
                    })
                });
                let audience = query.split('&').find_map(|pair| pair.strip_prefix("audience="));
                match audience {
                    Some(audience) if permitted => {
                        let audience = percent_encoding::percent_decode_str(audience).decode_utf8_lossy();
                        ("200 OK", json!({ "count": 1, "value": self.token(&audience, &json!({})) }))
                    }
                    _ => ("403 Forbidden", json!({})),
                }
            }
            _ => ("404 Not Found", json!({})),
        }
    }

    fn token(&self, audience: &str, changes: &Value) -> String {
        let number = self.tokens.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
        let mut claims = json!({
            "iss": self.url, "aud": audience, "exp": now + 300, "nbf": now, "iat": now,
            "jti": format!("token-{number}"), "sub": "repo:octo/hello:ref:refs/heads/main",
            "repository": "octo/hello", "repository_id": "1296269",
            "repository_owner": "octo", "repository_owner_id": "9919", "repository_visibility": "private",
            "run_id": "1658821493", "run_number": "10", "run_attempt": "2", "actor": "mona", "actor_id": "583231",
            "event_name": "issues", "ref": "refs/heads/main", "ref_type": "branch", "sha": "a".repeat(40),
            "workflow": "scan", "workflow_ref": "octo/hello/.github/workflows/scan.yml@refs/heads/main",
            "job_workflow_ref": "octo/hello/.github/workflows/scan.yml@refs/heads/main",
        });
        let lasting = self.changes.lock().expect("the claims").clone();
        for (name, value) in [&lasting, changes].into_iter().filter_map(Value::as_object).flatten() {
            claims[name] = value.clone();
        }
        self.sign(&json!({ "typ": "JWT", "alg": "RS256", "kid": "key-1" }), &claims)
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        let signed =
            self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature);
        signed.expect("a signature");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn public_key(&self) -> Value {
        let key = self.key.public_key();
        let text = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        json!({
            "kty": "RSA", "alg": "RS256", "use": "sig", "kid": "key-1",
            "n": text(key.modulus().big_endian_without_leading_zero()),
            "e": text(key.exponent().big_endian_without_leading_zero()),
        })
    }
}
