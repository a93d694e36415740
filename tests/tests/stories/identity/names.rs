//! Names: renamed repositories, reused names, and access by a name.

use phase_data_tests::{Answer, Tenant, repository};
use serde_json::{Value, json};

use super::super::admin::Admin;
use super::{Stage, next_second, now};

const OCTO: u32 = 9919;
const FIRST: i64 = 1_296_269;
const SECOND: i64 = 5555;

async fn stage() -> (Stage, Tenant) {
    let stage = Stage::start().await;
    let octo = stage.backend.tenant("octo", OCTO);
    (stage, octo)
}

impl Stage {
    /// Stores a scan by a token that was issued so many seconds ago.
    async fn store_as(&self, (id, name): (i64, &str), age: i64, issue: u32, data: &str) -> Answer {
        let token = self.token(OCTO, id, name, now() - age);
        let stored = self.backend.store(&token, name, issue, "scan", data).await;
        assert!(matches!(stored.status, 200 | 201), "{}", stored.body);
        stored
    }

    /// The scan that a token sees, one of an hour ago: it proves nothing that is not known.
    async fn seen_by(&self, (id, name): (i64, &str), issue: u32) -> Option<Value> {
        let token = self.token(OCTO, id, name, now() - 3600);
        data(&self.backend.retrieve(&token, name, issue).await)
    }

    async fn seen_by_key(&self, key: &str, name: &str, issue: u32) -> Option<Value> {
        data(&self.backend.retrieve(key, name, issue).await)
    }
}

fn data(answer: &Answer) -> Option<Value> {
    match answer.status {
        200 => Some(answer.json()["phases"][0]["data"].clone()),
        404 => None,
        _ => panic!("{}: {}", answer.status, answer.body),
    }
}

#[tokio::test]
async fn a_key_reaches_nothing_of_a_renamed_repository_under_its_old_name() {
    let (stage, octo) = stage().await;
    let backend = &stage.backend;
    stage.store_as((FIRST, "octo/hello"), 60, 1, "1").await;
    stage.store_as((FIRST, "octo/renamed"), 30, 2, "2").await;
    let listed = backend.key("octo", &["--repository", "octo/hello"]);
    for key in [&octo.key, &listed] {
        assert_eq!(stage.seen_by_key(key, "octo/hello", 1).await, None);
    }
    for key in [&octo.key, &listed] {
        let bearer = format!("Bearer {key}");
        let path = "/api/v1/phase_data/octo/hello/1?purge=true";
        let purged = backend.send("DELETE", path, &[("authorization", &bearer)], "").await;
        assert_eq!(purged.status, 200, "{}", purged.body);
        assert_eq!(backend.store(key, "octo/hello", 1, "scan", "\"of the key\"").await.status / 100, 2);
        assert_eq!(stage.seen_by_key(key, "octo/hello", 1).await, Some(json!("of the key")));
        assert_eq!(stage.seen_by((FIRST, "octo/renamed"), 1).await, Some(json!(1)));
    }
    assert_eq!(stage.seen_by_key(&octo.key, "octo/renamed", 1).await, Some(json!(1)));
}

#[tokio::test]
async fn a_limited_key_follows_the_names_on_its_list_and_not_the_repositories() {
    let (stage, _) = stage().await;
    let backend = &stage.backend;
    stage.store_as((FIRST, "octo/hello"), 60, 1, "1").await;
    let listed = backend.key("octo", &["--repository", "octo/hello"]);
    assert_eq!(stage.seen_by_key(&listed, "octo/hello", 1).await, Some(json!(1)));
    stage.store_as((FIRST, "octo/renamed"), 30, 2, "2").await;
    for name in ["octo/hello", "octo/renamed"] {
        assert_eq!(stage.seen_by_key(&listed, name, 1).await, None, "{name}");
    }
    let refused = backend.store(&listed, "octo/renamed", 1, "scan", "3").await;
    assert_eq!((refused.status, refused.code().as_str()), (404, "repository_out_of_reach"));
    // It is for whichever repository has the name.
    stage.store_as((SECOND, "octo/hello"), 10, 1, "4").await;
    assert_eq!(stage.seen_by_key(&listed, "octo/hello", 1).await, Some(json!(4)));
    assert_eq!(backend.store(&listed, "octo/hello", 1, "scan", "5").await.status, 200);
    assert_eq!(stage.seen_by((SECOND, "octo/hello"), 1).await, Some(json!(5)));
    assert_eq!(stage.seen_by((FIRST, "octo/renamed"), 1).await, Some(json!(1)));
}

