//! An answer about something else than was asked is no success.

use phase_data_wire::ProblemCode;

use crate::backend::{Answer, Backend};
use crate::operations::{STORED, issue, phase};
use crate::step::{COMMIT, Step};

const TITLE: &str = "phase-data: the backend failed";

#[test]
fn a_store_is_answered_for_its_own_phase_issue_and_commit() {
    let with_commit =
        |commit: &str| STORED.replace("\"revision\"", &format!("\"commit_sha\":\"{commit}\",\"revision\""));
    let right = Backend::answering(vec![Answer::json(201, with_commit(COMMIT))]);
    Step::new("store", &right.url).with("phase", "scan").with("data", "1E5").run().succeeded();
    for wrong in [
        STORED.replace("scan", "validate"),
        STORED.replace("42", "43"),
        STORED.replace("octo/hello", "octo/other"),
        with_commit(&"b".repeat(40)),
    ] {
        let backend = Backend::answering(vec![Answer::json(201, wrong)]);
        let step = Step::new("store", &backend.url).with("phase", "scan").with("data", "1");
        let asked = format!(
            "the backend's answer does not match the request for scan of octo/hello#42 for commit {COMMIT}\n"
        );
        let (title, message) = step.run().failure();
        assert_eq!(title, TITLE);
        assert!(message.starts_with(&asked), "{message}");
    }
}

