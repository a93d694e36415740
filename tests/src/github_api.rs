//! The part of GitHub's API that publishes signing keys, and messages signed with them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A local server with a key of its own. It ends with the test's runtime.
pub struct GithubApi {
    url: String,
    key: EcdsaKeyPair,
    answer: Arc<Mutex<(u16, String)>>,
    asked: Arc<AtomicU32>,
}

impl GithubApi {
    /// The id of the key.
    pub const IDENTIFIER: &str = "f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d";

    /// Starts it; it publishes its key.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn start() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key pair");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let api = Self { url, answer: Arc::new(Mutex::new((200, list(&key)))), key, asked: Arc::default() };
        tokio::spawn(serve(listener, api.answer.clone(), api.asked.clone()));
        api
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the number of requests for the keys.
    pub fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    /// Answers from now on with this.
    ///
    /// # Panics
    /// If an answer panicked.
    pub fn answer_with(&self, status: u16, body: &str) {
        *self.answer.lock().expect("the answer") = (status, body.to_owned());
    }

    /// The signature of a message, as the header has it.
    ///
    /// # Panics
    /// If there is no randomness.
    pub fn sign(&self, message: &[u8]) -> String {
        let signature = self.key.sign(&SystemRandom::new(), message).expect("a signature");
        STANDARD.encode(signature.as_ref())
    }
}

fn list(key: &EcdsaKeyPair) -> String {
    let der: PublicKeyX509Der<'_> = key.public_key().as_der().expect("the public key");
    let base64 = STANDARD.encode(der.as_ref());
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n{}\n-----END PUBLIC KEY-----\n",
        &base64[..64],
        &base64[64..]
    );
    json!({"public_keys": [{"key_identifier": GithubApi::IDENTIFIER, "key": pem, "is_current": true}]})
        .to_string()
}

async fn serve(listener: TcpListener, answer: Arc<Mutex<(u16, String)>>, asked: Arc<AtomicU32>) {
    while let Ok((stream, _)) = listener.accept().await {
        asked.fetch_add(1, Ordering::SeqCst);
        let (status, body) = answer.lock().expect("the answer").clone();
        tokio::spawn(respond(stream, status, body));
    }
}

async fn respond(mut stream: TcpStream, status: u16, body: String) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        request.push(byte);
    }
    let right = request.starts_with(b"GET /meta/public_keys/secret_scanning HTTP/1.1\r\n");
    let (status, body) = if right { (status, body) } else { (404, String::new()) };
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // A client that went away needs no answer.
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
}