#[tokio::test]
async fn what_a_key_stored_under_a_new_name_stays_when_the_rename_becomes_known() {
    let (stage, octo) = stage().await;
    let backend = &stage.backend;
    stage.store_as((FIRST, "octo/old"), 60, 1, "1").await;
    assert_eq!(backend.store(&octo.key, "octo/new", 2, "scan", "2").await.status, 201);
    next_second().await;
    // A read tells of it, too.
    let reader = stage.token(OCTO, FIRST, "octo/new", now());
    for issue in [1, 2] {
        assert_eq!(data(&backend.retrieve(&reader, "octo/new", issue).await), Some(json!(issue)));
        assert_eq!(stage.seen_by_key(&octo.key, "octo/new", issue).await, Some(json!(issue)));
        assert_eq!(stage.seen_by_key(&octo.key, "octo/old", issue).await, None);
    }
    stage.store_as((FIRST, "octo/new"), 0, 3, "3").await;
    for issue in [1, 2, 3] {
        assert_eq!(stage.seen_by_key(&octo.key, "octo/new", issue).await, Some(json!(issue)));
        assert_eq!(stage.seen_by((FIRST, "octo/new"), issue).await, Some(json!(issue)));
        assert_eq!(stage.seen_by_key(&octo.key, "octo/old", issue).await, None);
    }
    // It goes on under the next name, and whoever takes this one gets none of it.
    next_second().await;
    stage.store_as((FIRST, "octo/third"), 0, 4, "4").await;
    stage.store_as((SECOND, "octo/new"), 0, 5, "5").await;
    for issue in [1, 2, 3, 4] {
        assert_eq!(stage.seen_by((SECOND, "octo/new"), issue).await, None);
        assert_eq!(stage.seen_by_key(&octo.key, "octo/new", issue).await, None);
        assert_eq!(stage.seen_by_key(&octo.key, "octo/third", issue).await, Some(json!(issue)));
    }
}

#[tokio::test]
async fn of_two_documents_that_are_merged_the_newer_stays_and_its_revision_says_so() {
    let (stage, octo) = stage().await;
    let backend = &stage.backend;
    for data in ["1", "2", "3"] {
        stage.store_as((FIRST, "octo/old"), 60, 1, data).await;
    }
    backend.store(&octo.key, "octo/new", 1, "scan", "\"newer\"").await;
    next_second().await;
    stage.store_as((FIRST, "octo/new"), 0, 2, "4").await;
    let merged = backend.retrieve(&octo.key, "octo/new", 1).await.json()["phases"][0].take();
    assert_eq!((&merged["data"], &merged["revision"]), (&json!("newer"), &json!(5)));
    let path = "/api/v1/phase_data/octo/new/1/events";
    let bearer = format!("Bearer {}", octo.key);
    let events = backend.send("GET", path, &[("authorization", &bearer)], "").await.json();
    let events = events["events"].as_array().expect("events").clone();
    let stored = events.iter().filter(|event| event["kind"] == "stored").count();
    assert!(stored == 4 && events.len() > 4, "the stores of both, and what became of them: {events:?}");
}

#[tokio::test]
async fn an_older_token_does_not_take_a_newer_name_away() {
    let (stage, octo) = stage().await;
    stage.store_as((FIRST, "octo/hello"), 100, 1, "1").await;
    let began = now();
    stage.store_as((FIRST, "octo/world"), 50, 1, "2").await;
    // Its job had been waiting since before the rename.
    stage.store_as((FIRST, "octo/hello"), 70, 2, "3").await;
    assert_eq!(stage.seen_by_key(&octo.key, "octo/world", 2).await, Some(json!(3)));
    assert_eq!(stage.seen_by_key(&octo.key, "octo/hello", 2).await, None);
    // Nor does one of another repository, which may have begun in the same second.
    for age in [70, 50] {
        stage.store_as((SECOND, "octo/world"), age + now() - began, 1, "4").await;
        assert_eq!(stage.seen_by_key(&octo.key, "octo/world", 1).await, Some(json!(2)), "{age}");
        assert_eq!(stage.seen_by((SECOND, "octo/world"), 1).await, Some(json!(4)), "{age}");
    }
}

