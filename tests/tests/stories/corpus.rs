//! Real scanner reports come back as the same JSON values.

use phase_data_tests::{Backend, Step, corpus};
use sqlx::PgConnection;

/// Returns `true` if two texts are the same JSON value for PostgreSQL, including digits.
async fn same(database: &mut PgConnection, one: &str, other: &str) -> bool {
    let question = "select $1::text::jsonb::text = $2::text::jsonb::text";
    sqlx::query_scalar(question).bind(one).bind(other).fetch_one(database).await.expect("two JSON texts")
}

#[tokio::test]
async fn every_scanner_report_comes_back_as_the_same_value() {
    let Some(reports) = corpus::scanner_reports() else {
        println!("The scanner reports are not beside this checkout: only our own payloads were stored.");
        return own_payloads().await;
    };
    assert!(reports.len() >= 36, "{} reports", reports.len());
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let mut database = backend.database().await;
    for (issue, path) in (1..).zip(&reports) {
        let report = std::fs::read_to_string(path).expect("a report");
        let file = path.to_str().expect("a path in UTF-8");
        let step = |operation| Step::new(operation, backend.url(), &octo.key, issue).input("phase", "scan");
        let stored = step("store").file("report.json", &report).input("data-file", "report.json").run();
        assert!(stored.success, "{file}: {}", stored.log);
        let retrieved = step("retrieve").run();
        assert!(retrieved.success, "{file}: {}", retrieved.log);
        assert!(same(&mut database, &retrieved.read("data-file"), &report).await, "{file}");
    }
}

async fn own_payloads() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let mut database = backend.database().await;
    for phase in ["scan", "validate", "mitigate"] {
        let payload = corpus::payload(phase);
        let step = |operation| Step::new(operation, backend.url(), &octo.key, 42).input("phase", phase);
        let stored = step("store").input("data-file", "p.json").file("p.json", &payload).run();
        assert!(stored.success, "{phase}: {}", stored.log);
        assert!(same(&mut database, &step("retrieve").run().read("data-file"), &payload).await, "{phase}");
    }
}

#[tokio::test]
async fn json_lines_come_back_as_an_equal_array() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let mut database = backend.database().await;
    let values = ["scan", "validate", "mitigate"].map(corpus::payload);
    let long_numbers = r#"{"n": 123456789012345678901234567890, "x": -0.10}"#;
    for (issue, end_of_line) in [(1, "\n"), (2, "\r\n")] {
        let values = [values.as_slice(), &[long_numbers.to_owned()]].concat();
        let step = |operation| Step::new(operation, backend.url(), &octo.key, issue).input("phase", "scan");
        let stored = step("store")
            .input("data-file", "report.jsonl")
            .input("data-format", "json-lines")
            .file("report.jsonl", values.join(end_of_line))
            .run();
        assert!(stored.success, "{}", stored.log);
        let array = format!("[{}]", values.join(","));
        assert!(same(&mut database, &step("retrieve").run().read("data-file"), &array).await);
    }
}

#[tokio::test]
async fn our_own_payloads_come_back_as_the_same_values() {
    own_payloads().await;
}
