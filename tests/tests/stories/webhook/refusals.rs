//! Unsigned deliveries are not parsed.

use phase_data_tests::{APP_SECRET, APP_WEBHOOK, Backend, hook_signature, issue_event};

use super::{in_seconds, stage};

const CAP: usize = 25 << 20;

async fn post(
    backend: &Backend,
    signature: Option<&str>,
    content_type: &str,
    body: Vec<u8>,
) -> (u16, String) {
    let mut headers = vec![
        ("content-type", content_type),
        ("x-github-event", "issues"),
        ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"),
    ];
    headers.extend(signature.map(|signature| ("x-hub-signature-256", signature)));
    let answer = backend.send("POST", APP_WEBHOOK, &headers, body).await;
    let outcome = if answer.status == 202 { answer.json()["state"].to_string() } else { answer.code() };
    (answer.status, outcome)
}

#[tokio::test]
async fn githubs_published_signature_is_taken() {
    let secret = ("PHASE_DATA_WEBHOOK_SECRET", "It's a Secret to Everybody");
    let backend = Backend::start_with(&[secret]).await;
    let right = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    // The body is no JSON, which only whoever signed it learns.
    let json = "application/json";
    let signed = post(&backend, Some(right), json, b"Hello, World!".to_vec()).await;
    assert_eq!(signed, (400, "malformed_json".to_owned()));
    for body in ["Hello, World", "Hello, World!\n", ""] {
        let other = post(&backend, Some(right), json, body.into()).await;
        assert_eq!(other, (401, "signature_invalid".to_owned()), "{body}");
    }
}

#[tokio::test]
async fn a_delivery_with_any_other_signature_is_refused_before_it_is_parsed() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let event = issue_event("closed", 42, &in_seconds(5)).to_string();
    let right = hook_signature(APP_SECRET.1, event.as_bytes());
    for (what, signature) in [
        ("missing", None),
        ("empty", Some(String::new())),
        ("truncated", Some(right[..right.len() - 2].to_owned())),
        ("too long", Some(format!("{right}00"))),
        ("bare", Some(right["sha256=".len()..].to_owned())),
        ("sha1 only", Some("sha1=01dc10d0c83e72ed246219cdd91669667fe2ca59".to_owned())),
        ("sha256 under the name of sha1", Some(right.replace("sha256", "sha1"))),
        ("by another secret", Some(hook_signature("another-secret-of-nobody", event.as_bytes()))),
        ("by no secret", Some(hook_signature("", event.as_bytes()))),
        ("of another body", Some(hook_signature(APP_SECRET.1, b"{}"))),
    ] {
        for body in [event.as_bytes(), b"{"] {
            let refused = post(&backend, signature.as_deref(), "application/json", body.to_vec()).await;
            assert_eq!(refused, (401, "signature_invalid".to_owned()), "{what}");
        }
    }
    let mut database = backend.database().await;
    let rows: i64 = sqlx::query_scalar("select count(*) from webhook_delivery")
        .fetch_one(&mut database)
        .await
        .expect("a count");
    assert_eq!(rows, 0, "nothing was written down");
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 200);
    assert!(!backend.log().contains(APP_SECRET.1), "the secret is in the log");
}

#[tokio::test]
async fn without_a_secret_nothing_is_taken() {
    let backend = Backend::start().await;
    let event = issue_event("closed", 42, &in_seconds(0)).to_string();
    for secret in ["", APP_SECRET.1] {
        let signature = hook_signature(secret, event.as_bytes());
        let refused = post(&backend, Some(&signature), "application/json", event.clone().into()).await;
        assert_eq!(refused, (401, "signature_invalid".to_owned()));
    }
}

#[tokio::test]
async fn both_content_types_of_github_are_taken_and_no_other() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let event = issue_event("closed", 42, &in_seconds(5)).to_string();
    for content_type in ["text/plain", "", "application/xml"] {
        let signature = hook_signature(APP_SECRET.1, event.as_bytes());
        let refused = post(&backend, Some(&signature), content_type, event.clone().into()).await;
        assert_eq!(refused, (415, "unsupported_media_type".to_owned()), "{content_type}");
    }
    let encoded = percent_encoding::utf8_percent_encode(&event, percent_encoding::NON_ALPHANUMERIC);
    let form = format!("payload={}", encoded.to_string().replace("%20", "+"));
    let signature = hook_signature(APP_SECRET.1, form.as_bytes());
    let taken = post(&backend, Some(&signature), "application/x-www-form-urlencoded", form.into()).await;
    assert_eq!(taken, (202, "\"pending\"".to_owned()));
    backend.finished("72d3162e-cc78-11e3-81ab-4c9367dc0958").await;
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 404);
    let signature = hook_signature(APP_SECRET.1, b"a=b");
    let empty = post(&backend, Some(&signature), "application/x-www-form-urlencoded", b"a=b".to_vec()).await;
    assert_eq!(empty, (400, "malformed_json".to_owned()));
}

#[tokio::test]
async fn a_delivery_of_githubs_largest_size_is_taken_and_a_larger_one_refused() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let mut event = issue_event("closed", 42, &in_seconds(5));
    event["issue"]["body"] = "".into();
    let room = CAP - event.to_string().len();
    event["issue"]["body"] = "x".repeat(room).into();
    let mut body = event.to_string().into_bytes();
    assert_eq!(body.len(), CAP);
    let largest =
        post(&backend, Some(&hook_signature(APP_SECRET.1, &body)), "application/json", body.clone()).await;
    assert_eq!(largest, (202, "\"pending\"".to_owned()));
    backend.finished("72d3162e-cc78-11e3-81ab-4c9367dc0958").await;
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 404);

    body.push(b' ');
    let larger = post(&backend, Some(&hook_signature(APP_SECRET.1, &body)), "application/json", body).await;
    assert_eq!(larger, (413, "payload_too_large".to_owned()));
    // Everything else keeps its own limit.
    let stored =
        backend.store(&octo.key, "octo/hello", 42, "scan", &format!("\"{}\"", "x".repeat(16 << 20))).await;
    assert_eq!((stored.status, stored.code()), (413, "payload_too_large".to_owned()));
}

#[tokio::test]
async fn a_delivery_without_its_names_is_refused_once_it_is_verified() {
    let (backend, _) = stage().await;
    let signature = hook_signature(APP_SECRET.1, b"{}");
    let usual = [
        ("content-type", "application/json"),
        ("x-hub-signature-256", signature.as_str()),
        ("x-github-event", "ping"),
    ];
    for (name, value) in [
        ("x-other", ""),
        ("x-github-delivery", ""),
        ("x-github-delivery", "a b"),
        ("x-github-delivery", &"a".repeat(101)),
    ] {
        let answer = backend.send("POST", APP_WEBHOOK, &[&usual[..], &[(name, value)]].concat(), "{}").await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_parameter".to_owned()), "{name}: {value}");
    }
}
