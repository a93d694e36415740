use super::published_keys::{FetchError, PublishedKeys};

/// GitHub's own example: a message, its signature, and the key with which that was made.
const IDENTIFIER: &str = "90a421169f0a406205f1563a953312f0be898d3c7b6c06b681aa86a874555f4a";
const MESSAGE: &[u8] = br#"[{"token":"some_token","type":"some_type","url":"some_url"}]"#;
const SIGNATURE: &str =
    "MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc=";
const PUBLISHED: &str = r#"{"public_keys":[{
    "key_identifier":"90a421169f0a406205f1563a953312f0be898d3c7b6c06b681aa86a874555f4a",
    "key":"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq\nkCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==\n-----END PUBLIC KEY-----\n",
    "is_current":true}]}"#;

fn decoded(signature: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(signature).expect("base64")
}

#[test]
fn githubs_own_example_verifies_and_nothing_near_it_does() {
    let keys = PublishedKeys::read(PUBLISHED.as_bytes()).expect("GitHub's list");
    let signature = decoded(SIGNATURE);
    assert!(keys.verifies(IDENTIFIER, &signature, MESSAGE));
    let spaced = br#"[{"token": "some_token","type":"some_type","url":"some_url"}]"#;
    assert!(!keys.verifies(IDENTIFIER, &signature, spaced), "the exact bytes count");
    assert!(!keys.verifies("another", &signature, MESSAGE));
    assert!(!keys.verifies(IDENTIFIER, &signature[..70], MESSAGE));
    assert!(!keys.verifies(IDENTIFIER, &[], MESSAGE));
}

#[test]
fn what_is_no_list_of_keys_is_refused() {
    for (answer, matches) in [
        ("", matches!(PublishedKeys::read(b""), Err(FetchError::NotAList(_)))),
        ("[]", matches!(PublishedKeys::read(b"[]"), Err(FetchError::NotAList(_)))),
        ("none", matches!(PublishedKeys::read(br#"{"public_keys":[]}"#), Err(FetchError::NoKeys))),
    ] {
        assert!(matches, "{answer}");
    }
    let damaged = PUBLISHED.replace("MFkw", "!!!!");
    assert!(matches!(PublishedKeys::read(damaged.as_bytes()), Err(FetchError::NoKeys)));
}
