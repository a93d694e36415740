//! The effect of each event on the data.

use phase_data_tests::{Answer, Backend, Tenant, issue_event, repository};
use serde_json::{Value, json};

use super::{in_seconds, stage};

async fn delivered(backend: &Backend, event: &str, payload: &Value) -> String {
    let id = format!("{event}-{}", payload.to_string().len() as u64 * 1000 + now());
    let (state, reason) = backend.deliver_and_finish(event, &id, payload).await;
    format!("{state}{}", reason.map_or(String::new(), |reason| format!(": {reason}")))
}

/// Distinguishes deliveries.
fn now() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

async fn status(backend: &Backend, octo: &Tenant, repository: &str, issue: u32) -> u16 {
    backend.retrieve(&octo.key, repository, issue).await.status
}

fn seen(answer: &Answer) -> (u16, String, String) {
    (answer.status, answer.header("etag").to_owned(), answer.body.clone())
}

#[tokio::test]
async fn a_closed_issues_data_is_hidden_and_comes_back_as_it_was() {
    let (backend, octo) = stage().await;
    for phase in ["scan", "validate"] {
        backend.store(&octo.key, "octo/hello", 42, phase, "{\"a\":[1e400]}").await;
    }
    backend.store(&octo.key, "octo/hello", 43, "scan", "1").await;
    let before = seen(&backend.retrieve(&octo.key, "octo/hello", 42).await);
    assert_eq!(delivered(&backend, "issues", &issue_event("closed", 42, &in_seconds(5))).await, "done");
    assert_eq!(status(&backend, &octo, "octo/hello", 42).await, 404);
    assert_eq!(status(&backend, &octo, "octo/hello", 43).await, 200);

    let events = "/api/v1/phase_data/octo/hello/42/events?limit=1";
    let bearer = format!("Bearer {}", octo.key);
    let event = backend.send("GET", events, &[("authorization", &bearer)], "").await.json();
    let event = &event["events"][0];
    assert_eq!((&event["kind"], &event["actor"]["kind"]), (&json!("deleted"), &json!("webhook")));
    assert_eq!(event["actor"]["event_name"], "issues");
    assert!(event["actor"]["delivery_id"].as_str().is_some_and(|id| id.starts_with("issues-")), "{event}");

    assert_eq!(delivered(&backend, "issues", &issue_event("reopened", 42, &in_seconds(9))).await, "done");
    assert_eq!(seen(&backend.retrieve(&octo.key, "octo/hello", 42).await), before);
    // A word from before changes nothing.
    assert_eq!(delivered(&backend, "issues", &issue_event("closed", 42, &in_seconds(-60))).await, "done");
    assert_eq!(status(&backend, &octo, "octo/hello", 42).await, 200);
}

#[tokio::test]
async fn what_was_stored_after_the_close_stays() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    assert_eq!(delivered(&backend, "issues", &issue_event("closed", 42, &in_seconds(-60))).await, "done");
    assert_eq!(status(&backend, &octo, "octo/hello", 42).await, 200);
}

#[tokio::test]
async fn a_transferred_issues_data_goes_along_within_the_account_and_is_closed_else() {
    let (backend, octo) = stage().await;
    for issue in [42, 43] {
        backend.store(&octo.key, "octo/hello", issue, "scan", "{\"of\":\"hello\"}").await;
    }
    let failed = "update phase_data set status = 'failed', reason = 'no access' where issue_number = 42";
    sqlx::query(failed).execute(&mut backend.database().await).await.expect("a state");
    let transferred = |issue: u32, owner: u32, name: &str| {
        let mut event = issue_event("transferred", issue, &in_seconds(0));
        event["changes"] = json!({
            "new_issue": { "number": 7 }, "new_repository": repository(owner, 99, name, &in_seconds(0)),
        });
        event
    };
    assert_eq!(delivered(&backend, "issues", &transferred(42, 9919, "octo/other")).await, "done");
    assert_eq!(status(&backend, &octo, "octo/hello", 42).await, 404);
    let there = backend.retrieve(&octo.key, "octo/other", 7).await;
    assert_eq!(there.json()["phases"][0]["data"], json!({ "of": "hello" }), "{}", there.body);
    let state = ["status", "reason"].map(|member| there.json()["phases"][0][member].clone());
    assert_eq!(state, ["failed", "no access"]);

    let rival = backend.tenant("rival", 666);
    assert_eq!(delivered(&backend, "issues", &transferred(43, 666, "rival/other")).await, "done");
    assert_eq!(status(&backend, &octo, "octo/hello", 43).await, 404);
    assert_eq!(status(&backend, &rival, "rival/other", 7).await, 404);
}

