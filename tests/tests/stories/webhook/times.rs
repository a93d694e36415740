//! Times that payloads state, by clocks that are not ours.

use phase_data_tests::{Backend, issue_event, repository};
use serde_json::{Value, json};

use super::{in_seconds, stage};

/// Far ahead, the end of what can be written, and times that no calendar of ours has in UTC.
const AHEAD: [&str; 4] = [
    "2099-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59.9999999Z",
    "9999-12-31T23:59:59-23:59",
];

async fn done(backend: &Backend, event: &str, id: &str, payload: &Value) {
    assert_eq!(backend.deliver_and_finish(event, id, payload).await, ("done".to_owned(), None), "{id}");
}

#[tokio::test]
async fn a_close_dated_ahead_counts_as_now_and_a_later_reopening_wins() {
    let (backend, octo) = stage().await;
    for (issue, ahead) in (1..).zip(AHEAD) {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
        done(&backend, "issues", &format!("close-{issue}"), &issue_event("closed", issue, ahead)).await;
        assert_eq!(backend.retrieve(&octo.key, "octo/hello", issue).await.status, 404, "{ahead}");
        let reopened = issue_event("reopened", issue, &in_seconds(1));
        done(&backend, "issues", &format!("reopen-{issue}"), &reopened).await;
        assert_eq!(backend.retrieve(&octo.key, "octo/hello", issue).await.status, 200, "{ahead}");
    }
}

#[tokio::test]
async fn a_reopening_dated_ahead_counts_as_now_and_a_later_close_wins() {
    let (backend, octo) = stage().await;
    for (issue, ahead) in (1..).zip(AHEAD) {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
        done(&backend, "issues", &format!("reopen-{issue}"), &issue_event("reopened", issue, ahead)).await;
        done(&backend, "issues", &format!("close-{issue}"), &issue_event("closed", issue, &in_seconds(1)))
            .await;
        assert_eq!(backend.retrieve(&octo.key, "octo/hello", issue).await.status, 404, "{ahead}");
    }
}

#[tokio::test]
async fn a_rename_dated_ahead_counts_as_now_and_a_later_one_wins() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    for (id, (from, to), at) in
        [("first", ("hello", "octo/hi"), AHEAD[3].to_owned()), ("second", ("hi", "octo/hey"), in_seconds(60))]
    {
        let renamed = json!({
            "action": "renamed", "repository": repository(9919, 1_296_269, to, &at),
            "changes": { "repository": { "name": { "from": from } } },
        });
        done(&backend, "repository", id, &renamed).await;
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/hey", 42).await.status, 200);
}

#[tokio::test]
async fn times_long_past_change_nothing_and_break_nothing() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    for (id, past) in
        ["0000-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"].into_iter().enumerate()
    {
        for action in ["closed", "reopened"] {
            done(&backend, "issues", &format!("{action}-{id}"), &issue_event(action, 42, past)).await;
        }
        let bearer = format!("Bearer {}", octo.key);
        let path = format!("/api/v1/phase_data/octo/hello/42?closed_at={}", past.replace('+', "%2B"));
        let deleted = backend.send("DELETE", &path, &[("authorization", &bearer)], "").await;
        assert_eq!((deleted.status, &deleted.json()["deleted"]), (200, &json!([])), "{past}");
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 200);
}
