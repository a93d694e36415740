//! Lists of the issues of a repository that have data, or wait for a phase.

use phase_data_tests::{Answer, Backend, Step};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

async fn list(backend: &Backend, key: &str, query: &str) -> Answer {
    let path = format!("/api/v1/repositories/octo/hello/issues{query}");
    backend.send("GET", &path, &[("authorization", &format!("Bearer {key}"))], "").await
}

fn numbers(answer: &Answer) -> Vec<i64> {
    let json = answer.json();
    let issues = json["issues"].as_array().unwrap_or_else(|| panic!("{}", answer.body));
    issues.iter().map(|issue| issue["issue_number"].as_i64().expect("a number")).collect()
}

/// 1: scanned. 2: scanned and validated. 3: all three. 4: scanned and closed. 5: only validated.
async fn stage() -> (Backend, String) {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for (issue, phases) in [
        (3, &["scan", "validate", "mitigate"][..]),
        (1, &["scan"]),
        (2, &["scan", "validate"]),
        (4, &["scan"]),
        (5, &["validate"]),
    ] {
        for phase in phases {
            backend.store(&octo.key, "octo/hello", issue, phase, r#"{"secret":1}"#).await;
        }
    }
    backend.delete(&octo.key, "octo/hello", 4).await;
    (backend, octo.key)
}

#[tokio::test]
async fn a_list_has_what_is_live_and_no_document() {
    let (backend, key) = stage().await;
    let all = list(&backend, &key, "").await;
    assert_eq!((numbers(&all), all.json().get("next")), (vec![1, 2, 3, 5], None));
    assert!(!all.body.contains("secret"), "{}", all.body);
    let third = all.json()["issues"][2].clone();
    let phases: Vec<_> =
        third["phases"].as_array().expect("phases").iter().map(|phase| &phase["phase"]).collect();
    assert_eq!(phases, ["scan", "validate", "mitigate"]);
    let stored = backend.retrieve(&key, "octo/hello", 3).await.json()["phases"][2].take();
    for member in ["revision", "data_bytes", "created_at", "updated_at"] {
        assert_eq!(third["phases"][2][member], stored[member], "{member}");
    }
    assert_eq!(third["updated_at"], stored["updated_at"]);
}

#[tokio::test]
async fn a_list_of_closed_issues_has_what_can_be_brought_back_since_when_and_until_when() {
    let (backend, key) = stage().await;
    let closed = list(&backend, &key, "?closed=true").await;
    assert_eq!(numbers(&closed), [4]);
    let issue = &closed.json()["issues"][0];
    assert_eq!(issue["phases"][0]["phase"], "scan");
    let rows =
        "select closed.at, d.purge_at from phase_data d join lifecycle closed on closed.issue_number = 4
                 where d.issue_number = 4";
    let (at, until): (OffsetDateTime, OffsetDateTime) =
        sqlx::query_as(rows).fetch_one(&mut backend.database().await).await.expect("times");
    let time =
        |member: &str| OffsetDateTime::parse(issue[member].as_str().expect(member), &Rfc3339).expect(member);
    assert_eq!((time("closed_at"), time("kept_until")), (at, until));
    // It is hidden from every other list, also in part.
    backend.store(&key, "octo/hello", 4, "validate", "1").await;
    for (query, expected) in [
        ("", vec![1, 2, 3, 4, 5]),
        ("?closed=false&phase=scan", vec![1, 2, 3]),
        ("?closed=true&phase=scan&sort=updated_at", vec![4]),
        ("?closed=true&phase=validate", vec![]),
        ("?closed=true&cursor=n4", vec![]),
    ] {
        assert_eq!(numbers(&list(&backend, &key, query).await), expected, "{query}");
    }
    assert_eq!(list(&backend, &key, "?closed=perhaps").await.code(), "invalid_parameter");
    let step = || Step::new("list", backend.url(), &key, 1).input("repository", "octo/hello");
    assert_eq!(step().input("closed", "true").run().output("issue-numbers"), "[4]");
    let over = "update phase_data set purge_at = now() where issue_number = 4 and purge_at is not null";
    sqlx::query(over).execute(&mut backend.database().await).await.expect("time passes");
    assert_eq!(step().input("closed", "true").run().output("issue-numbers"), "[]");
}

#[tokio::test]
async fn filters_find_what_waits_what_has_a_phase_and_what_is_stale() {
    let (backend, key) = stage().await;
    let (old, new) = ("a".repeat(40), "b".repeat(40));
    for (issue, commit) in [(6, &old), (7, &new)] {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = json!({ "repository": "octo/hello", "issue_number": issue, "phase": "mitigate", "commit_sha": commit, "data": 1 });
        assert_eq!(backend.send("POST", "/api/v1/phase_data", &headers, body.to_string()).await.status, 201);
    }
    for (query, expected) in [
        ("?pending=validate".to_owned(), vec![1]),
        ("?pending=mitigate".to_owned(), vec![2, 5]),
        ("?phase=validate".to_owned(), vec![2, 3, 5]),
        ("?phase=scan&pending=mitigate".to_owned(), vec![2]),
        (format!("?phase=mitigate&stale_for={new}"), vec![3, 6]),
    ] {
        assert_eq!(numbers(&list(&backend, &key, &query).await), expected, "{query}");
    }
    for wrong in [
        "?pending=scan",
        "?sort=created",
        "?limit=0",
        "?limit=101",
        "?cursor=x",
        "?cursor=n1&sort=updated_at",
    ] {
        assert_eq!(list(&backend, &key, wrong).await.code(), "invalid_parameter", "{wrong}");
    }
}

#[tokio::test]
async fn pages_have_every_issue_once_while_others_come_and_go() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    for issue in 1..=25 {
        backend.store(&octo.key, "octo/hello", issue, "scan", "1").await;
    }
    for (sort, expected) in
        [("issue_number", (1..=25).collect::<Vec<i64>>()), ("updated_at", (1..=25).rev().collect())]
    {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = list(&backend, &octo.key, &format!("?limit=4&sort={sort}{cursor}")).await;
            seen.extend(numbers(&page));
            // A new issue on a page that was read already must not push another one out of the next.
            backend.store(&octo.key, "octo/other", seen.len() as u32, "scan", "1").await;
            let Some(next) = page.json()["next"].as_str().map(str::to_owned) else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, expected, "{sort}");
    }
}

