//! An issuer of our own over real HTTP, with real keys that are made when the tests run. It uses nothing of
//! the code under test, so that it can move to the stories of the workspace.

use std::sync::{Arc, Mutex, MutexGuard};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaEncoding};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Body, IntoResponse, Response, Server};
use serde_json::{Value, json};

/// A private RSA key of 2048 bits.
pub(crate) struct SigningKey(KeyPair);

impl SigningKey {
    /// A new key, in about a tenth of a second.
    pub(crate) fn generate() -> Self {
        Self(KeyPair::generate(KeySize::Rsa2048).expect("a key"))
    }

    /// A token as GitHub makes it.
    pub(crate) fn token(&self, kid: &str, claims: &Value) -> String {
        self.sign(&json!({ "typ": "JWT", "alg": "RS256", "x5t": kid, "kid": kid }), claims)
    }

    /// A token with this header, whatever it says.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_with(&RSA_PKCS1_SHA256, &message(header, claims))
    }

    /// A token with this message, signed by this algorithm, whatever its header says.
    pub(crate) fn sign_with(&self, algorithm: &'static dyn RsaEncoding, message: &str) -> String {
        let mut signature = vec![0; self.0.public_modulus_len()];
        let random = aws_lc_rs::rand::SystemRandom::new();
        self.0.sign(algorithm, &random, message.as_bytes(), &mut signature).expect("a signature");
        with_signature(message, &signature)
    }

    /// The public half as it is published.
    pub(crate) fn public(&self, kid: &str) -> Value {
        let key = self.0.public_key();
        let text = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        json!({
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": kid,
            "n": text(key.modulus().big_endian_without_leading_zero()),
            "e": text(key.exponent().big_endian_without_leading_zero()),
        })
    }

    /// The public half as DER.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = self.0.public_key().as_der().expect("DER");
        der.as_ref().to_vec()
    }

    /// The public half as PEM.
    pub(crate) fn public_pem(&self) -> String {
        let text = STANDARD.encode(self.public_der());
        let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }
}

/// Returns the signed part of a token.
pub(crate) fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// A message and its signature.
pub(crate) fn with_signature(message: &str, signature: &[u8]) -> String {
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The behaviour of the issuer.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Json(Value),
    Status(u16),
    Redirect(String),
    Bytes(usize),
    /// A byte, and another after each of these pauses.
    Drip(std::time::Duration),
    Never,
}

/// An issuer on a free port of this computer, until its runtime ends.
pub(crate) struct LocalIssuer {
    url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    discovery: Answer,
    keys: Answer,
    requests: Vec<String>,
}

impl LocalIssuer {
    /// An issuer that publishes these keys, by their ids.
    pub(crate) async fn start(keys: &[(&str, &SigningKey)]) -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.expect("a port");
        let url = format!("http://{}", acceptor.local_addr()[0].as_socket_addr().expect("an address"));
        let discovery = Answer::Json(json!({ "issuer": url, "jwks_uri": format!("{url}/.well-known/jwks") }));
        let state = Arc::new(Mutex::new(State { discovery, keys: published(keys), requests: Vec::new() }));
        let answering = Arc::clone(&state);
        let endpoint = poem::endpoint::make(move |request| {
            let answer = answering.lock().expect("no panic").answer(request.uri().path());
            async move { answer.response().await }
        });
        tokio::spawn(Server::new_with_acceptor(acceptor).run(endpoint));
        Self { url, state }
    }

    /// Its address, as in `iss`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Publishes these keys from now on.
    pub(crate) fn publish(&self, keys: &[(&str, &SigningKey)]) {
        self.answer_keys(published(keys));
    }

    /// Answers so, when asked for its keys.
    pub(crate) fn answer_keys(&self, answer: Answer) {
        self.state().keys = answer;
    }

    /// Answers so, when asked where its keys are.
    pub(crate) fn answer_discovery(&self, answer: Answer) {
        self.state().discovery = answer;
    }

    /// Returns the number of fetches that began.
    pub(crate) fn fetches(&self) -> usize {
        self.state().requests.iter().filter(|path| path.ends_with("/openid-configuration")).count()
    }

    /// Every path that was asked for.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }
}

fn published(keys: &[(&str, &SigningKey)]) -> Answer {
    let keys: Vec<_> = keys.iter().map(|(kid, key)| key.public(kid)).collect();
    Answer::Json(json!({ "keys": keys }))
}

impl State {
    fn answer(&mut self, path: &str) -> Answer {
        self.requests.push(path.to_owned());
        match path {
            "/.well-known/openid-configuration" => self.discovery.clone(),
            "/.well-known/jwks" => self.keys.clone(),
            _ => Answer::Status(404),
        }
    }
}

impl Answer {
    async fn response(self) -> Response {
        match self {
            Self::Json(json) => json.to_string().into_response(),
            Self::Status(status) => {
                let status = poem::http::StatusCode::from_u16(status).expect("a status");
                status.into_response()
            }
            Self::Redirect(to) => poem::web::Redirect::temporary(to).into_response(),
            Self::Bytes(count) => Body::from(vec![b' '; count]).into_response(),
            Self::Drip(pause) => {
                let (mut writer, reader) = tokio::io::duplex(1);
                tokio::spawn(async move {
                    while tokio::io::AsyncWriteExt::write_all(&mut writer, b" ").await.is_ok() {
                        tokio::time::sleep(pause).await;
                    }
                });
                Body::from_async_read(reader).into_response()
            }
            Self::Never => std::future::pending().await,
        }
    }
}
