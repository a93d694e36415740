//! Stores that are done only if nobody else stored something in between.

use phase_data_wire::{Problem, ProblemCode};

use crate::backend::{Answer, Backend};
use crate::step::Step;

const STORED: &str = r#"{"repository":"octo/hello","issue_number":42,"phase":"scan","effect":"replaced",
    "revision":4,"etag":"\"4-1a2b3c4d\"","data_bytes":2,"data_sha256":"00","created_at":"2026-03-02T08:14:55Z",
    "updated_at":"2026-03-02T08:14:55Z"}"#;

fn store(backend: &Backend) -> Step {
    Step::new("store", &backend.url).with("phase", "scan").with("data", "{}")
}

pub(crate) fn mismatch(current: Option<i64>) -> Answer {
    let mut problem = Problem::new(ProblemCode::RevisionMismatch, "For scan, another is stored.", "req-1");
    problem.current_revision = current;
    Answer::new(412, "application/problem+json", serde_json::to_string(&problem).expect("JSON"))
}

#[test]
fn an_entity_tag_is_sent_as_a_header_and_a_revision_as_a_parameter() {
    let tag = "\"3-1a2b3c4d\"";
    for (input, value, query, if_match, if_none_match) in [
        ("if-match", "3", "if_revision=3", None, None),
        ("if-match", tag, "", Some(tag), None),
        ("create-only", "true", "", None, Some("*")),
        ("create-only", "false", "", None, None),
        ("if-match", "", "", None, None),
    ] {
        let created = if_none_match.is_some();
        let stored = if created { STORED.replace("replaced", "created") } else { STORED.to_owned() };
        let backend = Backend::answering([(); 2].map(|()| Answer::json(200, stored.clone())).into());
        store(&backend).with(input, value).run().succeeded();
        if !created {
            store(&backend).with(input, value).with("merge", "true").run().succeeded();
        }
        for request in backend.requests() {
            let sent = request.line.split_once('?').map_or("", |(_, query)| query);
            assert_eq!(sent.contains("if_revision"), !query.is_empty(), "{}", request.line);
            assert!(sent.ends_with(query), "{}", request.line);
            let headers = (request.header("if-match"), request.header("if-none-match"));
            assert_eq!(headers, (if_match, if_none_match));
        }
    }
}

#[test]
fn a_condition_that_does_not_hold_names_the_current_revision_and_what_to_do() {
    let expected =
        "so nothing was stored: For scan, another is stored (412 revision_mismatch, request req-1)";
    for (input, value, current, cause, fix) in [
        (
            "if-match",
            "3",
            Some(4),
            "if-match requires revision 3, but revision 4 is stored",
            "Another run stored the phase in between. Retrieve it again, repeat the change on it, and pass its \
             revision: `if-match: ${{ steps.<id of the retrieve>.outputs.revision }}`.",
        ),
        (
            "if-match",
            "3",
            None,
            "if-match requires revision 3, but nothing is stored",
            "The phase was cleaned up in between. To store it again, omit if-match, or set create-only.",
        ),
        (
            "if-match",
            "\"3-1a2b3c4d\"",
            Some(3),
            "if-match requires \"3-1a2b3c4d\", but another document is stored, with revision 3",
            "Another document was stored in between. Retrieve it, repeat the change on it, and pass its entity tag: \
             `if-match: ${{ steps.<id of the retrieve>.outputs.etag }}`.",
        ),
        (
            "if-match",
            "\"3-1a2b3c4d\"",
            None,
            "if-match requires \"3-1a2b3c4d\", but nothing is stored",
            "The phase was cleaned up in between. To store it again, omit if-match, or set create-only.",
        ),
        (
            "create-only",
            "true",
            Some(1),
            "create-only requires that nothing is stored, but revision 1 is stored",
            "Another run stored the phase first. To keep its document, run this step only if a retrieve before it \
             has the output found: false. To replace its document, omit create-only.",
        ),
    ] {
        let backend = Backend::answering(vec![mismatch(current)]);
        let done = store(&backend).with(input, value).run();
        let (title, message) = done.failure();
        assert_eq!(title, "phase-data: another revision is stored");
        assert_eq!(
            message,
            format!("{cause}, {expected}\n{fix}\nMore: http://backend/problems#revision_mismatch")
        );
        assert_eq!(done.outputs, []);
        assert_eq!(backend.requests().len(), 1, "a refusal is not asked again");
    }
}

#[test]
fn conditions_that_make_no_sense_are_refused_before_any_request() {
    for (operation, inputs, message) in [
        (
            "store",
            vec![("if-match", "scan=3")],
            r#"if-match: use a revision like 3, or an entity tag like "3-1a2b3c4d" with its quotes (got "scan=3")"#,
        ),
        (
            "store",
            vec![("if-match", "\"3\"")],
            r#"if-match: use a revision like 3, or an entity tag like "3-1a2b3c4d" with its quotes (got "\"3\"")"#,
        ),
        ("store", vec![("create-only", "yes")], r#"create-only: use true or false (got "yes")"#),
        (
            "store",
            vec![("if-match", "3"), ("create-only", "true")],
            "if-match and create-only exclude each other: create-only requires that nothing is stored",
        ),
        ("retrieve", vec![("if-match", "3")], "if-match: only store takes a condition; omit it"),
        ("cleanup", vec![("create-only", "true")], "create-only: only store takes a condition; omit it"),
    ] {
        let step = Step::new(operation, &Backend::absent());
        let step = if operation == "store" { step.with("phase", "scan").with("data", "{}") } else { step };
        let done = inputs.into_iter().fold(step, |step, (name, value)| step.with(name, value)).run();
        let hint = "Correct the step's `with:` block. action.yml describes each input.";
        assert_eq!(done.failure(), ("phase-data: wrong input".into(), format!("{message}\n{hint}")));
    }
}
