mod malformed;

use serde_json::{Value, json};

use super::*;

fn repository() -> Value {
    json!({
        "id": 1296269, "full_name": "Octo/Hello", "updated_at": "2026-03-01T09:30:00Z",
        "owner": { "id": 9919, "login": "octo", "more": [1] }, "created_at": 1_557_933_591,
    })
}

fn issue_event() -> Value {
    json!({
        "issue": {
            "number": 42, "closed_at": "2026-03-01T10:00:00Z", "updated_at": "2026-03-01T11:00:00+01:00",
            "title": "anything",
        },
        "repository": repository(), "sender": { "login": "mona" },
    })
}

fn app_event() -> Value {
    json!({
        "installation": { "id": 5, "account": { "id": 9919, "login": "octo" }, "created_at": 1_557_933_591 },
        "repositories_added": [{ "id": 1, "full_name": "octo/one" }],
        "repositories_removed": [{ "id": 2, "full_name": "octo/two" }, { "id": 3, "full_name": "octo/three" }],
    })
}

fn parsed(event: &str, action: &str, mut body: Value) -> ParsedDelivery {
    body["action"] = action.into();
    parse(event, body.to_string().as_bytes()).expect("JSON")
}

/// The effects as they wait in the queue, or another plan.
fn planned(event: &str, action: &str, body: Value) -> Value {
    match parsed(event, action, body).plan {
        Plan::Apply(effects) => serde_json::to_value(effects).expect("JSON"),
        Plan::NoEffects => json!("done"),
        Plan::Ignore(reason) => json!({ "ignored": reason }),
        Plan::Reject(reason) => json!({ "rejected": reason }),
    }
}

#[test]
fn each_known_action_becomes_an_effect() {
    let hello = json!({ "repository_id": 1296269, "repository": "octo/hello" });
    let of = |more: Value| {
        let mut effect = hello.clone();
        effect.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!([effect])
    };
    for (event, action, body, expected) in [
        (
            "issues",
            "closed",
            issue_event(),
            of(
                json!({ "do": "close", "issue_number": 42, "named_at": "2026-03-01T10:00:00Z", "at": "2026-03-01T10:00:00Z" }),
            ),
        ),
        (
            "issues",
            "reopened",
            issue_event(),
            of(
                json!({ "do": "reopen", "issue_number": 42, "named_at": "2026-03-01T10:00:00Z", "at": "2026-03-01T10:00:00Z" }),
            ),
        ),
        (
            "issues",
            "deleted",
            issue_event(),
            of(json!({ "do": "close", "issue_number": 42, "named_at": "2026-03-01T10:00:00Z" })),
        ),
        (
            "repository",
            "deleted",
            json!({ "repository": repository() }),
            of(json!({ "do": "close", "named_at": "2026-03-01T09:30:00Z" })),
        ),
        (
            "repository",
            "archived",
            json!({ "repository": repository() }),
            of(json!({ "do": "close", "named_at": "2026-03-01T09:30:00Z", "at": "2026-03-01T09:30:00Z" })),
        ),
        (
            "repository",
            "unarchived",
            json!({ "repository": repository() }),
            of(json!({ "do": "reopen", "named_at": "2026-03-01T09:30:00Z", "at": "2026-03-01T09:30:00Z" })),
        ),
        ("installation", "created", app_event(), json!([{ "do": "reopen" }])),
        ("installation", "deleted", app_event(), json!([{ "do": "close" }])),
        (
            "installation_repositories",
            "added",
            app_event(),
            json!([{ "do": "reopen", "repository_id": 1, "repository": "octo/one" }]),
        ),
        (
            "installation_repositories",
            "removed",
            app_event(),
            json!([
                { "do": "close", "repository_id": 2, "repository": "octo/two" },
                { "do": "close", "repository_id": 3, "repository": "octo/three" },
            ]),
        ),
    ] {
        assert_eq!(planned(event, action, body), expected, "{event}.{action}");
    }
}

