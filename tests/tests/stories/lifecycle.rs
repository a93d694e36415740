//! Closing, reopening and storing in any order, with words that come late or twice.

mod model;
mod orders;
mod rules;

use phase_data_tests::{Backend, Tenant};
use serde_json::{Value, json};
use sqlx::Executor;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

struct Issue<'a> {
    backend: &'a Backend,
    key: &'a str,
    number: u32,
}

impl Issue<'_> {
    async fn store(&self, data: &str) {
        let stored = self.backend.store(self.key, "octo/hello", self.number, "scan", data).await;
        assert!(matches!(stored.status, 200 | 201), "{}", stored.body);
    }

    async fn change_state(&self, method: &str, rest: &str, at: OffsetDateTime) -> Value {
        let at = at.format(&Rfc3339).expect("a time");
        let path = format!("/api/v1/phase_data/octo/hello/{}{rest}={at}", self.number);
        let answer =
            self.backend.send(method, &path, &[("authorization", &format!("Bearer {}", self.key))], "").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    async fn close(&self, at: OffsetDateTime) -> Value {
        self.change_state("DELETE", "?closed_at", at).await["deleted"].take()
    }

    async fn reopen(&self, at: OffsetDateTime) -> Value {
        self.change_state("POST", "/restore?reopened_at", at).await["restored"].take()
    }

    async fn seen(&self) -> Option<String> {
        let answer = self.backend.retrieve(self.key, "octo/hello", self.number).await;
        (answer.status == 200).then(|| answer.json()["phases"][0]["data"].to_string())
    }
}

fn issue<'a>(backend: &'a Backend, octo: &'a Tenant, number: u32) -> Issue<'a> {
    Issue { backend, key: &octo.key, number }
}

/// The server's clock, which is the test's: a moment that lies before everything that follows.
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

#[tokio::test]
async fn a_late_close_spares_what_was_stored_after_it() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let issue = issue(&backend, &octo, 42);
    issue.store("1").await;
    let closed_at = now();
    issue.store("2").await;
    assert_eq!(issue.close(closed_at).await, json!([]));
    assert_eq!(issue.seen().await.as_deref(), Some("2"));
    // The same content again is a wish to keep it, too.
    let closed_at = now();
    issue.store("2").await;
    assert_eq!(issue.close(closed_at).await, json!([]));
    assert_eq!(issue.close(now()).await, json!(["scan"]));
    assert_eq!(issue.seen().await, None);
}

#[tokio::test]
async fn a_close_that_comes_after_the_reopening_it_preceded_changes_nothing() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let issue = issue(&backend, &octo, 42);
    issue.store("1").await;
    let closed_at = now();
    assert_eq!(issue.reopen(now()).await, json!([]));
    assert_eq!(issue.close(closed_at).await, json!([]));
    assert_eq!(issue.seen().await.as_deref(), Some("1"));
    let (reopened_at, closed_at) = (now(), now());
    assert_eq!(issue.close(closed_at).await, json!(["scan"]));
    assert_eq!(issue.reopen(reopened_at).await, json!([]), "it was closed again since");
}

#[tokio::test]
async fn a_close_in_whole_seconds_means_the_whole_second_the_first_time() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let issue = issue(&backend, &octo, 42);
    issue.store("1").await;
    let stored_at = "select last_stored_at from phase_data where issue_number = 42";
    let stored_at: OffsetDateTime =
        sqlx::query_scalar(stored_at).fetch_one(&mut backend.database().await).await.expect("a time");
    let second = stored_at.replace_nanosecond(0).expect("a second");
    assert_eq!(issue.close(second).await, json!(["scan"]), "stored and closed in one second");
    let again =
        format!("update phase_data set last_stored_at = '{}'", stored_at.format(&Rfc3339).expect("a time"));
    issue.store("2").await;
    backend.database().await.execute(sqlx::AssertSqlSafe(again)).await.expect("the same second");
    assert_eq!(issue.close(second).await, json!([]), "the second time it may be a new life");
}

#[tokio::test]
async fn a_time_ahead_of_now_means_now() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let issue = issue(&backend, &octo, 42);
    issue.store("1").await;
    assert_eq!(issue.close(now() + time::Duration::days(400)).await, json!(["scan"]));
    assert_eq!(
        issue.reopen(now()).await,
        json!(["scan"]),
        "a clock that is ahead must not close it for ever"
    );
}
