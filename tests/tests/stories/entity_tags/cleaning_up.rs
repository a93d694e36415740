//! A clean-up under a condition is about all that the issue has.

use std::sync::Arc;
use std::time::Duration;

use phase_data_tests::{Answer, Backend, LocalIssuer};
use serde_json::json;
use tokio::task::JoinSet;

use super::PATH;

async fn delete(backend: &Backend, key: &str, query: &str, if_match: &str) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("if-match", if_match)];
    let headers = if if_match.is_empty() { &headers[..1] } else { &headers[..] };
    backend.send("DELETE", &format!("{PATH}{query}"), headers, "").await
}

async fn issue_tag(backend: &Backend, key: &str) -> String {
    backend.retrieve(key, "octo/hello", 42).await.header("etag").to_owned()
}

#[tokio::test]
async fn a_clean_up_is_done_only_if_the_issue_has_just_what_its_sender_saw() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let key = octo.key.as_str();
    for (query, if_match) in [("", "*"), ("", "\"scan.1-1a2b3c4d\""), ("?if_revision=1", "")] {
        let nothing = delete(&backend, key, query, if_match).await;
        assert_eq!((nothing.status, nothing.code().as_str()), (412, "revision_mismatch"), "{}", nothing.body);
        assert!(nothing.json().get("current_etag").is_none(), "{}", nothing.body);
    }
    let scan = backend.store(key, "octo/hello", 42, "scan", "1").await.header("etag").to_owned();
    let one = issue_tag(&backend, key).await;
    backend.store(key, "octo/hello", 42, "validate", "1").await;
    let both = issue_tag(&backend, key).await;
    for (query, if_match) in [("", one.as_str()), ("", &scan), ("?purge=true", &one), ("?dry_run=true", &one)]
    {
        let refused = delete(&backend, key, query, if_match).await;
        let problem = refused.json();
        assert_eq!(
            (refused.status, problem["current_etag"].as_str()),
            (412, Some(&*both)),
            "{query} {if_match}"
        );
        assert!(problem.get("current_revision").is_none(), "{problem:#}");
    }
    let ambiguous = delete(&backend, key, "?if_revision=1", "").await;
    assert_eq!(ambiguous.status, 412, "{}", ambiguous.body);
    let hint = ambiguous.json()["hint"].as_str().expect("a hint").to_owned();
    assert!(hint.contains("If-Match"), "{hint}");
    assert_eq!(issue_tag(&backend, key).await, both, "nothing was changed");
    let would = delete(&backend, key, "?dry_run=true", &both).await;
    assert_eq!(would.json()["deleted"], json!(["scan", "validate"]), "{}", would.body);
    let done = delete(&backend, key, "", &format!("{one}, {both}")).await;
    assert_eq!(done.json()["deleted"], json!(["scan", "validate"]), "{}", done.body);
    assert_eq!(delete(&backend, key, "", &both).await.status, 412, "nothing is there any more");
}

#[tokio::test]
async fn a_revision_is_enough_where_the_issue_has_one_phase() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let key = octo.key.as_str();
    for data in ["1", "2"] {
        backend.store(key, "octo/hello", 42, "scan", data).await;
    }
    let other = delete(&backend, key, "?if_revision=1", "").await;
    assert_eq!((other.status, other.json()["current_revision"].as_i64()), (412, Some(2)), "{}", other.body);
    let tag = issue_tag(&backend, key).await;
    assert_eq!(delete(&backend, key, "?if_revision=1", &tag).await.status, 412, "both must hold");
    assert_eq!(delete(&backend, key, "?if_revision=2", "\"scan.2-1a2b3c4d\"").await.status, 412);
    let done = delete(&backend, key, "?if_revision=2&purge=true", &tag).await;
    assert_eq!((done.status, &done.json()["deleted"]), (200, &json!(["scan"])), "{}", done.body);
}

#[tokio::test]
async fn a_refused_clean_up_spends_no_token_and_a_done_one_is_answered_again() {
    let issuer = LocalIssuer::start();
    let backend = Backend::start_with(&[("PHASE_DATA_OIDC_ISSUERS", &issuer.setting())]).await;
    let octo = backend.tenant("octo", 9919);
    let token = issuer.token(backend.url());
    assert_eq!(backend.store(&token, "octo/hello", 42, "scan", "1").await.status, 201);
    let tag = issue_tag(&backend, &octo.key).await;
    let token = issuer.token(backend.url());
    assert_eq!(delete(&backend, &token, "", "\"x\"").await.status, 412);
    let done = delete(&backend, &token, "", &tag).await;
    assert_eq!(done.json()["deleted"], json!(["scan"]), "{}", done.body);
    let again = delete(&backend, &token, "", &tag).await;
    assert_eq!((again.status, &again.body), (200, &done.body));
    let other = delete(&backend, &token, "", "").await;
    assert_eq!((other.status, other.code().as_str()), (409, "token_replayed"), "{}", other.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phase_that_is_stored_while_a_clean_up_is_being_checked_is_not_removed_unseen() {
    let backend = Arc::new(Backend::start().await);
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let tag = issue_tag(&backend, &octo.key).await;
    // The clean-up's check waits for this lock, and has looked at the rows already.
    let mut database = backend.database().await;
    sqlx::query("begin").execute(&mut database).await.expect("a transaction");
    sqlx::query("select from phase_data for update").execute(&mut database).await.expect("a lock");
    let cleaning = {
        let (backend, key) = (backend.clone(), octo.key.clone());
        tokio::spawn(async move { delete(&backend, &key, "", &tag).await })
    };
    let waits =
        "select exists (select from pg_locks l join pg_database d on d.oid = l.database or l.database is null
                                 join pg_stat_activity a on a.pid = l.pid
                                where not l.granted and a.datname = current_database())";
    let mut watch = backend.database().await;
    while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut watch).await.expect("the locks") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(backend.store(&octo.key, "octo/hello", 42, "validate", "1").await.status, 201);
    sqlx::query("rollback").execute(&mut database).await.expect("the end");
    let refused = cleaning.await.expect("an answer");
    assert_eq!((refused.status, refused.code().as_str()), (412, "revision_mismatch"), "{}", refused.body);
    let kept = backend.retrieve(&octo.key, "octo/hello", 42).await.json();
    assert_eq!(kept["phases"].as_array().map(Vec::len), Some(2), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_store_and_a_clean_up_of_one_revision_just_one_is_done() {
    let backend = Arc::new(Backend::start().await);
    let octo = backend.tenant("octo", 9919);
    for round in 0..20 {
        let stored = backend.store(&octo.key, "octo/hello", 42, "scan", &format!("{round}")).await;
        let query = format!("?if_revision={}", stored.json()["revision"]);
        let tag = issue_tag(&backend, &octo.key).await;
        let mut racers = JoinSet::new();
        for racer in 0..6 {
            let (backend, key) = (backend.clone(), octo.key.clone());
            let (query, tag) = (query.clone(), tag.clone());
            racers.spawn(async move {
                match racer % 3 {
                    0 => {
                        backend
                            .store_where(&key, &query, "octo/hello", 42, "scan", &format!("[{racer}]"), &[])
                            .await
                    }
                    1 => delete(&backend, &key, &query, "").await,
                    _ => delete(&backend, &key, "", &tag).await,
                }
                .status
            });
        }
        let mut statuses = racers.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412], "round {round}");
    }
}
