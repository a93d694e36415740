//! The repositories of keys, and the calls of an admin.

use phase_data_tests::Backend;
use serde_json::{Value, json};

use super::{Admin, at};

#[tokio::test]
async fn a_key_reaches_the_repositories_on_its_list_and_no_other() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 1);
    let admin = Admin::of(&backend, &octo);
    let requested = json!({"name": "CI", "scope": "write", "repositories": ["Octo/Hello", "octo/other"]});
    let (over_http, shown) = admin.create(requested).await;
    assert_eq!(shown["repositories"], json!(["octo/hello", "octo/other"]));
    let options = ["--repository", "Octo/Hello", "--repository", "octo/other"];
    let by_command = backend.key(&octo.account, &options);
    assert!(backend.command(&["key", "list"]).contains("only octo/hello, octo/other"));

    for key in [&over_http, &by_command] {
        assert_eq!(backend.store(key, "OCTO/hello", 42, "scan", "1").await.status / 100, 2);
        assert_eq!(backend.retrieve(key, "octo/HELLO", 42).await.status, 200);
        assert_eq!(backend.delete(key, "octo/hello", 42).await.status, 200);

        backend.store(&octo.key, "octo/secret", 42, "scan", r#""mine""#).await;
        let mut bodies = Vec::new();
        // One that has data and one that has none are refused alike.
        for repository in ["octo/secret", "octo/absent"] {
            let encoded = format!("/api/v1/phase_data/{}/42", repository.replace('/', "%2F"));
            let bearer = format!("Bearer {key}");
            let headers = [("authorization", bearer.as_str())];
            for answer in [
                backend.store(key, repository, 42, "scan", "1").await,
                backend.retrieve(key, repository, 42).await,
                backend.delete(key, repository, 42).await,
                backend.send("GET", &encoded, &headers, "").await,
                backend.send("DELETE", &format!("{encoded}?purge=true"), &headers, "").await,
            ] {
                let refusal = (answer.status, answer.code());
                assert_eq!(refusal, (404, "repository_out_of_reach".to_owned()), "{repository}");
                let body = answer.body.replace(answer.header("x-request-id"), "");
                bodies.push(body.replace(repository, "R"));
            }
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{bodies:?}");
        assert_eq!(backend.retrieve(&octo.key, "octo/secret", 42).await.status, 200, "it is untouched");
    }
}

#[tokio::test]
async fn a_wish_that_does_not_fit_together_is_refused_with_its_place() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 1);
    let admin = Admin::of(&backend, &octo);
    let many: Vec<String> = (0..101).map(|n| format!("octo/{n}")).collect();
    for (requested, pointer, detail) in [
        (json!({"name": "x", "scope": "admin", "repositories": ["a/b"]}), "/repositories", "scope admin"),
        (json!({"name": "x", "scope": "read", "repositories": []}), "/repositories", "empty"),
        (json!({"name": "x", "scope": "read", "repositories": many}), "/repositories", "more than 100"),
        (json!({"name": "x", "scope": "read", "repositories": ["a"]}), "/repositories/0", "owner/name"),
        (json!({"name": "x", "scope": "read", "repositories": null}), "/repositories", "null"),
        (json!({"name": "", "scope": "read"}), "/name", "1 to 100"),
        (json!({"name": "x\u{1b}[2J", "scope": "read"}), "/name", "1 to 100"),
        (json!({"name": "x", "scope": "root"}), "/scope", "unknown variant"),
        (json!({"name": "x", "scope": "read", "expires_in_days": 0}), "/expires_in_days", "between 1"),
        (json!({"name": "x", "scope": "read", "expires": 1}), "/expires", "unknown field"),
    ] {
        let answer = admin.call("POST", "/keys", requested.clone()).await;
        let problem = answer.json();
        assert_eq!((answer.status, answer.code()), (422, "invalid_body".to_owned()), "{requested}");
        assert_eq!(problem["pointer"], pointer, "{requested}");
        assert!(at(&problem, "detail").contains(detail), "{}", answer.body);
    }
    let command = ["key", "create", "--name", "x", "--scope", "admin", "--repository", "a/b"];
    let refused = Backend::run(&[("DATABASE_URL", backend.database_url())], &command);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("can't be limited to repositories"));
}

#[tokio::test]
async fn two_tenants_never_see_or_touch_each_others_keys() {
    let backend = Backend::start().await;
    let (octo, rival) = (backend.tenant("octo", 1), backend.tenant("rival", 2));
    let (admin, theirs) = (Admin::of(&backend, &octo), Admin::of(&backend, &rival));
    let list = theirs.call("GET", "/keys", Value::Null).await;
    assert!(!list.body.contains(&octo.key[3..15]) && list.body.contains(&rival.key[3..15]), "{}", list.body);

    for (method, suffix, body) in [("DELETE", "", Value::Null), ("POST", "/rotate", json!({}))] {
        let mut bodies = Vec::new();
        for id in [&octo.key[3..15], &admin.key[3..15], "0123456789aZ"] {
            let answer = theirs.call(method, &format!("/keys/{id}{suffix}"), body.clone()).await;
            assert_eq!((answer.status, answer.code()), (404, "key_not_found".to_owned()));
            bodies.push(answer.body.replace(answer.header("x-request-id"), "").replace(id, "K"));
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "another's key is answered like nobody's: {bodies:?}");
        let whole_key = theirs.call(method, &format!("/keys/{}{suffix}", octo.key), body).await;
        assert_eq!(whole_key.code(), "invalid_parameter");
        assert!(!whole_key.body.contains(&octo.key[15..]), "a secret is echoed: {}", whole_key.body);
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.code(), "phase_data_not_found");
    let mine = admin.call("GET", "/keys", Value::Null).await.json();
    let untouched = |key: &Value| key.get("revoked_at").is_none() && key.get("expires_at").is_none();
    assert!(mine["keys"].as_array().expect("keys").iter().all(untouched), "{mine:#}");

    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let usage = theirs.call("GET", "/usage", Value::Null).await.json();
    assert_eq!((&usage["documents"], &usage["active_keys"]), (&json!(0), &json!(2)), "{usage:#}");
}
