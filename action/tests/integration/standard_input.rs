//! `--data-file -`: the document comes from standard input.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::backend::{Answer, Backend};
use crate::operations::STORED;
use crate::step::{KEY, Step};

/// Runs a command line in a shell, with the program as `$ACTION`.
fn shell(url: &str, line: &str) -> Output {
    let directory = tempfile::tempdir().expect("a directory");
    Command::new("bash")
        .args(["-c", line])
        .env("ACTION", env!("CARGO_BIN_EXE_phase-data-action"))
        .env("PHASE_DATA_URL", url)
        .env("PHASE_DATA_API_KEY", KEY)
        .env_remove("GITHUB_ACTIONS")
        .stdin(Stdio::null())
        .current_dir(directory.path())
        .output()
        .expect("a shell")
}

const STORE: &str = "$ACTION store --repository octo/hello --issue-number 42 --phase scan --data-file -";

/// Runs a command line that stores, and returns the document that was sent.
fn sent(line: &str) -> String {
    let backend = Backend::answering(vec![Answer::json(201, STORED)]);
    let output = shell(&backend.url, line);
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    let body = backend.request().body;
    let (_, data) = body.split_once("\"data\":").expect("a document");
    data.strip_suffix('}').expect("the end").to_owned()
}

/// Runs a command line that is refused before anything is sent; returns the status and the messages.
fn refused(line: &str) -> (Option<i32>, String) {
    let output = shell(&Backend::absent(), line);
    assert_eq!(output.stdout, b"", "{line}");
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
}

#[test]
fn a_pipe_a_file_and_each_format_are_stored_as_from_a_named_file() {
    for (line, document) in [
        (format!("echo '{{\"a\": [1.0]}}' | {STORE}"), "{\"a\": [1.0]}"),
        (format!("echo '[]' > it; {STORE} < it"), "[]"),
        (format!("printf '1\\n2\\n' | {STORE} --data-format json-lines"), "[1,2]"),
        (format!("{STORE} --data-format json-lines < /dev/null"), "[]"),
        (format!("printf 'a\\n' | {STORE} --data-format=text"), "\"a\\n\""),
        // The runner's variables don't make it a step: a workflow's `run:` has a standard input.
        (format!("export GITHUB_ACTIONS=true; (sleep 0.3; echo 1) | {STORE}"), "1"),
    ] {
        assert_eq!(sent(&line), document, "{line}");
    }
}

#[test]
fn an_input_that_is_empty_closed_or_unreadable_is_refused_with_the_reason() {
    for (line, cause) in [
        (format!("true | {STORE}"), "standard input is empty"),
        (format!("{STORE} <&-"), "standard input is empty"),
        (format!("printf 'a: 1\\nb:\\n  - c: 2\\n' | {STORE}"), "standard input looks like YAML, not JSON"),
        (format!("echo '{{' | {STORE}"), "standard input is not valid JSON"),
        (format!("{STORE} < ."), "standard input can't be read: Is a directory"),
    ] {
        let (status, message) = refused(&line);
        assert_eq!(status, Some(1), "{line}: {message}");
        assert!(message.contains(cause), "{line}: {message}");
    }
    let (_, message) = refused(&format!("{STORE} < ."));
    assert!(message.contains("`phase-data-action store --data-file - < FILE`"), "{message}");
}

#[test]
fn an_endless_input_is_read_up_to_the_limit() {
    let start = Instant::now();
    let (status, message) = refused(&format!("yes | {STORE} --data-format text"));
    assert_eq!(status, Some(1), "{message}");
    assert!(message.contains("standard input can't be read: it is larger than 67108864 bytes"), "{message}");
    assert!(message.contains("Store less"), "{message}");
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn a_terminal_is_not_waited_for() {
    // `script` runs the command on a terminal of its own.
    let terminal = format!("script --quiet --return --command '{STORE}' /dev/null");
    let output = shell(&Backend::absent(), &terminal);
    let message = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("standard input is a terminal: pipe the document"), "{message}");
}

#[test]
fn a_step_of_a_workflow_has_no_standard_input() {
    let (_, message) =
        Step::new("store", &Backend::absent()).with("phase", "scan").with("data-file", "-").run().failure();
    assert!(
        message.contains("which a step of a workflow does not have: write the document to a file"),
        "{message}"
    );
    let backend = Backend::answering(vec![Answer::json(201, STORED)]);
    let step =
        Step::new("store", &backend.url).with("phase", "scan").with("data-file", "./-").file("-", "[7]");
    step.run().succeeded();
    assert!(backend.request().body.ends_with("\"data\":[7]}"));
}

#[test]
fn a_retrieval_prints_on_standard_output_without_a_file() {
    let line = "$ACTION retrieve --repository octo/hello --issue-number 42 --phase scan --output-file -";
    let (status, message) = refused(line);
    assert_eq!(status, Some(2), "{message}");
    assert!(
        message.contains("retrieve prints the document on standard output without output-file; omit it"),
        "{message}"
    );
}
