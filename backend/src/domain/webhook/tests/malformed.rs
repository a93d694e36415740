//! Payloads that are not as GitHub documents them.

use super::*;

fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    *value.pointer_mut(pointer).expect("the place") = new;
    value
}

fn without(mut value: Value, parent: &str, member: &str) -> Value {
    value.pointer_mut(parent).expect("the place").as_object_mut().expect("an object").remove(member);
    value
}

#[test]
fn a_name_with_half_of_a_surrogate_pair_is_read_past() {
    let body = issue_event().to_string();
    let odd = body.replacen('{', r#"{"\ud800":{"\udc00":["\udbff"]},"#, 1);
    let [plain, odd] = [body, odd].map(|body| parse("issues.closed", body.as_bytes()).expect("JSON"));
    assert_eq!(plain, odd);
    let login = r#"{"action":"created","installation":{"account":{"id":1,"login":"\ud800"}}}"#;
    let parsed = parse("installation", login.as_bytes()).expect("JSON");
    assert!(
        matches!(parsed.plan, Plan::Reject(reason) if reason.starts_with("/installation/account/login "))
    );
}

#[test]
fn a_missing_member_is_named() {
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
        assert_eq!(planned(event, action, body), json!({ "rejected": reason }), "{event}.{action}");
    }
    let no_action = parse("issues", issue_event().to_string().as_bytes()).expect("JSON");
    assert_eq!(no_action.plan, Plan::Reject("/action is missing".to_owned()));
}

#[test]
fn an_unexpected_value_is_refused_with_its_place_and_the_expected_one() {
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
        let planned = planned("issues", "deleted", with(issue_event(), pointer, value));
        assert_eq!(planned, json!({ "rejected": format!("{place} {expected}") }), "{pointer}");
    }
    let broken = |body: &str| match parse("issues", body.as_bytes()).expect("JSON").plan {
        Plan::Reject(reason) => reason,
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
        let parsed = parse("installation_repositories", body.as_bytes()).expect("JSON");
        match parsed.plan {
            Plan::Reject(reason) => reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(reason(100_000), "/installation is missing");
    assert_eq!(reason(100_001), "/repositories_added must be an array of at most 100000 elements");
}

#[test]
fn a_body_that_is_not_json_is_refused() {
    for body in ["", "{", "payload=%7B%7D", "{\"action\": \"closed\"} more"] {
        assert!(parse("issues", body.as_bytes()).is_err(), "{body}");
    }
}
