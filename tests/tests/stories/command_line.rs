//! The action's program outside of a container, as another CI system or a person runs it.

use std::path::Path;
use std::process::{Command, Output};

use phase_data_tests::{Backend, action_program};
use serde_json::Value;

fn run(backend: &Backend, key: &str, directory: &Path, line: &str) -> Output {
    Command::new(action_program())
        .env_clear()
        .env("PHASE_DATA_URL", backend.url())
        .env("PHASE_DATA_API_KEY", key)
        .current_dir(directory)
        .args(line.split_whitespace())
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_stores_retrieves_and_cleans_up_in_plain_text() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let disk = tempfile::TempDir::new().expect("a directory");
    let report = include_str!("../../payloads/scan.json");
    std::fs::write(disk.path().join("scan.json"), report).expect("written");
    let call = |line: &str| run(&backend, &octo.key, disk.path(), line);
    let of = "--repository octo/hello --issue-number 42";

    let stored = call(&format!("store {of} --phase scan --data-file scan.json"));
    assert!(stored.status.success(), "{}", text(&stored.stderr));
    let outputs: Value = serde_json::from_slice(&stored.stdout).expect("the outputs");
    assert_eq!((&outputs["revision"], &outputs["storage"]), (&"1".into(), &"backend".into()));
    assert!(!text(&stored.stderr).contains("::"), "no commands: {}", text(&stored.stderr));

    let retrieved = call(&format!("retrieve {of} --phase=scan"));
    let same: Value = serde_json::from_slice(&retrieved.stdout).expect("the document alone");
    assert_eq!(same, serde_json::from_str::<Value>(report).expect("JSON"));

    let to_file = call(&format!("retrieve {of} --phase=scan --output-file out/scan.json"));
    let outputs: Value = serde_json::from_slice(&to_file.stdout).expect("the outputs");
    assert_eq!((&outputs["found"], outputs.get("data")), (&"true".into(), None));
    let file = std::fs::read_to_string(disk.path().join("out/scan.json")).expect("the file");
    assert_eq!(serde_json::from_str::<Value>(&file).expect("JSON"), same);

    let cleaned = call(&format!("cleanup {of}"));
    assert_eq!(text(&cleaned.stdout), "{\"deleted\":\"[\\\"scan\\\"]\",\"storage\":\"backend\"}\n");
    let gone = call(&format!("retrieve {of} --phase=scan"));
    assert_eq!((gone.status.code(), text(&gone.stdout)), (Some(1), ""));
    let message = text(&gone.stderr);
    assert!(
        message.contains("error: not found\n  nothing is stored for scan of octo/hello#42\n"),
        "{message}"
    );
    for output in [stored, retrieved, to_file, cleaned, gone] {
        assert!(!text(&output.stderr).contains(&octo.key) && !text(&output.stdout).contains(&octo.key));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_line_that_is_not_understood_sends_nothing_and_says_what_is_wrong() {
    let backend = Backend::start().await;
    let disk = tempfile::TempDir::new().expect("a directory");
    let call = |line: &str| run(&backend, "pd_key", disk.path(), line);
    for (line, message) in [
        ("", "error: no operation given: phase-data-action OPERATION [--INPUT VALUE]…; see --help\n"),
        (
            "store --isue-number 42",
            "error: unknown flag \"--isue-number\": did you mean --issue-number?; see --help\n",
        ),
        ("store --phase", "error: --phase needs a value\n"),
    ] {
        let refused = call(line);
        assert_eq!((refused.status.code(), text(&refused.stderr)), (Some(2), message), "{line}");
    }
    let unknown = call("stroe --repository octo/hello");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("unknown operation \"stroe\""), "{}", text(&unknown.stderr));
    let help = call("--help");
    assert!(help.status.success() && text(&help.stdout).contains("--data-file"));
    assert!(text(&call("--version").stdout).starts_with(concat!(
        "phase-data-action ",
        env!("CARGO_PKG_VERSION"),
        "+"
    )));
}
