//! Workflows without any stored secret.

use std::time::Duration;

use phase_data_tests::corpus::payload;
use phase_data_tests::{Answer, Backend, LocalIssuer, Step};
use serde_json::json;

async fn start(issuer: &LocalIssuer) -> Backend {
    let backend = Backend::start_with(&[("PHASE_DATA_OIDC_ISSUERS", &issuer.setting())]).await;
    backend.command(&["account", "create", "--owner-id", "9919", "--login", "octo"]);
    backend
}

fn step(issuer: &LocalIssuer, backend: &Backend, operation: &str) -> Step {
    issuer.permit(Step::new(operation, backend.url(), "", 42))
}

async fn get(backend: &Backend, token: &str, path: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    backend.send("GET", &format!("/api/v1/phase_data/{path}"), &[("authorization", &bearer)], "").await
}

#[tokio::test]
async fn a_workflow_stores_retrieves_and_cleans_up_without_any_secret() {
    let issuer = LocalIssuer::start();
    let backend = start(&issuer).await;
    let stored = step(&issuer, &backend, "store").input("phase", "scan").input("data-file", "report.json");
    let stored = stored.file("report.json", payload("scan")).run();
    assert!(stored.success, "{}", stored.log);
    let retrieved = step(&issuer, &backend, "retrieve").input("phase", "scan").run();
    assert!(retrieved.success, "{}", retrieved.log);
    assert_eq!(retrieved.output("found"), "true");
    let cleaned = step(&issuer, &backend, "cleanup").run();
    assert!(cleaned.success && cleaned.output("deleted") == r#"["scan"]"#, "{}", cleaned.log);
    assert_eq!(issuer.key_fetches(), 1);
    for log in [&stored.log, &retrieved.log, &cleaned.log, &backend.log()] {
        let unmasked: Vec<_> = log.lines().filter(|line| !line.starts_with("::add-mask::")).collect();
        assert!(!unmasked.join("\n").contains("eyJ"), "a token was printed: {log}");
    }
}

#[tokio::test]
async fn receipts_say_which_run_wrote_what() {
    let issuer = LocalIssuer::start();
    let backend = start(&issuer).await;
    for data in ["1", "2"] {
        let stored = step(&issuer, &backend, "store").input("phase", "scan").input("data", data).run();
        assert!(stored.success, "{}", stored.log);
    }
    assert!(step(&issuer, &backend, "cleanup").run().success);
    let token = issuer.token(backend.url());
    let page = get(&backend, &token, "octo/hello/42/events?limit=2").await.json();
    let kinds: Vec<_> =
        page["events"].as_array().expect("events").iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["deleted", "stored"]);
    let actor = &page["events"][0]["actor"];
    assert_eq!((&actor["actor"], &actor["run_attempt"]), (&json!("mona"), &json!(2)));
    let run_url = actor["run_url"].as_str().expect("a link");
    assert!(run_url.ends_with("/octo/hello/actions/runs/1658821493/attempts/2"), "{run_url}");
    let next = page["next"].as_i64().expect("an older one");
    let rest = get(&backend, &token, &format!("octo%2Fhello/42/events?before={next}")).await.json();
    assert_eq!((rest["events"][0]["revision"].as_i64(), rest["next"].as_i64()), (Some(1), None));
}

#[tokio::test]
async fn a_token_reaches_its_own_repository_and_account_alone() {
    let issuer = LocalIssuer::start();
    let backend = start(&issuer).await;
    let key = backend.key("octo", &[]);
    backend.store(&key, "octo/hello", 42, "scan", "1").await;
    let token = || issuer.token(backend.url());

    let other = get(&backend, &token(), "octo/other/42").await;
    assert_eq!((other.status, other.code().as_str()), (404, "repository_out_of_reach"), "{}", other.body);
    assert_eq!(other.json()["claims"]["repository"], "octo/hello");

    // A stranger who took the name has another id, and finds nothing.
    issuer.claim(json!({ "repository_owner_id": "666", "repository_id": "667" }));
    let unknown = get(&backend, &token(), "octo/hello/42").await;
    assert_eq!((unknown.status, unknown.code().as_str()), (403, "account_unknown"));
    assert!(unknown.body.contains("--owner-id 666"), "{}", unknown.body);
    backend.command(&["account", "create", "--owner-id", "666", "--login", "octo"]);
    let stranger = get(&backend, &token(), "octo/hello/42").await;
    assert_eq!((stranger.status, stranger.code().as_str()), (404, "phase_data_not_found"));
}

#[tokio::test]
async fn a_renamed_repository_keeps_its_data_and_whoever_takes_the_old_name_gets_none() {
    let issuer = LocalIssuer::start();
    let backend = start(&issuer).await;
    let store = |data: &str| step(&issuer, &backend, "store").input("phase", "scan").input("data", data);
    assert!(store("\"of the first\"").run().success);

    issuer.claim(json!({ "repository": "octo/renamed" }));
    let found = get(&backend, &issuer.token(backend.url()), "octo/renamed/42").await;
    assert_eq!(found.json()["phases"][0]["data"], "of the first", "{}", found.body);
    // Only a write keeps the new name, and a token of the same second proves nothing newer.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let renamed = backend.store(&issuer.token(backend.url()), "octo/renamed", 42, "validate", "1").await;
    assert_eq!(renamed.status, 201, "{}", renamed.body);
    tokio::time::sleep(Duration::from_millis(1100)).await;

    issuer.claim(json!({ "repository": "octo/hello", "repository_id": "77" }));
    let fresh = get(&backend, &issuer.token(backend.url()), "octo/hello/42").await;
    assert_eq!(fresh.status, 404, "{}", fresh.body);
    assert!(store("\"of the second\"").run().success);
    let key = backend.key("octo", &[]);
    let by_name =
        async |name: &str| backend.retrieve(&key, name, 42).await.json()["phases"][0]["data"].clone();
    assert_eq!(by_name("octo/renamed").await, "of the first");
    assert_eq!(by_name("octo/hello").await, "of the second");
}

