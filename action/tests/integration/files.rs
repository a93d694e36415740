//! A checkout can bring symbolic links. No file outside the workspace is read or written unless the workflow allows it.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::backend::{Answer, Backend};
use crate::operations::{STORED, issue, phase};
use crate::step::{Step, StepResult};

const OUTSIDE: &str = "it is outside the workspace and RUNNER_TEMP, or a link points there, which needs \
                       `allow-outside-workspace: true`";

/// A step whose workspace has links out of it, to a file and to a directory.
fn step(operation: &str, url: &str) -> Step {
    let step = Step::new(operation, url).with("phase", "scan");
    let path = |name: &str| step.path(name);
    std::fs::create_dir(path("outside")).expect("made");
    std::fs::write(path("outside/file"), "{\"secret\":1}").expect("written");
    symlink(path("outside/file"), path("workspace/link")).expect("linked");
    symlink("../outside", path("workspace/directory")).expect("linked");
    step
}

fn outside(done: &StepResult) -> Vec<(String, String)> {
    let files = std::fs::read_dir(done.path("outside")).expect("there").flatten();
    let read = |path: &Path| std::fs::read_to_string(path).expect("a file");
    files.map(|file| (file.file_name().into_string().expect("UTF-8"), read(&file.path()))).collect()
}

#[test]
fn no_document_from_outside_the_workspace_is_sent() {
    for (name, title) in [
        ("link", "phase-data: no valid document"),
        ("directory/file", "phase-data: no valid document"),
        ("../outside/file", "phase-data: wrong input"),
        ("/etc/hostname", "phase-data: wrong input"),
    ] {
        let backend = Backend::answering(vec![Answer::json(201, STORED)]);
        let failure = step("store", &backend.url).with("data-file", name).run().failure();
        assert_eq!(failure.0, title, "{name}");
        assert!(failure.1.contains(OUTSIDE) && failure.1.contains(name), "{}", failure.1);
        assert!(!failure.1.contains("earlier step"), "{}", failure.1);
        assert_eq!(backend.requests().len(), 0);
    }
}

#[test]
fn no_document_is_written_outside_the_workspace() {
    for name in ["link", "directory/file", "directory/new", "directory/new/file", "../outside/new"] {
        let backend = Backend::answering(vec![issue(&[phase("scan", 1, "\"pwned\"")])]);
        let done = step("retrieve", &backend.url).with("output-file", name).run();
        let (_, message) = done.failure();
        let link = if name == "link" { "it is a symbolic link, not a file" } else { OUTSIDE };
        assert!(message.contains(link) && message.contains(name), "{name}: {message}");
        assert_eq!(outside(&done), [("file".to_owned(), "{\"secret\":1}".to_owned())], "{name}");
    }
}

#[test]
fn a_workflow_can_allow_files_outside_the_workspace() {
    for name in ["link", "directory/file", "../outside/file"] {
        let backend = Backend::answering(vec![Answer::json(201, STORED)]);
        let step = step("store", &backend.url).with("data-file", name);
        step.with("allow-outside-workspace", "true").run().succeeded();
        assert!(backend.request().body.ends_with("{\"secret\":1}}"), "{name}");
    }
    for name in ["directory/new", "../outside/new"] {
        let backend = Backend::answering(vec![issue(&[phase("scan", 1, "1")])]);
        let step = step("retrieve", &backend.url).with("output-file", name);
        let done = step.with("allow-outside-workspace", "true").run().succeeded();
        assert!(outside(&done).contains(&("new".to_owned(), "1".to_owned())), "{name}");
    }
}

#[test]
fn the_runners_temporary_directory_may_be_named() {
    let backend = Backend::answering(vec![Answer::json(201, STORED)]);
    let step = step("store", &backend.url);
    let file = step.path("temp/report.json");
    std::fs::write(&file, "[1]").expect("written");
    step.with("data-file", &file).run().succeeded();
    assert!(backend.request().body.ends_with("[1]}"));
}

#[test]
fn ca_certificates_come_from_the_workspace_too() {
    for name in ["link", "/dev/null"] {
        let (title, message) = step("retrieve", &Backend::absent()).with("ca-file", name).run().failure();
        assert_eq!(title, "phase-data: wrong input");
        assert!(message.contains(OUTSIDE) && message.contains(name), "{message}");
    }
}

#[test]
fn a_document_without_an_end_is_refused() {
    for (name, cause) in [
        ("/dev/zero", "it is a device, not a file"),
        (".", "it is a directory, not a file"),
        ("large", "it is larger than 67108864 bytes"),
    ] {
        let step = step("store", &Backend::absent()).with("data-file", name);
        // The file has a size, and takes no space.
        let large = std::fs::File::create(step.path("workspace/large")).expect("made");
        large.set_len((64 << 20) + 1).expect("sized");
        let (title, message) = step.with("allow-outside-workspace", "true").run().failure();
        assert_eq!(title, "phase-data: no valid document");
        assert!(message.starts_with(&format!("data-file {name:?} can't be read: {cause}\n")), "{message}");
        assert!(!message.contains("earlier step"), "{message}");
    }
}

#[test]
fn an_event_without_an_end_is_refused() {
    let step =
        step("cleanup", &Backend::absent()).with("phase", "").variable("GITHUB_EVENT_PATH", "/dev/zero");
    let (title, message) = step.run().failure();
    assert_eq!(title, "phase-data: no issue");
    assert!(message.contains("can't be read: it is a device, not a file"), "{message}");
}
