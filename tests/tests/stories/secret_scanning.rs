//! GitHub finds keys in public and reports them.

use phase_data_tests::{Answer, Backend, GithubApi};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const PATH: &str = "/api/v1/secret_scanning";

async fn backend(github: &GithubApi) -> Backend {
    Backend::start_with(&[("PHASE_DATA_GITHUB_API_URL", github.url())]).await
}

async fn send(backend: &Backend, identifier: &str, signature: &str, body: &str) -> Answer {
    let headers = [
        ("github-public-key-identifier", identifier),
        ("github-public-key-signature", signature),
        ("content-type", "application/json"),
    ];
    backend.send("POST", PATH, &headers, body.to_owned()).await
}

async fn report(backend: &Backend, github: &GithubApi, body: &str) -> Answer {
    send(backend, GithubApi::IDENTIFIER, &github.sign(body.as_bytes()), body).await
}

fn found(token: &str) -> Value {
    let url = "https://github.com/octo/hello/blob/main/.env";
    json!({"token": token, "type": "phase_data_api_key", "url": url, "source": "content"})
}

fn feedback(token: &str, label: &str) -> Value {
    let hash = hex::encode(Sha256::digest(token.as_bytes()));
    json!({"token_hash": hash, "token_type": "phase_data_api_key", "label": label})
}

#[tokio::test]
async fn a_leaked_key_is_revoked_at_once_and_nothing_else_is() {
    let github = GithubApi::start().await;
    let backend = backend(&github).await;
    let (octo, rival) = (backend.tenant("octo", 1), backend.tenant("rival", 2));
    let leaked = backend.key(&octo.account, &[]);
    for key in [&leaked, &octo.key, &rival.key] {
        assert_eq!(backend.store(key, "octo/hello", 42, "scan", "1").await.status / 100, 2);
    }
    // It has the id of the rival's key, a secret of its own, and a checksum that fits.
    let forged = with_checksum(&format!("{}{}", &rival.key[3..15], &leaked[15..45]));
    let tokens = [forged.as_str(), leaked.as_str(), "pd_nothing", &octo.key[..50], leaked.as_str()];
    let body = Value::from(tokens.map(found).to_vec()).to_string();
    let answer = report(&backend, &github, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (yes, no) = ("true_positive", "false_positive");
    let labels = tokens.into_iter().zip([no, yes, no, no, yes]);
    let expected: Vec<Value> = labels.map(|(token, label)| feedback(token, label)).collect();
    assert_eq!(answer.json(), Value::from(expected));

    let refused = backend.retrieve(&leaked, "octo/hello", 42).await;
    assert_eq!((refused.status, refused.code()), (401, "credential_invalid".to_owned()));
    for key in [&octo.key, &rival.key] {
        assert_eq!(backend.retrieve(key, "octo/hello", 42).await.status, 200, "the others live on");
    }
    backend.logged("GitHub reported a leaked API key").await;
    assert!(!backend.log().contains(&leaked), "a key reached the log");

    let again = report(&backend, &github, &body).await;
    assert_eq!(again.body, answer.body, "a repeated report is answered alike");
    assert_eq!(github.asked(), 1, "the keys are kept");
}

#[tokio::test]
async fn a_report_that_github_did_not_sign_does_nothing() {
    let github = GithubApi::start().await;
    let backend = backend(&github).await;
    let octo = backend.tenant("octo", 1);
    let body = json!([found(&octo.key)]).to_string();
    let signature = github.sign(body.as_bytes());
    let stranger = GithubApi::start().await.sign(body.as_bytes());
    let (known, changed) = (GithubApi::IDENTIFIER, body.replace("content", "commit"));
    for (identifier, signature, body) in [
        (known, stranger.as_str(), body.as_str()),
        (known, &signature, &changed),
        (known, &signature, &format!("{body} ")),
        (known, "", &body),
        (known, "not base64!", &body),
        (known, &signature[..40], &body),
        ("", &signature, &body),
        ("../../etc/passwd", &signature, &body),
        (&"0".repeat(64), &signature, &body),
        (&"0".repeat(4096), &signature, &body),
        // Invalid JSON is not parsed.
        (known, &signature, "{"),
    ] {
        let answer = send(&backend, identifier, signature, body).await;
        let refusal = (answer.status, answer.code());
        assert_eq!(refusal, (401, "signature_invalid".to_owned()), "{identifier} {signature}");
    }
    let json = [("content-type", "application/json")];
    let unsigned = backend.send("POST", PATH, &json, body.clone()).await;
    assert_eq!((unsigned.status, unsigned.code()), (401, "signature_invalid".to_owned()));
    assert!(unsigned.body.contains("Github-Public-Key-Signature"), "{}", unsigned.body);
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.code(), "phase_data_not_found");
    assert_eq!(github.asked(), 1, "strangers make the backend ask once a minute at the most");
}