#[tokio::test]
async fn a_page_that_is_as_it_was_is_not_sent_again() {
    let (backend, key) = stage().await;
    let first = list(&backend, &key, "").await;
    let etag = first.header("etag").to_owned();
    let ask = async || {
        let headers = [("authorization", &*format!("Bearer {key}")), ("if-none-match", &*etag)];
        backend.send("GET", "/api/v1/repositories/octo%2Fhello/issues", &headers, "").await
    };
    let same = ask().await;
    assert_eq!((same.status, same.body.as_str(), same.header("etag")), (304, "", etag.as_str()));
    backend.store(&key, "octo/hello", 1, "validate", "1").await;
    assert_eq!(ask().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_lists_the_issues_for_a_matrix() {
    let (backend, key) = stage().await;
    let step =
        |input: &str, value: &str| Step::new("list", backend.url(), &key, 99).input(input, value).run();
    let waiting = step("pending", "mitigate");
    assert!(waiting.success, "{}", waiting.log);
    assert_eq!((waiting.output("issue-numbers"), waiting.output("count")), ("[2,5]", "2"));
    let matrix: Value = serde_json::from_str(waiting.output("matrix")).expect("JSON");
    assert_eq!(matrix, json!({ "issue-number": [2, 5] }));
    let stale = step("stale", "true");
    assert_eq!(stale.output("count"), "4", "{}", stale.log);
    let none = Step::new("list", backend.url(), &key, 99).input("repository", "octo/none").run();
    assert_eq!((none.output("issue-numbers"), none.output("count")), ("[]", "0"), "{}", none.log);
    let wrong = Step::new("list", backend.url(), &key, 99).input("issue-number", "42").run();
    assert!(
        wrong.log.contains("issue-number: list, sweep and doctor apply to the whole repository"),
        "{}",
        wrong.log
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_issues_are_all_listed_and_the_matrix_has_what_github_takes() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let many = format!(
        "with r as (insert into repository (forge_account_id, name, named_at)
                    values ('{0}', 'octo/hello', now()) returning id)
         insert into phase_data (forge_account_id, repository_id, repository, issue_number, phase, data, data_bytes,
                                 data_sha256, revision, created_at, updated_at)
         select '{0}', r.id, 'octo/hello', n, 'scan', '1', 1, '', 1, now(), now() from r, generate_series(1, 300) n",
        octo.account
    );
    sqlx::Executor::execute(&mut backend.database().await, sqlx::AssertSqlSafe(many))
        .await
        .expect("many issues");
    let listed = Step::new("list", backend.url(), &octo.key, 99).run();
    assert_eq!(listed.output("count"), "300", "{}", listed.log);
    let matrix: Value = serde_json::from_str(listed.output("matrix")).expect("JSON");
    assert_eq!(matrix["issue-number"].as_array().map(Vec::len), Some(256));
    assert!(
        listed.log.contains("::notice title=phase-data%3A matrix truncated::300 issues are listed"),
        "{}",
        listed.log
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_issues_event_cleans_up_and_a_reopened_ones_brings_back() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    let run = |operation: &str, action: &str, time: &str| {
        let event = format!(
            r#"{{"action":"{action}","repository":{{"full_name":"octo/hello"}},"issue":{{"number":42,{time}}}}}"#
        );
        Step::new(operation, backend.url(), &octo.key, 42).file("event.json", event).run()
    };
    // An old run that is started again: what was stored since then stays.
    let late = run("cleanup", "closed", r#""closed_at":"2020-01-01T00:00:00Z""#);
    assert_eq!((late.success, late.output("deleted")), (true, "[]"), "{}", late.log);
    let clean = Step::new("cleanup", backend.url(), &octo.key, 42).run();
    assert_eq!(clean.output("deleted"), "[\"scan\"]", "{}", clean.log);
    let late = run("restore", "reopened", r#""updated_at":"2020-01-01T00:00:00Z""#);
    assert_eq!((late.success, late.output("restored")), (true, "[]"), "{}", late.log);
    let back = run("restore", "reopened", r#""updated_at":"2999-01-01T00:00:00Z""#);
    assert_eq!(back.output("restored"), "[\"scan\"]", "{}", back.log);
    assert_eq!(backend.retrieve(&octo.key, "octo/hello", 42).await.status, 200);
}
