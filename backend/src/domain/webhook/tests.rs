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

fn heard(event: &str, action: &str, mut body: Value) -> Heard {
    body["action"] = action.into();
    hear(event, body.to_string().as_bytes()).expect("JSON")
}

/// The work as it waits in the queue, or the word and reason instead.
fn told(event: &str, action: &str, body: Value) -> Value {
    match heard(event, action, body).verdict {
        Verdict::Work(work) => serde_json::to_value(work).expect("JSON"),
        Verdict::Done => json!("done"),
        Verdict::Ignored(reason) => json!({ "ignored": reason }),
        Verdict::Broken(reason) => json!({ "broken": reason }),
    }
}

fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    *value.pointer_mut(pointer).expect("the place") = new;
    value
}

fn without(mut value: Value, parent: &str, member: &str) -> Value {
    value.pointer_mut(parent).expect("the place").as_object_mut().expect("an object").remove(member);
    value
}

#[test]
fn each_known_word_becomes_work() {
    let hello = json!({ "repository_id": 1296269, "repository": "octo/hello" });
    let of = |more: Value| {
        let mut work = hello.clone();
        work.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!([work])
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
        assert_eq!(told(event, action, body), expected, "{event}.{action}");
    }
}

#[test]
fn what_an_installation_says_is_as_of_its_own_time() {
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
        assert_eq!(told("installation", "created", body), json!([expected]), "{updated_at}");
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
            let heard = heard("installation", action, json!({ "installation": installation }));
            assert!(matches!(heard.verdict, Verdict::Ignored(_)), "{installation}: {heard:?}");
            assert_eq!(heard.owner, None, "{installation}");
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
        told("issues", "transferred", body)
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
        told("repository", "renamed", body),
        json!([{
            "do": "rename", "repository_id": 1296269, "repository": "octo/hello", "old_name": "octo/hi",
            "named_at": "2026-03-01T09:30:00Z", "at": "2026-03-01T09:30:00Z",
        }])
    );
}

#[test]
fn what_a_known_event_lacks_is_named() {
    for (event, action, body, reason) in [
        ("issues", "closed", without(issue_event(), "", "issue"), "/issue is missing"),
        ("issues", "closed", without(issue_event(), "/issue", "number"), "/issue/number is missing"),
        (
            "issues",
            "closed",
            with(issue_event(), "/issue/closed_at", Value::Null),
            "/issue/closed_at is missing",
        ),
        (
            "issues",
            "closed",
            with(issue_event(), "/issue/closed_at", json!(5)),
            "/issue/closed_at must be a time like 2026-03-01T09:30:00Z",
        ),
        ("issues", "deleted", without(issue_event(), "", "repository"), "/repository is missing"),
        ("issues", "deleted", without(issue_event(), "/repository", "owner"), "/repository/owner is missing"),
        (
            "issues",
            "deleted",
            without(issue_event(), "/repository/owner", "id"),
            "/repository/owner/id is missing",
        ),
        ("issues", "transferred", issue_event(), "/changes is missing"),
        (
            "repository",
            "renamed",
            json!({ "repository": repository() }),
            "/changes/repository/name/from is missing",
        ),
        ("repository", "archived", json!({}), "/repository is missing"),
        (
            "repository",
            "deleted",
            json!({ "repository": without(repository(), "", "id") }),
            "/repository/id is missing",
        ),
        ("installation", "deleted", json!({}), "/installation is missing"),
        (
            "installation_repositories",
            "added",
            without(app_event(), "", "repositories_added"),
            "/repositories_added is missing",
        ),
    ] {
        assert_eq!(told(event, action, body), json!({ "broken": reason }), "{event}.{action}");
    }
    let no_action = hear("issues", issue_event().to_string().as_bytes()).expect("JSON");
    assert_eq!(no_action.verdict, Verdict::Broken("/action is missing".to_owned()));
}

