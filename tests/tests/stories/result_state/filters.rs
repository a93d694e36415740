//! Lists of issues by the state and the age of their phases.

use serde_json::json;
use sqlx::{AssertSqlSafe, Executor};

use super::{get, start, store_in};

/// Returns the numbers of the issues that a list has, in both orders the same ones.
async fn numbers(backend: &phase_data_tests::Backend, key: &str, query: &str) -> Vec<i64> {
    let mut lists = Vec::new();
    for sort in ["issue_number", "updated_at"] {
        let path = format!("repositories/octo/hello/issues?sort={sort}&{query}");
        let list = get(backend, key, &path).await;
        let issues = list["issues"].as_array().expect("issues").iter();
        let mut numbers: Vec<_> = issues.filter_map(|issue| issue["issue_number"].as_i64()).collect();
        numbers.sort_unstable();
        lists.push(numbers);
    }
    assert_eq!(lists[0], lists[1], "{query}");
    lists.remove(0)
}

#[tokio::test]
async fn a_list_finds_one_phase_for_which_all_filters_hold() {
    let (backend, octo) = start().await;
    for (issue, phase, members) in [
        (1, "scan", json!({ "status": "failed" })),
        (1, "validate", json!({ "outcome": "confirmed" })),
        (2, "scan", json!({})),
        (2, "validate", json!({ "status": "failed", "outcome": "inconclusive" })),
        (3, "scan", json!({ "commit_sha": "a".repeat(40) })),
        (3, "validate", json!({ "outcome": "false_positive", "commit_sha": "b".repeat(40) })),
    ] {
        let stored = store_in(&backend, &octo.key, ("octo/hello", issue), phase, members).await;
        assert_eq!(stored.status, 201, "{}", stored.body);
    }
    let (a, b) = ("a".repeat(40), "b".repeat(40));
    for (query, expected) in [
        ("status=failed", vec![1, 2]),
        ("status=completed", vec![1, 2, 3]),
        ("status=failed&phase=validate", vec![2]),
        ("status=failed&outcome=confirmed", vec![]),
        ("outcome=confirmed", vec![1]),
        ("outcome=false_positive&status=completed", vec![3]),
        (&format!("phase=validate&stale_for={b}"), vec![1, 2]),
        (&format!("phase=scan&stale_for={a}"), vec![1, 2]),
        ("closed=true&status=failed", vec![]),
    ] {
        assert_eq!(numbers(&backend, &octo.key, query).await, expected, "{query}");
    }
    for (wrong, told) in [
        ("status=done", "use completed"),
        ("outcome=true_positive", "use confirmed"),
        ("older_than=0", "1 to 315360000 seconds"),
        ("older_than=7d", "1 to 315360000 seconds"),
    ] {
        let path = format!("/api/v1/repositories/octo/hello/issues?{wrong}");
        let refused = backend.send("GET", &path, &[("x-api-key", &octo.key)], "").await;
        assert_eq!((refused.status, refused.code().as_str()), (400, "invalid_parameter"));
        assert!(refused.body.contains(told), "{wrong}: {}", refused.body);
    }
}

#[tokio::test]
async fn an_age_is_the_time_since_the_last_change_of_a_phase() {
    let (backend, octo) = start().await;
    for (issue, phase, age) in [(1, "scan", 3600), (1, "validate", 60), (2, "scan", 60), (3, "scan", 7200)] {
        store_in(&backend, &octo.key, ("octo/hello", issue), phase, json!({})).await;
        let aged = format!(
            "update phase_data set updated_at = updated_at - interval '{age} seconds'
              where issue_number = {issue} and phase = '{phase}'"
        );
        backend.database().await.execute(AssertSqlSafe(aged)).await.expect("time passes");
    }
    for (query, expected) in [
        ("older_than=3000", vec![1, 3]),
        ("older_than=7000", vec![3]),
        ("older_than=3000&phase=validate", vec![]),
        ("older_than=30&phase=validate", vec![1]),
        ("older_than=315360000", vec![]),
    ] {
        assert_eq!(numbers(&backend, &octo.key, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn an_issue_waits_for_a_phase_if_the_one_before_is_completed_and_lets_it_begin() {
    let (backend, octo) = start().await;
    let cases = [
        // Issue, scan, validate, mitigate; each is stored if it has members.
        (1, Some(json!({})), None, None),
        (2, Some(json!({ "status": "failed" })), None, None),
        (3, Some(json!({})), Some(json!({})), None),
        (4, Some(json!({})), Some(json!({ "outcome": "confirmed" })), None),
        (5, Some(json!({})), Some(json!({ "outcome": "false_positive" })), None),
        (6, Some(json!({})), Some(json!({ "outcome": "inconclusive" })), None),
        (7, Some(json!({})), Some(json!({ "status": "failed" })), None),
        (8, Some(json!({})), Some(json!({ "status": "failed", "outcome": "confirmed" })), None),
        (9, None, Some(json!({ "outcome": "confirmed" })), Some(json!({ "status": "failed" }))),
    ];
    for (issue, scan, validate, mitigate) in cases {
        for (phase, members) in [("scan", scan), ("validate", validate), ("mitigate", mitigate)] {
            if let Some(members) = members {
                store_in(&backend, &octo.key, ("octo/hello", issue), phase, members).await;
            }
        }
    }
    for (query, expected) in [
        ("pending=validate", vec![1]),
        ("pending=mitigate", vec![3, 4]),
        ("pending=mitigate&outcome=confirmed", vec![4]),
        ("phase=mitigate&status=failed", vec![9]),
        ("phase=validate&status=failed", vec![7, 8]),
    ] {
        assert_eq!(numbers(&backend, &octo.key, query).await, expected, "{query}");
    }
}