#[test]
fn an_installation_states_its_own_time() {
    for (updated_at, as_of) in [
        (json!("2026-03-01T09:30:00Z"), Some("2026-03-01T09:30:00Z")),
        (json!(1_772_357_400), Some("2026-03-01T09:30:00Z")),
        (json!("yesterday"), None),
        (json!(i64::MAX), None),
        (Value::Null, None),
    ] {
        let mut body = app_event();
        body["installation"]["updated_at"] = updated_at.clone();
        let mut expected = json!({ "do": "reopen" });
        if let Some(as_of) = as_of {
            expected["as_of"] = as_of.into();
        }
        assert_eq!(planned("installation", "created", body), json!([expected]), "{updated_at}");
    }
}

#[test]
fn an_enterprise_is_no_owner() {
    let account = json!({ "id": 9919, "slug": "octo-business" });
    for installation in [
        json!({ "account": account }),
        json!({ "account": account, "target_type": "Enterprise" }),
        json!({ "account": { "id": 9919, "login": "octo" }, "target_type": "Enterprise" }),
    ] {
        for action in ["created", "deleted"] {
            let parsed = parsed("installation", action, json!({ "installation": installation }));
            assert!(matches!(parsed.plan, Plan::Ignore(_)), "{installation}: {parsed:?}");
            assert_eq!(parsed.owner, None, "{installation}");
        }
    }
}

#[test]
fn data_goes_along_with_an_issue_unless_its_new_owner_is_another() {
    let transferred = |owner: i64| {
        let mut body = issue_event();
        body["changes"] = json!({
            "new_issue": { "number": 7 },
            "new_repository": { "id": 8, "full_name": "octo/other", "owner": { "id": owner } },
        });
        planned("issues", "transferred", body)
    };
    let from = json!({
        "repository_id": 1296269, "repository": "octo/hello", "issue_number": 42,
        "named_at": "2026-03-01T10:00:00Z",
    });
    let mut moved = from.clone();
    moved["do"] = "move".into();
    moved["to"] = json!({ "repository_id": 8, "repository": "octo/other", "issue_number": 7 });
    assert_eq!(transferred(9919), json!([moved]));
    let mut closed = from;
    closed["do"] = "close".into();
    assert_eq!(transferred(9920), json!([closed]));
}

#[test]
fn a_new_name_comes_with_the_old_one() {
    let body =
        json!({ "repository": repository(), "changes": { "repository": { "name": { "from": "Hi" } } } });
    assert_eq!(
        planned("repository", "renamed", body),
        json!([{
            "do": "rename", "repository_id": 1296269, "repository": "octo/hello", "old_name": "octo/hi",
            "named_at": "2026-03-01T09:30:00Z", "at": "2026-03-01T09:30:00Z",
        }])
    );
}

#[test]
fn pull_requests_and_other_events_are_ignored() {
    let mut pull_request = issue_event();
    pull_request["issue"]["pull_request"] = json!({ "url": "https://api.github.com/…" });
    for (event, action, body) in [
        ("issues", "closed", pull_request),
        ("issues", "edited", issue_event()),
        ("issues", "opened", issue_event()),
        ("repository", "publicized", json!({ "repository": repository() })),
        ("repository", "privatized", json!({ "repository": repository() })),
        ("organization", "renamed", json!({ "organization": { "id": 9919, "login": "octo" } })),
        ("repository", "transferred", json!({ "repository": repository() })),
        ("installation", "suspend", app_event()),
        ("pull_request", "closed", json!({ "repository": repository() })),
        ("from_the_future", "closed", json!({ "issue": "of another shape" })),
    ] {
        let planned = planned(event, action, body);
        assert!(planned["ignored"].is_string(), "{event}.{action}: {planned}");
    }
    assert_eq!(planned("ping", "", json!({ "zen": "Keep it logically awesome." })), json!("done"));
}

#[test]
fn the_owner_is_the_installations_for_an_app_and_the_repositorys_else() {
    let octo = |parsed: ParsedDelivery| parsed.owner == Some(Owner { id: 9919, login: "octo".to_owned() });
    assert!(octo(parsed("issues", "edited", issue_event())));
    assert!(octo(parsed("installation", "created", app_event())));
    assert!(octo(parsed("ping", "", json!({ "organization": { "id": 9919, "login": "octo" } }))));
    let mut both = app_event();
    both["repository"] = json!({ "owner": { "id": 666, "login": "rival" } });
    assert!(octo(parsed("installation", "deleted", both)));
    assert!(parsed("installation", "created", app_event()).registers_owner);
    assert!(!parsed("installation", "deleted", app_event()).registers_owner);
}