#[test]
fn what_is_of_another_shape_is_refused_with_its_place_and_what_was_expected() {
    let number = "must be an issue's number, from 1 to 2147483647";
    for (pointer, value, place, expected) in [
        ("/issue/number", json!(2_147_483_648_i64), "/issue/number", number),
        ("/issue/number", json!(0), "/issue/number", number),
        ("/issue/number", json!(-1), "/issue/number", number),
        ("/issue/number", json!("42"), "/issue/number", "must be a whole number of 64 bits"),
        (
            "/repository/full_name",
            json!("octo/../hello"),
            "/repository/full_name",
            "must be a repository's name, like octo/hello",
        ),
        ("/repository/id", json!(1e30), "/repository/id", "must be a whole number of 64 bits"),
        ("/repository/owner/login", json!(5), "/repository/owner/login", "must be a string"),
        ("/issue", json!("x"), "/issue", "must be an object, with each member once"),
        // serde takes an array for an object whose members come in order.
        ("/issue", json!(["x"]), "/issue/0", "must be an object, with each member once"),
    ] {
        let told = told("issues", "deleted", with(issue_event(), pointer, value));
        assert_eq!(told, json!({ "broken": format!("{place} {expected}") }), "{pointer}");
    }
    let broken = |body: &str| match hear("issues", body.as_bytes()).expect("JSON").verdict {
        Verdict::Broken(reason) => reason,
        other => panic!("{body}: {other:?}"),
    };
    let twice = "must be an object, with each member once";
    assert_eq!(broken(r#"{"issue": {"number": 1, "number": 2}}"#), format!("/issue {twice}"));
    assert_eq!(broken("[1]"), "/0 must be an object, with each member once");
    assert_eq!(broken("\"x\""), format!("the payload {twice}"));
}

#[test]
fn a_list_of_repositories_has_an_end() {
    let reason = |number: usize| {
        let body = format!(r#"{{"action":"added","repositories_added":[{}]}}"#, vec!["{}"; number].join(","));
        let heard = hear("installation_repositories", body.as_bytes()).expect("JSON");
        match heard.verdict {
            Verdict::Broken(reason) => reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(reason(100_000), "/installation is missing");
    assert_eq!(reason(100_001), "/repositories_added must be an array of at most 100000 elements");
}

#[test]
fn pull_requests_and_other_events_are_nothing_to_us() {
    let mut pull_request = issue_event();
    pull_request["issue"]["pull_request"] = json!({ "url": "https://api.github.com/…" });
    for (event, action, body) in [
        ("issues", "closed", pull_request),
        ("issues", "edited", issue_event()),
        ("issues", "opened", issue_event()),
        ("repository", "publicized", json!({ "repository": repository() })),
        ("repository", "transferred", json!({ "repository": repository() })),
        ("installation", "suspend", app_event()),
        ("pull_request", "closed", json!({ "repository": repository() })),
        ("from_the_future", "closed", json!({ "issue": "of another shape" })),
    ] {
        let told = told(event, action, body);
        assert!(told["ignored"].is_string(), "{event}.{action}: {told}");
    }
    assert_eq!(told("ping", "", json!({ "zen": "Keep it logically awesome." })), json!("done"));
}

#[test]
fn the_owner_is_the_installations_for_an_app_and_the_repositorys_else() {
    let octo = |heard: Heard| heard.owner == Some(Owner { id: 9919, login: "octo".to_owned() });
    assert!(octo(heard("issues", "edited", issue_event())));
    assert!(octo(heard("installation", "created", app_event())));
    assert!(octo(heard("ping", "", json!({ "organization": { "id": 9919, "login": "octo" } }))));
    let mut both = app_event();
    both["repository"] = json!({ "owner": { "id": 666, "login": "rival" } });
    assert!(octo(heard("installation", "deleted", both)));
    assert!(heard("installation", "created", app_event()).introduces_owner);
    assert!(!heard("installation", "deleted", app_event()).introduces_owner);
}

#[test]
fn what_is_no_json_is_no_delivery() {
    for body in ["", "{", "payload=%7B%7D", "{\"action\": \"closed\"} more"] {
        assert!(hear("issues", body.as_bytes()).is_err(), "{body}");
    }
}
