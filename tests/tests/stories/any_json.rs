//! Any JSON text that RFC 8259 allows is stored, and comes back as the same value.

mod documents;
mod value;

use phase_data_tests::{Answer, Backend, Random, Step, random_walk};
use sha2::{Digest, Sha256};

use documents::{document, object};
use value::Value;

/// The document of an answer about one phase, as it is spelled there.
fn data(answer: &Answer) -> &str {
    let (_, data) = answer.body.split_once(r#""data":"#).unwrap_or_else(|| panic!("{}", answer.body));
    data.strip_suffix("}]}\n").expect("the document is last")
}

/// The answer without its document, which serde_json's values can't hold.
fn read_without(answer: &Answer, data: &str) -> serde_json::Value {
    let rest = answer.body.strip_suffix(&format!("{data}}}]}}\n")).expect("the document is last");
    serde_json::from_str(&format!("{rest}0}}]}}")).expect("JSON")
}

async fn patch(backend: &Backend, key: &str, issue: u32, patch: &str) -> Answer {
    let headers = [("x-api-key", key), ("content-type", "application/merge-patch+json")];
    let path = format!("/api/v1/phase_data/octo/hello/{issue}?phase=scan");
    backend.send("PATCH", &path, &headers, patch.to_owned()).await
}

/// Checks that an issue has this document, with its size and digest, and that it can be stored again as it was read.
async fn check(backend: &Backend, key: &str, issue: u32, expected: &Value, about: &str) {
    let read = backend.retrieve(key, "octo/hello", issue).await;
    let data = data(&read);
    assert_eq!(&Value::parse(data), expected, "{about} came back as {data}");
    let phase = &read_without(&read, data)["phases"][0];
    assert_eq!(phase["data_bytes"].as_u64(), Some(data.len() as u64), "{about}");
    assert_eq!(phase["data_sha256"].as_str(), Some(hex::encode(Sha256::digest(data)).as_str()), "{about}");
    for repeated in
        [backend.store(key, "octo/hello", issue, "scan", data).await, patch(backend, key, issue, "{}").await]
    {
        if matches!(expected, Value::Object(_)) {
            assert_eq!(
                (repeated.status, repeated.json()["effect"].as_str()),
                (200, Some("unchanged")),
                "{about}"
            );
        }
    }
}

#[tokio::test]
async fn random_documents_come_back_as_the_same_values_and_so_do_random_merges() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let (steps, seed) = random_walk(200);
    let mut random = Random::new(seed);
    for step in 0..steps {
        let (first, change) = (document(&mut random, 4), object(&mut random, 4));
        println!("seed {seed}, step {step}: {first} and {change}");
        let stored = backend.store(&octo.key, "octo/hello", 1, "scan", &first).await;
        assert!(matches!(stored.status, 200 | 201), "{first}: {}", stored.body);
        let value = Value::parse(&first);
        check(&backend, &octo.key, 1, &value, &first).await;

        backend.store(&octo.key, "octo/hello", 1, "scan", &first).await;
        let merged = patch(&backend, &octo.key, 1, &change).await;
        assert_eq!(merged.status, 200, "{first} and {change}: {}", merged.body);
        let about = format!("{first} and {change}");
        check(&backend, &octo.key, 1, &value.merged(&Value::parse(&change)), &about).await;
    }
}