#[tokio::test]
async fn the_log_says_where_a_key_was_found_without_the_key_and_the_query() {
    let github = GithubApi::start().await;
    let backend = backend(&github).await;
    let octo = backend.tenant("octo", 9919);
    let mut token = found(&octo.key);
    token["url"] =
        format!("https://example.com/{}/x?q={}&session=CANARY#{}", octo.key, octo.key, octo.key).into();
    assert_eq!(report(&backend, &github, &json!([token]).to_string()).await.status, 200);
    let line = backend.logged("GitHub reported a leaked API key").await;
    assert!(line.contains("https://example.com/(the key)/x"), "{line}");
    assert!(!backend.log().contains(&octo.key) && !backend.log().contains("CANARY"), "{}", backend.log());
}

#[tokio::test]
async fn a_signed_report_of_another_shape_is_refused_like_any_body() {
    let github = GithubApi::start().await;
    let backend = backend(&github).await;
    for (body, status, code) in [
        ("[", 400, "malformed_json"),
        ("{}", 422, "invalid_body"),
        (r#"[{"token":1,"type":"x"}]"#, 422, "invalid_body"),
    ] {
        let answer = report(&backend, &github, body).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{body}");
    }
    let empty = report(&backend, &github, "[]").await;
    assert_eq!((empty.status, empty.body.as_str()), (200, "[]\n"));
    let newer = report(&backend, &github, r#"[{"token":"x","type":"y","found_by":"z"}]"#).await;
    assert_eq!(newer.status, 200, "GitHub may say more one day: {}", newer.body);
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_503_and_asked_for_once_a_minute() {
    let github = GithubApi::start().await;
    for (status, body) in [(500, ""), (200, "[]"), (200, "{\"public_keys\":[]}"), (302, "")] {
        github.answer_with(status, body);
        let backend = backend(&github).await;
        let asked = github.asked();
        for _ in 0..3 {
            let answer = report(&backend, &github, "[]").await;
            let refusal = (answer.status, answer.code());
            assert_eq!(refusal, (503, "signature_keys_unavailable".to_owned()), "{status} {body}");
            let after: u64 = answer.header("retry-after").parse().expect("seconds");
            assert!((1..=60).contains(&after), "{after}");
        }
        assert_eq!(github.asked() - asked, 1);
    }
    let nobody = Backend::start_with(&[("PHASE_DATA_GITHUB_API_URL", "http://127.0.0.1:9")]).await;
    assert_eq!(report(&nobody, &github, "[]").await.status, 503);
}

/// The checksum of a key's body: CRC-32 (IEEE) in six digits of base 62, as the documentation says it.
fn with_checksum(body: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let sum = body.bytes().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 * (sum & 1)))
    });
    let digit = |place: u32| char::from(DIGITS[(!sum / 62u32.pow(place) % 62) as usize]);
    let digits: String = (0..6).rev().map(digit).collect();
    format!("pd_{body}{digits}")
}
