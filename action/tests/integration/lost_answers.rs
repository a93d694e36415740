//! An attempt whose answer was lost may have been carried out: the events of the issue tell.

use crate::backend::{Answer, Backend, Request};
use crate::conditions::mismatch;
use crate::operations::{STORED, outputs, row};
use crate::step::{Step, StepResult};

fn event(kind: &str, phase: &str, revision: u32, request_id: &str) -> String {
    let etag = match kind {
        "stored" => format!(r#","etag":"\"{revision}-1a2b3c4d\"""#),
        _ => String::new(),
    };
    format!(
        r#"{{"id":1,"kind":"{kind}","phase":"{phase}","revision":{revision}{etag},"actor":{{"kind":"api_key"}},
        "request_id":"{request_id}","at":"2026-03-02T08:14:55Z"}}"#
    )
}

fn is_lookup(request: &Request) -> bool {
    request.line.starts_with("GET /api/v1/phase_data/octo/hello/42/events?limit=100")
}

/// A backend whose first answer is lost. Then it gives this one, and events that it is told the lost request's id for.
fn losing(lost: u16, then: Answer, mut events: impl FnMut(&str) -> Answer + Send + 'static) -> Backend {
    let (mut first, mut then) = (None::<String>, Some(then));
    Backend::responding(move |request: &Request| {
        let id = request.header("x-request-id").expect("a request id").to_owned();
        match &first {
            None => {
                first = Some(id);
                Some(Answer::new(lost, "text/html", "<html>"))
            }
            Some(first) if is_lookup(request) => Some(events(first)),
            Some(_) => then.take(),
        }
    })
}

fn store(backend: &Backend, inputs: &[(&str, &str)]) -> StepResult {
    let step = Step::new("store", &backend.url).with("phase", "scan").with("data", "{}");
    inputs.iter().fold(step, |step, (name, value)| step.with(name, value)).run()
}

#[test]
fn a_conditional_store_recognises_its_own_success() {
    for (inputs, outcome) in [
        (&[("if-match", "3")][..], "replaced"),
        (&[("if-match", "3"), ("merge", "true")], "replaced"),
        (&[("if-match", "\"3-1a2b3c4d\"")], "replaced"),
        (&[("create-only", "true")], "created"),
    ] {
        for lost in [502, 503, 504, 408] {
            let events = |first: &str| {
                // Another run may have stored a later revision by now.
                Answer::events(&[event("stored", "scan", 5, "other"), event("stored", "scan", 4, first)])
            };
            let backend = losing(lost, mismatch(Some(5)), events);
            let done = store(&backend, inputs).succeeded();
            assert_eq!(
                outputs(&done),
                [("revision", "4"), ("etag", "\"4-1a2b3c4d\""), ("storage", "backend")]
            );
            assert!(row(&done).ends_with(&format!(" | {outcome} |")), "{}", done.summary);
            assert_eq!(backend.requests().len(), 2, "it is not repeated");
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
        assert!(message.contains("\nAn earlier attempt got no answer and may have succeeded"), "{message}");
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
fn a_write_that_was_carried_out_is_not_repeated_over_what_another_run_stored() {
    for inputs in [&[][..], &[("merge", "true")], &[("persistence", "best-effort")]] {
        let events = |first: &str| {
            Answer::events(&[event("stored", "scan", 5, "B"), event("stored", "scan", 4, first)])
        };
        let backend = losing(502, Answer::json(200, STORED), events);
        let done = store(&backend, inputs).succeeded();
        assert_eq!(outputs(&done), [("revision", "4"), ("etag", "\"4-1a2b3c4d\""), ("storage", "backend")]);
        let writes = backend.requests().iter().filter(|request| !request.line.starts_with("GET ")).count();
        assert_eq!(writes, 1);
    }
}

#[test]
fn a_write_that_the_events_do_not_show_is_repeated() {
    let backend =
        losing(502, Answer::json(201, STORED), |_| Answer::events(&[event("stored", "scan", 3, "B")]));
    let done = store(&backend, &[]).succeeded();
    assert_eq!(done.output("revision"), Some("1"));
    assert_eq!(backend.requests().len(), 3);
}

#[test]
fn nothing_is_repeated_while_the_events_can_not_be_read() {
    let mut writes = 0;
    let backend = Backend::responding(move |request: &Request| {
        writes += u32::from(!is_lookup(request));
        assert_eq!(writes, 1);
        Some(Answer::new(502, "text/html", "<html>"))
    });
    let (title, _) = store(&backend, &[("timeout-seconds", "2")]).failure();
    assert_eq!(title, "phase-data: not available");
    assert!(backend.requests().len() > 2);
}

#[test]
fn the_own_event_is_looked_for_on_further_pages() {
    let mut first = None;
    let backend = Backend::responding(move |request: &Request| {
        let id = request.header("x-request-id").expect("a request id").to_owned();
        let page = |event: String, next: &str| {
            let body = Answer::events(&[event]).body().replace("]}", &format!("]{next}}}"));
            Some(Answer::json(200, body))
        };
        match &first {
            None => {
                first = Some(id);
                Some(Answer::new(502, "text/html", "<html>"))
            }
            Some(first) if request.line.ends_with("limit=100&before=77") => {
                page(event("stored", "scan", 4, first), "")
            }
            Some(_) => page(event("stored", "scan", 200, "B"), r#","next":77"#),
        }
    });
    assert_eq!(store(&backend, &[]).succeeded().output("revision"), Some("4"));
    assert_eq!(backend.requests().len(), 3);
}

const OPERATIONS: [(&str, &str); 2] = [("cleanup", "deleted"), ("restore", "restored")];

fn answer(output: &str) -> Answer {
    Answer::json(
        200,
        format!(r#"{{"repository":"octo/hello","issue_number":42,"{output}":["mitigate"],"purged":false}}"#),
    )
}

#[test]
fn a_clean_up_and_a_restore_report_what_their_lost_attempt_did() {
    for (operation, kind) in OPERATIONS {
        let backend = losing(504, answer(kind), move |first| {
            Answer::events(&[event(kind, "scan", 4, first), event(kind, "validate", 4, "other")])
        });
        let done = Step::new(operation, &backend.url).run().succeeded();
        assert_eq!(done.output(kind), Some(r#"["scan"]"#));
        assert_eq!(backend.requests().len(), 2, "it is not repeated");
    }
}

#[test]
fn an_attempt_that_arrives_after_the_look_is_reported_too() {
    for (operation, kind) in OPERATIONS {
        let mut looks = 0;
        let backend = losing(504, answer(kind), move |first| {
            looks += 1;
            let late = event(kind, "scan", 4, first);
            Answer::events(if looks == 1 { &[] } else { std::slice::from_ref(&late) })
        });
        let done = Step::new(operation, &backend.url).run().succeeded();
        assert_eq!(done.output(kind), Some(r#"["scan","mitigate"]"#));
    }
}

#[test]
fn a_repeated_clean_up_spares_what_was_stored_since_the_step_began() {
    let backend = losing(504, answer("deleted"), |_| Answer::events(&[]));
    Step::new("cleanup", &backend.url).run().succeeded();
    let lines: Vec<_> = backend.requests().into_iter().map(|request| request.line).collect();
    let deletes: Vec<_> = lines.iter().filter(|line| line.starts_with("DELETE ")).collect();
    let [first, second] = deletes.as_slice() else { panic!("{lines:?}") };
    assert!(!first.contains("closed_at"), "{first}");
    assert!(second.contains("?closed_at=20"), "{second}");
}