#[tokio::test]
async fn a_token_serves_one_write_and_its_repetition_gets_the_same_answer() {
    let issuer = LocalIssuer::start();
    let backend = start(&issuer).await;
    let token = issuer.token(backend.url());
    let store = async |data: &str| backend.store(&token, "octo/hello", 42, "scan", data).await;
    let first = store("1").await;
    assert_eq!(first.status, 201, "{}", first.body);
    let again = store("1").await;
    assert_eq!((again.status, &again.body), (201, &first.body), "answered as the first was");
    let different = store("2").await;
    assert_eq!((different.status, different.code().as_str()), (409, "token_replayed"));
    let deleted = backend.delete(&token, "octo/hello", 42).await;
    assert_eq!((deleted.status, deleted.code().as_str()), (409, "token_replayed"));
    assert_eq!(backend.retrieve(&token, "octo/hello", 42).await.status, 200, "reading spends nothing");

    // A store whose precondition failed wrote nothing, and its token can still be used.
    let token = issuer.token(backend.url());
    let refused = backend.store_if(&token, "octo/hello", 42, "scan", "3", &[("if-match", "\"7\"")]).await;
    assert_eq!(refused.status, 412, "{}", refused.body);
    assert_eq!(backend.store(&token, "octo/hello", 42, "scan", "3").await.status, 200);
}

#[tokio::test]
async fn the_accounts_policy_decides_which_runs_may_come() {
    let issuer = LocalIssuer::start();
    let backend = start(&issuer).await;
    let admin = backend.key("octo", &["--scope", "admin"]);
    let bearer = format!("Bearer {admin}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let put = async |body: &str| backend.send("PUT", "/api/v1/admin/policy", &headers, body.to_owned()).await;
    let status = async |claims: serde_json::Value| {
        issuer.claim(claims);
        let answer = get(&backend, &issuer.token(backend.url()), "octo/hello/42").await;
        (answer.status, answer.code())
    };
    let refused = (403, "event_refused".to_owned());
    let (let_in, comment) =
        ((404, "phase_data_not_found".to_owned()), json!({ "event_name": "issue_comment" }));
    assert_eq!(status(json!({})).await, let_in);
    assert_eq!(status(comment.clone()).await, refused);
    assert_eq!(status(json!({ "event_name": "pull_request_target" })).await, refused);

    let set =
        put(r#"{"events":{"issue_comment":true},"refs":["refs/heads/main"],"environments":["prod"]}"#).await;
    assert_eq!(set.status, 200, "{}", set.body);
    assert_eq!(status(comment.clone()).await, refused, "no environment in the token");
    let in_prod = json!({ "event_name": "issue_comment", "environment": "prod" });
    assert_eq!(status(in_prod).await, let_in);
    assert_eq!(status(json!({ "environment": "prod", "ref": "refs/heads/x" })).await, refused);

    let wrong = put(r#"{"refs":["main"]}"#).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (422, "invalid_body"), "{}", wrong.body);
    assert!(wrong.body.contains("refs/heads/main"), "{}", wrong.body);
    for array in ["[]", r#"{"events":[]}"#] {
        assert_eq!(put(array).await.status, 422, "{array}");
    }
    let writer = format!("Bearer {}", backend.key("octo", &[]));
    let not_admin = backend.send("GET", "/api/v1/admin/policy", &[("authorization", &writer)], "").await;
    assert_eq!((not_admin.status, not_admin.code().as_str()), (403, "insufficient_scope"));
}

#[tokio::test]
async fn refusals_teach_in_the_annotation_and_the_summary() {
    let issuer = LocalIssuer::start();
    let backend = start(&issuer).await;
    let store = || step(&issuer, &backend, "store").input("phase", "scan").input("data", "1");
    issuer.claim(json!({ "event_name": "workflow_run" }));
    let refused = store().run();
    assert!(!refused.success && refused.log.contains("::error"), "{}", refused.log);
    assert!(
        refused.log.contains("workflow_run") && refused.summary.contains("event&#95;name"),
        "{}",
        refused.summary
    );
    issuer.claim(json!({}));
    let elsewhere = store().input("repository", "octo/other").run();
    assert!(!elsewhere.success && elsewhere.log.contains("octo/other"), "{}", elsewhere.log);
    let denied = Step::new("store", backend.url(), "", 42).input("phase", "scan").input("data", "1").run();
    assert!(!denied.success && denied.log.contains("id-token: write"), "{}", denied.log);
}

#[tokio::test]
async fn a_backend_that_takes_no_tokens_says_so() {
    let issuer = LocalIssuer::start();
    let backend = Backend::start().await;
    let discovery = backend.send("GET", "/api/v1/auth/oidc", &[], "").await;
    assert_eq!((discovery.status, discovery.code().as_str()), (404, "oidc_not_configured"));
    let answer = get(&backend, &issuer.token(backend.url()), "octo/hello/42").await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "oidc_not_configured"));
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_is_503_and_no_refusal() {
    let issuer = LocalIssuer::start();
    let backend = Backend::start_with(&[("PHASE_DATA_OIDC_ISSUERS", "github=http://127.0.0.1:9")]).await;
    issuer.claim(json!({ "iss": "http://127.0.0.1:9" }));
    let answer = get(&backend, &issuer.token(backend.url()), "octo/hello/42").await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "oidc_unavailable"), "{}", answer.body);
    assert!(!answer.header("retry-after").is_empty());
}
