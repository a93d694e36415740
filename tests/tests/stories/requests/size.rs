//! A document's size, for its limit, is that of its value, so that what was read can be stored again.

use phase_data_tests::{Answer, Backend};
use serde_json::Value;

const LIMIT: usize = 4096;

/// Each stands for a kind of spelling that PostgreSQL changes, or whose blanks look like its own. `~` is filled up.
const DOCUMENTS: [&str; 7] = [
    r#"["~",0,0,0,{"a":1,"b":[[],{}]}]"#,
    r#"[ "~" , 0e7 , -0.0 , 1E3, -15.0e-1,  0.0012e1, 10e-1, true,null ]"#,
    r#"{"~":" , : \" : , \\","\\":"\\\\\" , ","\"\\, ":", "}"#,
    r#"{"a": "~", "\u00e9\u20ac\ud83d\ude00": "\u0041\u000a\u001f\u0022\u005c\/\u007f\b"}"#,
    r#""~ , \", \\""#,
    "{\n  \"a\": {\n    \"b\": [\n      \"~\",\n      1e-3\n    ]\n  }\n}\n",
    "[[[[[\"~\"]]]], [[[[[]]]]], {\"\": {}}]",
];

async fn patch(backend: &Backend, key: &str, issue: u32, patch: String) -> Answer {
    let headers = [("x-api-key", key), ("content-type", "application/merge-patch+json")];
    backend.send("PATCH", &format!("/api/v1/phase_data/octo/hello/{issue}?phase=scan"), &headers, patch).await
}

/// The first phase's document as the answer spells it.
fn data(answer: &Answer) -> String {
    let json: &serde_json::value::RawValue = serde_json::from_str(&answer.body).expect("JSON");
    let (_, data) = json.get().split_once("\"data\":").expect("a document");
    data.strip_suffix("}]}").expect("the document is last").to_owned()
}

/// Returns the bytes of a document as PostgreSQL spells it, without the spaces between tokens.
async fn compact_bytes(backend: &Backend, document: &str) -> usize {
    let spelled = sqlx::query_scalar::<_, String>("select $1::jsonb::text").bind(document);
    let spelled = spelled.fetch_one(&mut backend.database().await).await.expect("a document");
    let plain = spelled.replace("\\\\", "__").replace("\\\"", "__");
    let blanks = plain.split('"').step_by(2).map(|outside| outside.matches(' ').count());
    spelled.len() - blanks.sum::<usize>()
}

#[tokio::test]
async fn the_limit_counts_the_value_however_it_is_spelled() {
    let limit = LIMIT.to_string();
    let backend = Backend::start_with(&[("PHASE_DATA_MAX_BODY_BYTES", &limit)]).await;
    let octo = backend.tenant("octo", 9919);
    for (issue, document) in (1..).zip(DOCUMENTS) {
        let size = compact_bytes(&backend, &document.replace('~', "")).await;
        let filled = |bytes: usize| document.replace('~', &"x".repeat(bytes - size));
        let large = backend.store(&octo.key, "octo/hello", issue, "scan", &filled(LIMIT + 1)).await;
        assert_eq!((large.status, large.code().as_str()), (413, "payload_too_large"), "{document}");
        assert!(large.body.contains("4096 bytes"), "{}", large.body);
        let stored = backend.store(&octo.key, "octo/hello", issue, "scan", &filled(LIMIT)).await;
        assert_eq!(stored.status, 201, "{document}: {}", stored.body);

        let read = backend.retrieve(&octo.key, "octo/hello", issue).await;
        let spelled = data(&read);
        assert_eq!(read.json()["phases"][0]["data_bytes"].as_u64(), Some(spelled.len() as u64), "{document}");
        let again = backend.store(&octo.key, "octo/hello", issue, "scan", &spelled).await;
        assert_eq!((again.status, &again.json()["effect"]), (200, &"unchanged".into()), "{document}");
        let patched = patch(&backend, &octo.key, issue, spelled).await;
        assert_eq!((patched.status, &patched.json()["effect"]), (200, &"unchanged".into()), "{document}");
    }
}

#[tokio::test]
async fn a_document_at_its_limit_is_patched_until_its_value_grows() {
    let limit = LIMIT.to_string();
    let backend = Backend::start_with(&[("PHASE_DATA_MAX_BODY_BYTES", &limit)]).await;
    let octo = backend.tenant("octo", 9919);
    let members: Vec<String> = (100..540).map(|n| format!("\"{n}\":10")).collect();
    let whole = format!("{{{},\"x\":\"\"}}", members.join(","));
    let document = whole.replace("\"\"}", &format!("\"{}\"}}", "y".repeat(LIMIT - whole.len())));
    assert_eq!(document.len(), LIMIT);
    assert_eq!(backend.store(&octo.key, "octo/hello", 42, "scan", &document).await.status, 201);
    for (change, status) in [
        (r#"{"100":11}"#, 200),
        (r#"{"100":100}"#, 413),
        (r#"{"new":0}"#, 413),
        (r#"{"x":null}"#, 200),
        (r#"{"new":0}"#, 200),
    ] {
        let patched = patch(&backend, &octo.key, 42, change.to_owned()).await;
        assert_eq!(patched.status, status, "{change}: {}", patched.body);
    }
}

#[tokio::test]
async fn what_was_read_can_be_sent_again_as_any_writer_spells_it() {
    let limit = (1 << 20).to_string();
    let backend = Backend::start_with(&[("PHASE_DATA_MAX_BODY_BYTES", &limit)]).await;
    let octo = backend.tenant("octo", 9919);
    let zeros = format!("[{}0]", "0,".repeat(500_000));
    let letters = format!("\"{}\"", "é".repeat(500_000));
    for document in [&zeros, &letters] {
        assert_eq!(backend.store(&octo.key, "octo/hello", 42, "scan", document).await.status / 100, 2);
        let read = backend.retrieve(&octo.key, "octo/hello", 42).await;
        // As Python's writer does by default: blanks, and escapes for what is beyond ASCII.
        let spelled = data(&read).replace('é', "\\u00e9");
        assert!(spelled.len() >= document.len() * 7 / 5, "{} {}", spelled.len(), document.len());
        let again = backend.store(&octo.key, "octo/hello", 42, "scan", &spelled).await;
        assert_eq!((again.status, again.json()["effect"].as_str()), (200, Some("unchanged")));
        let value: Value = read.json()["phases"][0]["data"].clone();
        let pretty = serde_json::to_string_pretty(&value).expect("JSON").replace("\n  ", "\n");
        let patched = patch(&backend, &octo.key, 42, pretty).await;
        assert_eq!((patched.status, patched.json()["effect"].as_str()), (200, Some("unchanged")));
    }
}
