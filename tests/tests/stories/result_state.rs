//! The state of a result: how a phase ended, what `validate` decided, and why.

mod filters;
mod steps;

use std::time::Duration;

use phase_data_tests::{Answer, Backend, LocalIssuer, Tenant};
use serde_json::{Value, json};
use sqlx::Executor;

const REASON: &str = "line 1\n\"2\" <b>&|`x`` @octocat ü";

/// A backend with an account.
async fn start() -> (Backend, Tenant) {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    (backend, octo)
}

/// Stores a phase of issue 42 with these members beside its document.
async fn store(backend: &Backend, key: &str, phase: &str, members: Value) -> Answer {
    store_in(backend, key, ("octo/hello", 42), phase, members).await
}

async fn store_in(
    backend: &Backend,
    key: &str,
    (repository, issue): (&str, u32),
    phase: &str,
    members: Value,
) -> Answer {
    let mut body = json!({ "repository": repository, "issue_number": issue, "phase": phase, "data": 1 });
    for (name, value) in members.as_object().expect("members") {
        body[name] = value.clone();
    }
    let key = format!("Bearer {key}");
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    backend.send("POST", "/api/v1/phase_data", &headers, body.to_string()).await
}

/// Merges a patch into a phase of issue 42.
async fn patch(backend: &Backend, key: &str, phase: &str, query: &[(&str, &str)]) -> Answer {
    let mut url = reqwest::Url::parse("http://localhost/api/v1/phase_data/octo/hello/42").expect("a URL");
    url.query_pairs_mut().append_pair("phase", phase).extend_pairs(query);
    let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
    let key = format!("Bearer {key}");
    let headers = [("authorization", key.as_str()), ("content-type", "application/merge-patch+json")];
    backend.send("PATCH", &path, &headers, r#"{"a":1}"#).await
}

async fn get(backend: &Backend, key: &str, path: &str) -> Value {
    let answer = backend.send("GET", &format!("/api/v1/{path}"), &[("x-api-key", key)], "").await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()
}

/// Status, outcome and reason, as an answer has them.
fn state(answer: &Value) -> Value {
    json!([answer["status"], answer.get("outcome"), answer.get("reason")])
}

#[tokio::test]
async fn every_answer_about_a_phase_has_its_state_and_a_plain_store_has_completed() {
    let (backend, octo) = start().await;
    let plain = store(&backend, &octo.key, "scan", json!({})).await;
    assert_eq!((plain.status, state(&plain.json())), (201, json!(["completed", null, null])));
    let members = json!({ "status": "failed", "outcome": "inconclusive", "reason": REASON });
    let stored = store(&backend, &octo.key, "validate", members).await;
    let expected = json!(["failed", "inconclusive", REASON]);
    assert_eq!((stored.status, state(&stored.json())), (201, expected.clone()), "{}", stored.body);
    assert_eq!(stored.json()["effect"], "created");

    let retrieved = backend.retrieve(&octo.key, "octo/hello", 42).await.json();
    let listed = get(&backend, &octo.key, "repositories/octo/hello/issues").await;
    let events = get(&backend, &octo.key, "phase_data/octo/hello/42/events").await;
    for phases in [&retrieved["phases"], &listed["issues"][0]["phases"]] {
        assert_eq!(state(&phases[0]), json!(["completed", null, null]));
        assert!(phases[0].get("outcome").is_none() && phases[0].get("reason").is_none(), "{phases}");
        assert_eq!(state(&phases[1]), expected);
    }
    assert_eq!(state(&events["events"][0]), expected);
    assert_eq!(state(&events["events"][1]), json!(["completed", null, null]));
}

#[tokio::test]
async fn a_change_of_the_state_alone_is_a_new_revision_with_another_tag_and_the_same_again_is_none() {
    let (backend, octo) = start().await;
    let mut tags: Vec<String> = Vec::new();
    for (revision, members) in (1..).zip([
        json!({}),
        json!({ "status": "failed" }),
        json!({ "status": "failed", "reason": "a" }),
        json!({ "status": "failed", "reason": "b" }),
        json!({ "outcome": "confirmed" }),
        json!({ "outcome": "false_positive" }),
        json!({}),
    ]) {
        let stored = store(&backend, &octo.key, "validate", members.clone()).await.json();
        assert_eq!(stored["revision"], revision, "{members}");
        let tag = stored["etag"].as_str().expect("a tag").to_owned();
        assert!(!tags.contains(&tag), "{members}: {tags:?}");
        let again = store(&backend, &octo.key, "validate", members.clone()).await.json();
        assert_eq!((&again["effect"], &again["etag"]), (&json!("unchanged"), &stored["etag"]), "{members}");
        assert_eq!(state(&again), state(&stored));
        let key = format!("Bearer {}", octo.key);
        for old in &tags {
            let headers = [("authorization", key.as_str()), ("if-none-match", old)];
            let path = "/api/v1/phase_data/octo/hello/42?phase=validate";
            assert_eq!(backend.send("GET", path, &headers, "").await.status, 200, "{old} is not current");
        }
        tags.push(tag);
    }
}

#[tokio::test]
async fn a_patch_keeps_the_state_that_it_does_not_name_and_null_removes_outcome_and_reason() {
    let (backend, octo) = start().await;
    let made = patch(&backend, &octo.key, "validate", &[("outcome", "null"), ("reason", "null")]).await;
    assert_eq!((made.status, state(&made.json())), (201, json!(["completed", null, null])), "{}", made.body);
    for (query, expected) in [
        (
            &[("status", "failed"), ("outcome", "inconclusive"), ("reason", REASON)][..],
            json!(["failed", "inconclusive", REASON]),
        ),
        (&[], json!(["failed", "inconclusive", REASON])),
        (&[("status", "completed")], json!(["completed", "inconclusive", REASON])),
        (&[("outcome", "confirmed")], json!(["completed", "confirmed", REASON])),
        (&[("reason", "null")], json!(["completed", "confirmed", null])),
        (&[("outcome", "null")], json!(["completed", null, null])),
    ] {
        let patched = patch(&backend, &octo.key, "validate", query).await;
        assert_eq!((patched.status, state(&patched.json())), (200, expected.clone()), "{query:?}");
        let repeated = patch(&backend, &octo.key, "validate", query).await.json();
        assert_eq!((&repeated["effect"], state(&repeated)), (&json!("unchanged"), expected), "{query:?}");
    }
    // A store that says nothing has no state of an earlier one.
    patch(&backend, &octo.key, "validate", &[("status", "failed"), ("reason", "x")]).await;
    let replaced = store(&backend, &octo.key, "validate", json!({})).await.json();
    assert_eq!(state(&replaced), json!(["completed", null, null]));
}

#[tokio::test]
async fn a_state_that_does_not_exist_is_refused_with_the_place_and_the_right_word() {
    let (backend, octo) = start().await;
    let long = "ü".repeat(1001);
    for (phase, member, value, told) in [
        ("validate", "status", "success", "unknown status \"success\": use completed"),
        ("validate", "outcome", "false-positive", "unknown outcome \"false-positive\": use false_positive"),
        ("validate", "outcome", "perhaps", "use confirmed, false_positive or inconclusive"),
        ("validate", "reason", long.as_str(), "a reason must have 1 to 1000 characters (got 1001)"),
        ("validate", "reason", "a\u{1b}[31m", "a reason must not contain control characters"),
        ("scan", "outcome", "confirmed", "scan has no outcome; only validate decides about a finding"),
        ("mitigate", "outcome", "inconclusive", "mitigate has no outcome"),
    ] {
        let stored = store(&backend, &octo.key, phase, json!({ member: value })).await;
        assert_eq!((stored.status, stored.code().as_str()), (422, "invalid_body"), "{}", stored.body);
        assert_eq!(stored.json()["pointer"], format!("/{member}"), "{}", stored.body);
        let patched = patch(&backend, &octo.key, phase, &[(member, value)]).await;
        assert_eq!((patched.status, patched.code().as_str()), (400, "invalid_parameter"), "{}", patched.body);
        for answer in [stored, patched] {
            assert!(answer.json()["detail"].as_str().is_some_and(|it| it.contains(told)), "{}", answer.body);
        }
    }
    for member in ["status", "outcome", "reason"] {
        let null = store(&backend, &octo.key, "validate", json!({ member: null })).await;
        assert_eq!((null.status, null.code().as_str()), (422, "invalid_body"), "{member}: {}", null.body);
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 404);
}

#[tokio::test]
async fn a_clean_up_a_restoration_and_a_merge_of_repositories_take_the_state_along() {
    let issuer = LocalIssuer::start();
    let backend = Backend::start_with(&[("PHASE_DATA_OIDC_ISSUERS", &issuer.setting())]).await;
    let octo = backend.tenant("octo", 9919);
    let by_token = async |name: &str| {
        let token = issuer.claim(json!({ "repository": name })).token(backend.url());
        assert_eq!(backend.store(&token, name, 1, "scan", "1").await.status / 100, 2);
    };
    by_token("octo/old").await;
    // Two rows of one repository, until its token proves the new name.
    let members = json!({ "status": "failed", "outcome": "inconclusive", "reason": REASON });
    store_in(&backend, &octo.key, ("octo/hello", 42), "validate", members).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    by_token("octo/hello").await;
    let events = get(&backend, &octo.key, "phase_data/octo/hello/42/events").await;
    assert_eq!(events["events"][0]["kind"], "moved", "{events}");

    backend.delete(&octo.key, "octo/hello", 42).await;
    let closed = get(&backend, &octo.key, "repositories/octo/hello/issues?closed=true&status=failed").await;
    let restore = "/api/v1/phase_data/octo/hello/42/restore";
    backend.send("POST", restore, &[("x-api-key", &octo.key)], "").await;
    let back = backend.retrieve(&octo.key, "octo/hello", 42).await.json();
    for phase in [&closed["issues"][0]["phases"][0], &back["phases"][0]] {
        assert_eq!(state(phase), json!(["failed", "inconclusive", REASON]));
    }
    let restored = get(&backend, &octo.key, "phase_data/octo/hello/42/events").await;
    assert_eq!(state(&restored["events"][0]), json!([null, null, null]), "only stores have one");
}

#[tokio::test]
async fn a_token_that_stored_one_state_stores_no_other() {
    let issuer = LocalIssuer::start();
    let backend = Backend::start_with(&[("PHASE_DATA_OIDC_ISSUERS", &issuer.setting())]).await;
    backend.tenant("octo", 9919);
    let token = issuer.token(backend.url());
    let members = json!({ "status": "failed", "reason": REASON });
    let first = store(&backend, &token, "scan", members.clone()).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let again = store(&backend, &token, "scan", members).await;
    assert_eq!((again.status, again.body), (201, first.body));
    for other in
        [json!({}), json!({ "status": "failed" }), json!({ "status": "completed", "reason": REASON })]
    {
        assert_eq!(store(&backend, &token, "scan", other.clone()).await.code(), "token_replayed", "{other}");
    }
}

/// Lets the database take what a later release may store.
async fn store_what_is_not_known_yet(backend: &Backend) {
    let later =
        "create or replace function phase_data.is_result(p_phase phase_data.phase, p_status text, p_outcome text, p_reason text)
                     returns boolean
                     language sql immutable as 'select true';
                 update phase_data set status = 'partial', outcome = 'duplicate' where phase = 'validate';
                 update phase_event set status = 'partial', outcome = 'duplicate' where phase = 'validate'";
    backend.database().await.execute(later).await.expect("a later release");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_release_stores_is_shown_as_it_is() {
    let (backend, octo) = start().await;
    store(&backend, &octo.key, "validate", json!({ "outcome": "confirmed" })).await;
    store_what_is_not_known_yet(&backend).await;
    let retrieved = backend.retrieve(&octo.key, "octo/hello", 42).await.json();
    let listed = get(&backend, &octo.key, "repositories/octo/hello/issues").await;
    let events = get(&backend, &octo.key, "phase_data/octo/hello/42/events").await;
    for shown in [&retrieved["phases"][0], &listed["issues"][0]["phases"][0], &events["events"][0]] {
        assert_eq!(state(shown), json!(["partial", "duplicate", null]));
    }
    let step = phase_data_tests::Step::new("retrieve", backend.url(), &octo.key, 42);
    let done = step.input("phase", "validate").run();
    assert_eq!((done.output("status"), done.output("outcome")), ("partial", "duplicate"), "{}", done.log);
    let pending = get(&backend, &octo.key, "repositories/octo/hello/issues?pending=mitigate").await;
    assert_eq!(pending["issues"], json!([]), "an unknown outcome confirms nothing");
    // A patch keeps it, too: the writer of this release does not name it.
    let patched = patch(&backend, &octo.key, "validate", &[]).await.json();
    assert_eq!(state(&patched), json!(["partial", "duplicate", null]));
}