#[tokio::test]
async fn a_step_stores_and_retrieves_such_a_document_and_finds_its_members() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let report = "{\"match\": \"\\u0000\\u0001\\ud83d!\\u0000\", \"\\ud800\": [\"\\udfff\"], \"\u{10FFFD}0\": [\"\u{10FFFD}d83d\"], \"n\": 1.00}";
    let step = |operation| Step::new(operation, backend.url(), &octo.key, 42).input("phase", "scan");
    let stored = step("store").file("report.json", report).input("data-file", "report.json").run();
    assert!(stored.success, "{}", stored.log);
    let retrieved = step("retrieve").run();
    assert!(retrieved.success, "{}", retrieved.log);
    assert_eq!(Value::parse(&retrieved.read("data-file")), Value::parse(report));
    assert_eq!(Value::parse(retrieved.output("data")), Value::parse(report));
    for (query, value) in [
        ("/match", r#""\u0000\u0001\ud83d!\u0000""#),
        ("/\u{10FFFD}0/0", "\"\u{10FFFD}d83d\""),
        ("/n", "1.00"),
    ] {
        let found = step("retrieve").input("query", query).run();
        assert_eq!(found.output("data"), value, "{}", found.log);
    }
    let merged = step("store").input("merge", "true").input("data", r#"{"match":null,"\uD800":null}"#).run();
    assert!(merged.success, "{}", merged.log);
    assert_eq!(
        Value::parse(step("retrieve").run().output("data")),
        Value::parse("{\"\u{10FFFD}0\": [\"\u{10FFFD}d83d\"], \"n\": 1.00}")
    );
}

#[tokio::test]
async fn a_row_that_has_the_escape_character_unescaped_reads_unchanged() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let mut database = backend.database().await;
    let old = "{\"a\": \"\u{10FFFD}0\", \"\u{10FFFD}d83d\": \"\u{10FFFD}1\u{10FFFD}\"}";
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let written = "update phase_data set data = $1::jsonb, data_bytes = octet_length($1::jsonb::text),
                          data_sha256 = sha256(convert_to($1::jsonb::text, 'UTF8'))";
    sqlx::query(written).bind(old).execute(&mut database).await.expect("an old row");
    let read = backend.retrieve(&octo.key, "octo/hello", 42).await;
    assert_eq!(data(&read), old);
    let again = backend.store(&octo.key, "octo/hello", 42, "scan", old).await;
    assert_eq!(again.json()["effect"].as_str(), Some("unchanged"), "{}", again.body);

    // A patch brings what needs the escape, and another one takes it away again.
    let mut expected = Value::parse(old);
    for (change, is_escaped) in
        [(r#"{"b":["\u0000"]}"#, true), (r#"{"c\uD83D":1,"b":null}"#, true), (r#"{"c\ud83d":null}"#, false)]
    {
        assert_eq!(patch(&backend, &octo.key, 42, change).await.status, 200, "{change}");
        expected = expected.merged(&Value::parse(change));
        check(&backend, &octo.key, 42, &expected, change).await;
        let question = sqlx::query_scalar::<_, bool>("select escaped from phase_data");
        assert_eq!(question.fetch_one(&mut database).await.expect("a row"), is_escaped, "{change}");
    }
    assert_eq!(data(&backend.retrieve(&octo.key, "octo/hello", 42).await), old);
}

#[tokio::test]
async fn keys_are_the_same_if_their_characters_are() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for (document, code) in [
        (r#"{"\ud800":1,"\uD800":2}"#, "duplicate_key"),
        (r#"{"\u0000":1,"\u0000":2}"#, "duplicate_key"),
        ("{\"\u{10FFFD}\\u0000\":1,\"\\udbff\\udffd\\u0000\":2}", "duplicate_key"),
    ] {
        let refused = backend.store(&octo.key, "octo/hello", 42, "scan", document).await;
        assert_eq!((refused.status, refused.code().as_str()), (422, code), "{document}");
    }
    let different = "{\"\\ud800\":1,\"\\ud801\":2,\"\u{10FFFD}d800\":3,\"\u{FFFD}\":4,\"\\u0000\":5,\"\u{10FFFD}0\":6,\"\":7}";
    assert_eq!(backend.store(&octo.key, "octo/hello", 42, "scan", different).await.status, 201);
    check(&backend, &octo.key, 42, &Value::parse(different), different).await;
}

#[tokio::test]
async fn the_public_numbers_of_certificates_come_back_digit_for_digit() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    // The digits of RSA's moduli of 4,096 to 16,384 bits, and the most that PostgreSQL holds.
    for digits in [1233, 2466, 4932, 131_072] {
        let document = format!("{{\"n\": {}}}", "1234567890123".repeat(digits / 13 + 1)[..digits].to_owned());
        let stored = backend.store(&octo.key, "octo/hello", 42, "scan", &document).await;
        assert!(matches!(stored.status, 200 | 201), "{digits}: {}", stored.body);
        assert_eq!(data(&backend.retrieve(&octo.key, "octo/hello", 42).await), document);
    }
}