#[tokio::test]
async fn an_event_without_a_time_changes_no_name() {
    let (stage, octo) = stage().await;
    stage.store_as((FIRST, "octo/world"), 50, 1, "1").await;
    stage.store_as((SECOND, "octo/hello"), 50, 1, "2").await;
    // GitHub delivers events late, and some of its payloads have no times.
    let payload = json!({
        "action": "deleted", "issue": {"number": 7}, "repository": {
            "id": FIRST, "full_name": "octo/hello", "owner": {"id": OCTO, "login": "octo", "type": "Organization"},
        },
    });
    let finished = stage.backend.deliver_and_finish("issues", "without-time", &payload).await;
    assert_eq!(finished, ("done".to_owned(), None));
    for (name, expected) in [("octo/world", 1), ("octo/hello", 2)] {
        assert_eq!(stage.seen_by_key(&octo.key, name, 1).await, Some(json!(expected)), "{name}");
    }
}

#[tokio::test]
async fn usage_lists_and_events_name_repositories_as_they_are_called_now() {
    let (stage, octo) = stage().await;
    let admin = Admin::of(&stage.backend, &octo);
    for issue in [1, 2] {
        stage.store_as((FIRST, "octo/hello"), 100, issue, "1").await;
    }
    stage.store_as((SECOND, "octo/x"), 100, 1, "1").await;
    let renamed = |id: i64, from: &str, to: &str| {
        let at = time::OffsetDateTime::from_unix_timestamp(now() - 50).expect("a time");
        let at = at.format(&time::format_description::well_known::Rfc3339).expect("a time");
        json!({
            "action": "renamed", "changes": {"repository": {"name": {"from": from}}},
            "repository": repository(OCTO, u32::try_from(id).expect("an id"), to, &at),
        })
    };
    for (id, from, to) in [(FIRST, "hello", "octo/world"), (SECOND, "x", "octo/hello")] {
        let payload = renamed(id, from, to);
        let finished = stage.backend.deliver_and_finish("repository", from, &payload).await;
        assert_eq!(finished.0, "done");
    }
    let usage = admin.call("GET", "/usage", Value::Null).await.json();
    let names: Vec<_> = usage["repositories"]
        .as_array()
        .expect("repositories")
        .iter()
        .map(|each| (each["repository"].as_str().unwrap_or_default(), each["documents"].as_i64()))
        .collect();
    assert_eq!(names, [("octo/world", Some(2)), ("octo/hello", Some(1))]);
    let bearer = format!("Bearer {}", octo.key);
    let get =
        async |path: String| stage.backend.send("GET", &path, &[("authorization", &bearer)], "").await.json();
    for (name, issues) in [("octo/world", 2), ("octo/hello", 1), ("octo/x", 0)] {
        let listed = get(format!("/api/v1/repositories/{name}/issues")).await;
        let count = listed["issues"].as_array().map(Vec::len);
        assert_eq!((&listed["repository"], count), (&json!(name), Some(issues)), "{listed}");
    }
    for name in ["octo/world", "octo/hello"] {
        let events = get(format!("/api/v1/phase_data/{name}/1/events")).await;
        let count = events["events"].as_array().map(Vec::len);
        assert_eq!((&events["repository"], count), (&json!(name), Some(1)), "{events}");
    }
    let read = stage.backend.retrieve(&octo.key, "octo/world", 1).await;
    let logged = stage.backend.logged(read.header("x-request-id")).await;
    assert!(logged.contains("octo/world") && !logged.contains("octo/hello"), "{logged}");
}

#[tokio::test]
async fn a_list_that_tells_of_a_new_name_has_what_keys_stored_under_it() {
    let (stage, octo) = stage().await;
    let backend = &stage.backend;
    stage.store_as((FIRST, "octo/old"), 60, 1, "1").await;
    assert_eq!(backend.store(&octo.key, "octo/new", 2, "scan", "2").await.status, 201);
    next_second().await;
    let bearer = format!("Bearer {}", stage.token(OCTO, FIRST, "octo/new", now()));
    let path = "/api/v1/repositories/octo/new/issues";
    let listed = backend.send("GET", path, &[("authorization", &bearer)], "").await.json();
    let listed = listed["issues"].as_array().expect("issues").iter();
    let issues: Vec<_> = listed.map(|issue| issue["issue_number"].as_i64()).collect();
    assert_eq!(issues, [Some(1), Some(2)]);
}
