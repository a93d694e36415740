//! An attempt whose answer was lost may have been carried out: the events of the issue tell.

use crate::backend::{Answer, Backend, Request};
use crate::conditions::mismatch;
use crate::operations::{outputs, row};
use crate::step::{Done, Step};

fn event(kind: &str, phase: &str, revision: u32, request_id: &str) -> String {
    format!(
        r#"{{"id":1,"kind":"{kind}","phase":"{phase}","revision":{revision},"actor":{{"kind":"api_key"}},
        "request_id":"{request_id}","at":"2026-03-02T08:14:55Z"}}"#
    )
}

/// A backend whose first answer is lost. Then it gives this one, and events that it is told the lost request's id for.
fn losing(lost: u16, then: Answer, events: impl Fn(&str) -> Answer + Send + 'static) -> Backend {
    let (mut first, mut then) = (None::<String>, Some(then));
    Backend::responding(move |request: &Request| {
        let id = request.header("x-request-id").expect("a request id").to_owned();
        match &first {
            None => {
                first = Some(id);
                Some(Answer::new(lost, "text/html", "<html>"))
            }
            Some(first) if request.line.ends_with("/octo/hello/42/events") => Some(events(first)),
            Some(_) => then.take(),
        }
    })
}

fn store(backend: &Backend, inputs: &[(&str, &str)]) -> Done {
    let step = Step::new("store", &backend.url).with("phase", "scan").with("data", "{}");
    inputs.iter().fold(step, |step, (name, value)| step.with(name, value)).run()
}

#[test]
fn a_conditional_store_recognises_its_own_success() {
    for (inputs, outcome) in [
        (&[("if-match", "3")][..], "replaced"),
        (&[("if-match", "3"), ("merge", "true")], "replaced"),
        (&[("create-only", "true")], "created"),
    ] {
        for lost in [502, 503, 504, 408] {
            let events = |first: &str| {
                // Another run may have stored a later revision by now.
                Answer::events(&[event("stored", "scan", 5, "other"), event("stored", "scan", 4, first)])
            };
            let backend = losing(lost, mismatch(Some(5)), events);
            let done = store(&backend, inputs).succeeded();
            assert_eq!(outputs(&done), [("revision", "4"), ("etag", "\"4\""), ("storage", "backend")]);
            assert!(row(&done).ends_with(&format!(" | {outcome} |")), "{}", done.summary);
            assert_eq!(backend.requests().len(), 3);
        }
    }
}

#[test]
fn what_another_run_stored_is_not_taken_for_the_own_success() {
    for events in [
        |_: &str| Answer::events(&[]),
        |_: &str| Answer::events(&[event("stored", "scan", 4, "run-1-1-other")]),
        |first: &str| Answer::events(&[event("stored", "validate", 4, first)]),
        |first: &str| Answer::events(&[event("deleted", "scan", 4, first)]),
        |first: &str| {
            Answer::json(200, Answer::events(&[event("stored", "scan", 4, first)]).body().replace("42", "43"))
        },
        |_: &str| Answer::new(404, "text/html", "<html>"),
    ] {
        let backend = losing(502, mismatch(Some(4)), events);
        let (title, message) = store(&backend, &[("if-match", "3")]).failure();
        assert_eq!(title, "phase-data: another revision is stored");
        assert!(
            message.contains("\nAn earlier attempt of this step got no answer, and may have succeeded"),
            "{message}"
        );
    }
}

#[test]
fn an_attempt_that_was_turned_away_was_not_carried_out() {
    let backend = losing(429, mismatch(Some(4)), |_| Answer::events(&[]));
    let (_, message) = store(&backend, &[("if-match", "3")]).failure();
    assert!(message.contains("\nAnother run stored the phase in between."), "{message}");
    assert_eq!(backend.requests().len(), 2, "nothing is looked for");
}

#[test]
fn a_clean_up_and_a_restore_report_what_their_lost_attempt_did() {
    for (operation, output, kind) in [("cleanup", "deleted", "deleted"), ("restore", "restored", "restored")]
    {
        let answer = format!(
            r#"{{"repository":"octo/hello","issue_number":42,"{output}":["mitigate"],"purged":false}}"#
        );
        let backend = losing(504, Answer::json(200, answer), move |first| {
            Answer::events(&[event(kind, "scan", 4, first), event(kind, "validate", 4, "other")])
        });
        let done = Step::new(operation, &backend.url).run().succeeded();
        assert_eq!(done.output(output), Some(r#"["scan","mitigate"]"#));
    }
}