#[tokio::test]
async fn a_repositorys_data_goes_with_it_and_comes_back_but_not_what_had_been_closed_before() {
    let (backend, octo) = stage().await;
    for issue in [1, 2] {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
    }
    backend.store(&octo.key, "octo/other", 1, "scan", "1").await;
    delivered(&backend, "issues", &issue_event("closed", 2, &in_seconds(1))).await;
    let word = |action: &str, at: i64| json!({ "action": action, "repository": repository(9919, 1_296_269, "octo/hello", &in_seconds(at)) });
    for (gone, back) in [
        (("repository", word("archived", 5)), ("repository", word("unarchived", 6))),
        (
            ("installation_repositories", installation("removed")),
            ("installation_repositories", installation("added")),
        ),
        (("installation", installation("deleted")), ("installation", installation("created"))),
    ] {
        assert_eq!(delivered(&backend, gone.0, &gone.1).await, "done", "{gone:?}");
        assert_eq!(status(&backend, &octo, "octo/hello", 1).await, 404, "{gone:?}");
        let others = if gone.0 == "installation" { 404 } else { 200 };
        assert_eq!(status(&backend, &octo, "octo/other", 1).await, others, "{gone:?}");
        assert_eq!(delivered(&backend, back.0, &back.1).await, "done", "{back:?}");
        assert_eq!(status(&backend, &octo, "octo/hello", 1).await, 200, "{back:?}");
        assert_eq!(status(&backend, &octo, "octo/other", 1).await, 200, "{back:?}");
        assert_eq!(status(&backend, &octo, "octo/hello", 2).await, 404, "{back:?}");
    }
    let deleted = json!({ "action": "deleted", "repository": repository(9919, 1_296_269, "octo/hello", &in_seconds(0)) });
    assert_eq!(delivered(&backend, "repository", &deleted).await, "done");
    assert_eq!(status(&backend, &octo, "octo/hello", 1).await, 404);
}

fn installation(action: &str) -> Value {
    let listed = json!([{ "id": 1_296_269, "full_name": "octo/hello" }]);
    json!({
        "action": action,
        "installation": { "id": 5, "account": { "id": 9919, "login": "octo" } },
        "repositories_added": if action == "added" { listed.clone() } else { json!([]) },
        "repositories_removed": if action == "removed" { listed } else { json!([]) },
    })
}

#[tokio::test]
async fn a_renamed_repository_keeps_its_data_and_an_old_name_comes_too_late() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let renamed = |from: &str, to: &str, at: i64| {
        json!({
            "action": "renamed", "repository": repository(9919, 1_296_269, to, &in_seconds(at)),
            "changes": { "repository": { "name": { "from": from } } },
        })
    };
    assert_eq!(delivered(&backend, "repository", &renamed("hello", "octo/hi", 5)).await, "done");
    assert_eq!(status(&backend, &octo, "octo/hi", 42).await, 200);
    assert_eq!(delivered(&backend, "repository", &renamed("hi", "octo/hey", 9)).await, "done");
    assert_eq!(delivered(&backend, "repository", &renamed("hello", "octo/hi", -60)).await, "done");
    assert_eq!(status(&backend, &octo, "octo/hey", 42).await, 200, "the older name came late");
    // Under whichever name: a word goes by the id.
    assert_eq!(delivered(&backend, "issues", &issue_event("closed", 42, &in_seconds(5))).await, "done");
    assert_eq!(status(&backend, &octo, "octo/hey", 42).await, 404);
}

#[tokio::test]
async fn who_installs_the_app_becomes_known_and_others_are_not() {
    let (backend, _) = stage().await;
    let account = |id: u32, login: &str| json!({ "id": 5, "account": { "id": id, "login": login } });
    let created = json!({ "action": "created", "installation": account(21, "newcomer"), "repositories": [] });
    let deleted = json!({ "action": "deleted", "installation": account(22, "stranger") });
    assert_eq!(delivered(&backend, "installation", &created).await, "done");
    let unknown = delivered(&backend, "installation", &deleted).await;
    assert_eq!(unknown, "ignored: the owner 22 is not registered here");
    assert_eq!(delivered(&backend, "installation", &created).await, "done", "known already");
    let accounts = backend.command(&["account", "list"]);
    assert!(accounts.contains("newcomer") && !accounts.contains("stranger"), "{accounts}");
    assert_eq!(accounts.matches("newcomer").count(), 1, "{accounts}");
}

#[tokio::test]
async fn what_is_unknown_is_ignored_and_what_is_broken_says_why() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let mut broken = issue_event("closed", 42, &in_seconds(5));
    broken["issue"]["number"] = json!(3_000_000_000_u32);
    let mut pull_request = issue_event("closed", 42, &in_seconds(5));
    pull_request["issue"]["pull_request"] = json!({});
    for (event, payload, expected) in [
        ("ping", json!({ "zen": "Keep it logically awesome.", "hook_id": 1 }), "done"),
        (
            "issues",
            issue_event("edited", 42, &in_seconds(5)),
            "ignored: nothing is to be done about issues.edited",
        ),
        ("star", json!({ "action": "created" }), "ignored: nothing is to be done about star.created"),
        ("issues", pull_request, "ignored: a pull request is no issue"),
        ("issues", broken, "failed: /issue/number must be an issue's number, from 1 to 2147483647"),
        ("repository", json!({ "action": "deleted" }), "failed: /repository is missing"),
    ] {
        assert_eq!(delivered(&backend, event, &payload).await, expected);
    }
    assert_eq!(status(&backend, &octo, "octo/hello", 42).await, 200);
}
