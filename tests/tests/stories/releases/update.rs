//! An update, a roll-back and an update again, under load.

use std::path::Path;

use phase_data_tests::{Answer, Backend, backend_program, second_release};
use serde_json::json;

use super::load::Load;
use super::{empty_database, execute, migrate, owner, stop, texts};

fn start(program: &'static Path, url: &str) -> Backend {
    Backend::start_release(program, url.to_owned(), &[])
}

async fn claim(backend: &Backend, key: &str, issue: u32) -> Answer {
    backend.store(key, "octo/hello", issue, "scan", r#"{"claim":1}"#).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_and_a_roll_back_under_load_fail_no_request_and_lose_nothing() {
    let url = empty_database().await;
    let old = start(backend_program(), &url);
    let octo = old.tenant("octo", 9919);
    let load = Load::start(&old, &octo);
    load.go_on().await;

    let (done, printed) = migrate(second_release(), &url, &[]).await;
    assert!(done && printed.contains("applied the migration 9001 (assessments)"), "{printed}");
    assert!(printed.contains("installed the functions of release 2 into phase_data_fn_"), "{printed}");
    load.go_on().await;
    let new = start(second_release(), &url);
    load.add(&new);
    load.go_on().await;
    both_read_what_only_the_new_release_writes(&old, &new, &octo.key, &octo.account).await;
    let refused = claim(&new, &octo.key, 1000).await;
    assert_eq!((refused.status, refused.code()), (503, "upgrade_in_progress".to_owned()), "{}", refused.body);
    assert_eq!(refused.header("retry-after"), "10");
    assert_eq!(new.retrieve(&octo.key, "octo/hello", 1000).await.status, 404);

    // Back: the old release's own `migrate` does not mind what the new one left.
    load.remove(&new).await;
    stop(new);
    let (done, printed) = migrate(backend_program(), &url, &[]).await;
    assert!(done, "{printed}");
    let again = start(backend_program(), &url);
    load.add(&again);
    load.remove(&old).await;
    stop(old);
    load.go_on().await;

    // And forth. A server that stopped in an orderly way counts no more.
    let new = start(second_release(), &url);
    load.add(&new);
    load.go_on().await;
    load.remove(&again).await;
    assert_eq!(claim(&new, &octo.key, 1000).await.status, 503);
    stop(again);
    assert_eq!(claim(&new, &octo.key, 1000).await.status, 201);
    load.go_on().await;
    assert_eq!(load.end().await, Vec::<String>::new());
    assert!(!new.log().contains("\"ERROR\""), "{}", new.log());
}

async fn both_read_what_only_the_new_release_writes(old: &Backend, new: &Backend, key: &str, account: &str) {
    assert_eq!(new.store(key, "octo/hello", 500, "scan", "1").await.status, 201);
    let held = format!(
        "insert into webhook_delivery (forge_account_id, delivery_id, event, state, request_id, finished_at)
         values ('{account}', 'held', 'issues', 'held', 'r', now())"
    );
    execute(&mut owner(old.database_url()).await, &held).await;
    let admin = format!("Bearer {}", old.key(account, &["--scope", "admin"]));
    for server in [old, new] {
        let path = "/api/v1/phase_data/octo/hello/500/events";
        let bearer = format!("Bearer {key}");
        let events = server.send("GET", path, &[("authorization", &bearer)], "").await.json();
        let kinds: Vec<_> =
            events["events"].as_array().expect("events").iter().map(|it| &it["kind"]).collect();
        assert_eq!(kinds, ["assessed", "stored"]);
        let path = "/api/v1/admin/webhook_deliveries";
        let deliveries = server.send("GET", path, &[("authorization", &admin)], "").await.json();
        assert_eq!(deliveries["deliveries"][0]["state"], "held", "{deliveries}");
        let usage = server.send("GET", "/api/v1/admin/usage", &[("authorization", &admin)], "").await;
        assert_eq!(usage.status, 200, "{}", usage.body);
    }
}

#[tokio::test]
async fn an_older_release_starts_on_a_database_that_a_newer_one_made() {
    let url = empty_database().await;
    let new = start(second_release(), &url);
    let old = start(backend_program(), &url);
    let octo = old.tenant("octo", 9919);
    for (server, issue) in [(&old, 1), (&new, 2)] {
        assert_eq!(server.send("GET", "/health/ready", &[], "").await.status, 200);
        assert_eq!(server.store(&octo.key, "octo/hello", issue, "scan", "1").await.status, 201);
    }
    for (server, issue) in [(&old, 2), (&new, 1)] {
        assert_eq!(
            server.retrieve(&octo.key, "octo/hello", issue).await.json()["phases"][0]["data"],
            json!(1)
        );
    }
    let assessments = "select assessment from phase_data order by issue_number";
    assert_eq!(texts(&mut owner(&url).await, assessments).await, ["none", "sound"]);
}

#[tokio::test]
async fn a_server_that_was_killed_counts_until_its_last_sign_of_life_is_a_minute_old() {
    let url = empty_database().await;
    let (old, new) = (start(backend_program(), &url), start(second_release(), &url));
    let octo = new.tenant("octo", 9919);
    old.kill();
    assert_eq!(claim(&new, &octo.key, 1).await.status, 503);
    let later =
        "update server_instance set last_seen_at = last_seen_at - interval '1 minute' where release = 1";
    execute(&mut owner(&url).await, later).await;
    assert_eq!(claim(&new, &octo.key, 1).await.status, 201);
}

#[tokio::test]
async fn what_a_newer_release_closed_in_a_way_of_its_own_stays_as_it_is() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    assert_eq!(backend.store(&octo.key, "octo/hello", 1, "scan", "1").await.status, 201);
    let mut database = owner(backend.database_url()).await;
    let superseded = "alter table phase_data drop constraint phase_data_closed;
                      update phase_data set deleted_at = now(), purge_at = now() + interval '7 days',
                                            closed_by = 'superseded'";
    execute(&mut database, superseded).await;
    let bearer = format!("Bearer {}", octo.key);
    let headers = [("authorization", bearer.as_str())];
    for (method, path) in [("DELETE", ""), ("POST", "/restore"), ("GET", "")] {
        let path = format!("/api/v1/phase_data/octo/hello/1{path}");
        let answer = backend.send(method, &path, &headers, "").await;
        assert!(matches!(answer.status, 200 | 404), "{method} {path}: {} {}", answer.status, answer.body);
    }
    assert_eq!(texts(&mut database, "select closed_by from phase_data").await, ["superseded"]);
}