#[test]
fn a_store_is_answered_with_a_revision_that_follows_from_its_condition() {
    let stored = |outcome: &str, revision: i64, etag: &str| {
        let stored = STORED.replace("created\",", &format!("{outcome}\","));
        let stored = stored.replace("\"revision\":1", &format!("\"revision\":{revision}"));
        stored.replace(r#""\"1-1a2b3c4d\"""#, &format!("{etag:?}"))
    };
    let (five, six, seven, other) = ("\"5-1a2b3c4d\"", "\"6-5e6f7a8b\"", "\"7-1a2b3c4d\"", "\"5-ffffffff\"");
    for (input, value, outcome, revision, etag, head, right) in [
        ("if-match", "5", "replaced", 6, six, six, true),
        ("if-match", "5", "unchanged", 5, five, "W/\"5-1a2b3c4d\"", true),
        ("if-match", five, "unchanged", 5, five, five, true),
        ("if-match", five, "replaced", 6, six, six, true),
        ("create-only", "true", "created", 7, seven, seven, true),
        ("merge", "true", "replaced", 6, six, "", true),
        ("if-match", "5", "replaced", 5, five, five, false),
        ("if-match", "5", "unchanged", 6, six, six, false),
        ("if-match", "5", "created", 6, six, six, false),
        ("if-match", five, "unchanged", 5, other, other, false),
        ("if-match", five, "replaced", 5, five, five, false),
        ("if-match", five, "created", 6, six, six, false),
        ("create-only", "true", "replaced", 2, six, six, false),
        ("merge", "true", "replaced", 0, six, six, false),
        ("merge", "true", "replaced", -1, six, six, false),
        ("merge", "true", "replaced", 6, six, five, false),
        ("merge", "true", "replaced", 6, "", six, true),
        // An empty entity tag would be no condition at all for the step that it is given to.
        ("merge", "true", "replaced", 6, "", "", false),
        ("merge", "true", "replaced", 6, "6-5e6f7a8b", "6-5e6f7a8b", false),
    ] {
        let answer = Answer::json(200, stored(outcome, revision, etag)).header("etag", head);
        let backend = Backend::answering(vec![answer]);
        let step = Step::new("store", &backend.url).with("phase", "scan").with("data", "1");
        let done = step.with(input, value).run();
        assert_eq!(done.success, right, "{input} {value} {outcome} {revision} {etag} {head}");
        if !right {
            assert_eq!(done.failure().0, TITLE);
        }
    }
}

#[test]
fn what_is_said_about_a_retrieved_document_agrees_with_itself() {
    let right = phase("scan", 5, "1");
    let tag = "\"5-1a2b3c4d\"";
    for (answer, etag) in [
        (right.replace(COMMIT, &"b".repeat(40)), tag),
        (right.replace("\"fresh\"", "\"stale\""), tag),
        (right.replace("\"revision\":5", "\"revision\":0"), tag),
        (right.replace("\"revision\":5", "\"revision\":-5"), tag),
        (right.replace(r#"\"5-1a2b3c4d\""#, ""), ""),
        (right.clone(), "\"6-1a2b3c4d\""),
    ] {
        let backend = Backend::answering(vec![issue(&[answer]).header("etag", etag)]);
        let step = Step::new("retrieve", &backend.url).with("phase", "scan").with("require-fresh", "true");
        assert_eq!(step.run().failure().0, TITLE, "{etag}");
    }
}

#[test]
fn nothing_is_there_only_if_the_status_says_so_too() {
    let not_there = Answer::problem(ProblemCode::PhaseDataNotFound, "Nothing is stored.");
    let lie = Answer::new(400, "application/problem+json", not_there.body());
    let backend = Backend::answering(vec![lie]);
    let step = Step::new("retrieve", &backend.url).with("phase", "scan").with("if-not-found", "ignore");
    assert_eq!(step.run().failure().0, "phase-data: refused");
}

#[test]
fn a_retrieved_document_is_the_one_that_its_size_and_digest_are_of() {
    let right = phase("scan", 1, r#"{"n": 1.50}"#);
    for wrong in [
        right.replace("1.50", "1.51"),
        right.replace("1.50", "1.5"),
        right.replace("\"data_bytes\":1", "\"data_bytes\":2"),
    ] {
        let backend = Backend::answering(vec![issue(&[wrong])]);
        let (title, message) = Step::new("retrieve", &backend.url).with("phase", "scan").run().failure();
        assert_eq!(title, TITLE);
        let cause = "the document of scan of octo/hello#42 does not match the size and digest in";
        assert!(message.starts_with(cause), "{message}");
    }
}

#[test]
fn a_retrieve_is_answered_with_its_own_phases_once() {
    let (scan, validate) = (phase("scan", 1, "1"), phase("validate", 1, "1"));
    for (asked, phases) in [
        ("scan", vec![validate.clone()]),
        ("scan", vec![scan.clone(), validate]),
        ("scan", vec![scan.clone(), scan.clone()]),
        ("", vec![scan.clone(), scan]),
        ("", vec![]),
    ] {
        let backend = Backend::answering(vec![issue(&phases)]);
        let done = Step::new("retrieve", &backend.url).with("phase", asked).run();
        assert_eq!(done.failure().0, TITLE, "{asked:?} {phases:?}");
    }
}

#[test]
fn a_list_leads_on_and_keeps_to_what_was_asked() {
    let entry = |number: u32| {
        format!(r#"{{"issue_number":{number},"updated_at":"2026-03-02T08:14:55Z","phases":[]}}"#)
    };
    let page = |repository: &str, issues: &[u32], next: &str| {
        let issues: Vec<_> = issues.iter().map(|number| entry(*number)).collect();
        Answer::json(200, format!(r#"{{"repository":"{repository}","issues":[{}]{next}}}"#, issues.join(",")))
    };
    let next = |number: u32| format!(r#","next":"n{number}""#);
    for pages in [
        vec![page("octo/other", &[1], "")],
        vec![page("octo/hello", &[2, 1], "")],
        vec![page("octo/hello", &[1, 1], "")],
        vec![page("octo/hello", &[3], &next(1))],
        vec![page("octo/hello", &[], &next(5)), page("octo/hello", &[], &next(5))],
        vec![page("octo/hello", &[1], &next(1)), page("octo/hello", &[1], &next(1))],
        vec![page("octo/hello", &(1..=101).collect::<Vec<_>>(), "")],
    ] {
        let backend = Backend::answering(pages);
        assert_eq!(Step::new("list", &backend.url).event("{}").run().failure().0, TITLE);
    }
    let backend = Backend::answering(vec![page("octo/hello", &[1], "")]);
    let step = Step::new("list", &backend.url).event("{}").with("phase", "scan");
    assert_eq!(step.run().failure().0, TITLE, "the issue has no scan");
    for pages in [
        vec![page("octo/hello", &[1, 3], &next(3)), page("octo/hello", &[904], "")],
        // Where few of the issues that were looked at match, a page is short, or empty, and leads on behind them.
        vec![
            page("octo/hello", &[1, 3], &next(3)),
            page("octo/hello", &[], &next(900)),
            page("octo/hello", &[904], ""),
        ],
    ] {
        let backend = Backend::answering(pages);
        let done = Step::new("list", &backend.url).event("{}").run().succeeded();
        assert_eq!(done.output("issue-numbers"), Some("[1,3,904]"));
    }
}
