//! A stored document is returned as the same JSON value. Others are refused, with the place of the problem.

use phase_data_tests::Backend;

#[tokio::test]
async fn digits_and_characters_survive() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let googol_squared = format!("1{}", "0".repeat(400));
    for (sent, answered) in [
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("-0.10", "-0.10"),
        ("1e400", googol_squared.as_str()),
        ("1E5", "100000"),
        ("1.0", "1.0"),
        (r#""\ud83d\ude00 😀 \u0001 \" \\""#, r#""😀 😀 \u0001 \" \\""#),
        (r#"{"b":1,"a":[true,null,{}]}"#, r#"{"a": [true, null, {}], "b": 1}"#),
        ("null", "null"),
        (r#""""#, r#""""#),
    ] {
        let stored = backend.store(&octo.key, "octo/hello", 42, "scan", sent).await;
        assert!(matches!(stored.status, 200 | 201), "{sent}: {}", stored.body);
        let body = backend.retrieve(&octo.key, "octo/hello", 42).await.body;
        assert!(body.trim_end().ends_with(&format!(r#""data":{answered}}}]}}"#)), "{sent}: {body}");
    }
}

#[tokio::test]
async fn the_deepest_allowed_document_comes_back() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let deep = "[".repeat(128) + &"]".repeat(128);
    assert_eq!(backend.store(&octo.key, "octo/hello", 42, "scan", &deep).await.status, 201);
    assert!(backend.retrieve(&octo.key, "octo/hello", 42).await.body.contains(&deep));
}

#[tokio::test]
async fn size_and_digest_are_those_of_the_document_as_answered() {
    use sha2::{Digest, Sha256};
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let sent = phase_data_tests::corpus::payload("validate");
    backend.store(&octo.key, "octo/hello", 42, "validate", &sent).await;
    let answer = backend.retrieve(&octo.key, "octo/hello", 42).await;
    let (_, data) = answer.body.split_once(r#""data":"#).expect("a document");
    let data = data.strip_suffix("}]}\n").expect("the end");
    let phase = &answer.json()["phases"][0];
    assert_eq!(phase["data_bytes"].as_u64(), Some(data.len() as u64));
    assert_eq!(phase["data_sha256"].as_str(), Some(hex::encode(Sha256::digest(data)).as_str()));
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused_with_its_place() {
    let backend = Backend::start_with(&[("PHASE_DATA_MAX_BODY_BYTES", "1048576")]).await;
    let octo = backend.tenant("octo", 9919);
    let too_deep = "[".repeat(129) + &"]".repeat(129);
    let far_too_deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let too_many_digits = "9".repeat(131_073);
    let explosive = format!("[{}1]", "1e999,".repeat(2000));
    for (data, status, code, pointer) in [
        (r#"{"a":{"x":1,"x":1}}"#, 422, "duplicate_key", "/data/a/x"),
        ("[1e131071]", 422, "number_too_long", "/data/0"),
        ("[1e-131071]", 422, "number_too_long", "/data/0"),
        (too_many_digits.as_str(), 422, "number_too_long", "/data"),
        (explosive.as_str(), 413, "payload_too_large", "/data/10"),
        (too_deep.as_str(), 422, "nesting_too_deep", ""),
        (far_too_deep.as_str(), 422, "nesting_too_deep", ""),
    ] {
        let answer = backend.store(&octo.key, "octo/hello", 42, "scan", data).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{}", answer.body);
        let found = answer.json()["pointer"].as_str().unwrap_or_default().to_owned();
        assert!(found.starts_with(pointer) && found.starts_with("/data"), "{found}");
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 404, "nothing was stored");
}
