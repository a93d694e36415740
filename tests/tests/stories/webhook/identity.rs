//! Whom a delivery is about, and in which order things happened, whatever the order of deliveries.

use phase_data_tests::{issue_event, repository};
use serde_json::{Value, json};

use super::{in_seconds, stage};

fn owner() -> Value {
    json!({ "id": 9919, "login": "octo", "type": "Organization" })
}

#[tokio::test]
async fn an_enterprise_that_uninstalls_the_app_takes_nothing_from_the_owner_of_its_number() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    let enterprise = json!({ "id": 9919, "slug": "somebody-else", "name": "Somebody Else" });
    for (action, installation) in [
        ("deleted", json!({ "id": 5, "account": enterprise, "target_type": "Enterprise" })),
        ("deleted", json!({ "id": 5, "account": enterprise })),
        ("created", json!({ "id": 5, "account": enterprise, "target_type": "Enterprise" })),
    ] {
        let payload = json!({ "action": action, "installation": installation });
        let id = format!("{action}-{}", payload.to_string().len());
        let (state, reason) = backend.deliver_and_finish("installation", &id, &payload).await;
        assert_eq!(state, "ignored", "{payload}");
        assert!(reason.is_some_and(|reason| reason.starts_with("an enterprise owns no repositories")));
        assert_eq!(backend.retrieve(&octo.key, "octo/hello", 1).await.status, 200, "{payload}");
    }
    let accounts = "select count(*) from forge_account";
    let accounts: i64 =
        sqlx::query_scalar(accounts).fetch_one(&mut backend.database().await).await.expect("a count");
    assert_eq!(accounts, 1, "an enterprise becomes no account");
}

#[tokio::test]
async fn what_github_told_of_an_earlier_time_changes_nothing_when_it_is_delivered_late() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/hello", 1, "scan", "1").await;
    let listed = json!([{ "id": 1, "full_name": "octo/hello" }]);
    let repositories = |action: &str, at: &Value| {
        json!({
            "action": action, "repositories_added": listed, "repositories_removed": listed,
            "installation": { "id": 5, "account": owner(), "updated_at": at },
        })
    };
    let account = |action: &str, at: &Value| json!({ "action": action, "installation": { "id": 5, "account": owner(), "updated_at": at } });
    let (old, new) = (json!(in_seconds(-600)), json!(in_seconds(-60)));
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let (older, newer) = (json!(now - 30), json!(now));
    for (number, (event, payload, status)) in [
        ("installation_repositories", repositories("added", &new), 200),
        ("installation_repositories", repositories("removed", &old), 200),
        ("installation_repositories", repositories("removed", &new), 404),
        ("installation_repositories", repositories("added", &old), 404),
        ("installation_repositories", repositories("added", &newer), 200),
        ("installation_repositories", repositories("removed", &older), 200),
        ("installation", account("created", &new), 200),
        ("installation", account("deleted", &old), 200),
        ("installation", account("deleted", &newer), 404),
        ("installation", account("created", &older), 404),
        // Without a time that can be read, the order of event decides.
        ("installation", account("created", &Value::Null), 200),
    ]
    .into_iter()
    .enumerate()
    {
        backend.deliver_and_finish(event, &number.to_string(), &payload).await;
        let seen = backend.retrieve(&octo.key, "octo/hello", 1).await.status;
        assert_eq!(seen, status, "{number}: {payload}");
    }
}

#[tokio::test]
async fn transfers_on_and_on_end_where_the_issue_is_in_whichever_order_they_are_delivered() {
    let places = [("octo/a", 1, 5), ("octo/b", 2, 1), ("octo/c", 3, 9)];
    let place = |index: usize| {
        let (name, id, number) = places[index];
        (repository(9919, id, name, &in_seconds(0)), number)
    };
    for order in [[0, 1], [1, 0]] {
        let (backend, octo) = stage().await;
        backend.store(&octo.key, "octo/a", 5, "scan", "1").await;
        for from in order {
            let ((repository, number), (to, to_number)) = (place(from), place(from + 1));
            let payload = json!({
                "action": "transferred", "issue": { "number": number }, "repository": repository,
                "changes": { "new_issue": { "number": to_number }, "new_repository": to },
            });
            let state = backend.deliver_and_finish("issues", &format!("{from}"), &payload).await;
            assert_eq!(state, ("done".to_owned(), None));
        }
        for (name, number, status) in [("octo/a", 5, 404), ("octo/b", 1, 404), ("octo/c", 9, 200)] {
            let seen = backend.retrieve(&octo.key, name, number).await.status;
            assert_eq!(seen, status, "{name}#{number} after {order:?}");
        }
    }
}

#[tokio::test]
async fn an_issue_that_comes_back_to_its_number_has_its_data_there() {
    let (backend, octo) = stage().await;
    backend.store(&octo.key, "octo/a", 5, "scan", "1").await;
    let (here, there) = ((1, "octo/a", 5), (2, "octo/b", 1));
    for (number, (from, to)) in [(here, there), (there, here), (here, there)].into_iter().enumerate() {
        let payload = json!({
            "action": "transferred", "issue": { "number": from.2 },
            "repository": repository(9919, from.0, from.1, &in_seconds(0)),
            "changes": {
                "new_issue": { "number": to.2 }, "new_repository": repository(9919, to.0, to.1, &in_seconds(0)),
            },
        });
        backend.deliver_and_finish("issues", &number.to_string(), &payload).await;
        assert_eq!(backend.retrieve(&octo.key, to.1, to.2).await.status, 200, "move {number}");
        assert_eq!(backend.retrieve(&octo.key, from.1, from.2).await.status, 404, "move {number}");
    }
}

#[tokio::test]
async fn what_was_told_of_an_issue_at_its_new_place_counts_when_its_data_comes_there() {
    let moved = |number: u32, to: u32| {
        json!({
            "action": "transferred", "issue": { "number": number },
            "repository": repository(9919, 1_296_269, "octo/hello", &in_seconds(0)),
            "changes": {
                "new_issue": { "number": to },
                "new_repository": repository(9919, 2, "octo/other", &in_seconds(0)),
            },
        })
    };
    let told_there = |action: &str, issue: u32, at: &str| {
        let mut event = issue_event(action, issue, at);
        event["repository"] = repository(9919, 2, "octo/other", at);
        event
    };
    let (backend, octo) = stage().await;
    for issue in [1, 2] {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
    }
    let (soon, later) = (in_seconds(0), in_seconds(1));
    for (id, event) in [
        // 1 was closed, transferred to 70 and opened again; 2 was transferred to 80 and closed there.
        ("a", issue_event("closed", 1, &soon)),
        ("b", told_there("reopened", 70, &later)),
        ("c", moved(1, 70)),
        ("d", told_there("closed", 80, &later)),
        ("e", moved(2, 80)),
    ] {
        assert_eq!(backend.deliver_and_finish("issues", id, &event).await.0, "done", "{id}");
    }
    assert_eq!(backend.retrieve(&octo.key, "octo/other", 70).await.status, 200);
    assert_eq!(backend.retrieve(&octo.key, "octo/other", 80).await.status, 404);
}
