//! A checkout can bring symbolic links. No file outside the workspace is read or written unless the workflow allows it.

use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::Path;

use crate::backend::{Answer, Backend};
use crate::operations::{STORED, issue, phase};
use crate::step::{Step, StepResult};

const OUTSIDE: &str = "it is outside the working directory and RUNNER_TEMP, or a link points there, which needs \
                       allow-outside-workspace";

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

/// The owner of a file or a directory.
fn owner(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).expect("there").uid()
}

#[test]
fn files_and_directories_belong_to_the_owner_of_the_directory_that_they_are_made_in() {
    let backend = Backend::responding(|_| Some(issue(&[phase("scan", 1, "1")])));
    let step = |file: &str| {
        let step = Step::new("retrieve", &backend.url).with("phase", "scan").with("output-file", file);
        // The runner is another user than the one of the container. Only root can give files away.
        for name in ["workspace", "temp"] {
            let _ = chown(step.path(name), Some(1000), Some(1000));
        }
        step
    };
    let done = step("made/of/report.json").run().succeeded();
    let runner = owner(&done.path("workspace"));
    for name in ["made", "made/of", "made/of/report.json"] {
        assert_eq!(owner(&done.path("workspace").join(name)), runner, "{name}");
    }
    let done = step("").run().succeeded();
    assert_eq!(owner(&done.temp_file()), runner);
    let done = step("made/report.json").with("allow-outside-workspace", "true").run().succeeded();
    assert_eq!(owner(&done.path("workspace/made/report.json")), runner);
    assert_eq!(owner(&done.path("workspace/made")), runner);
}

#[test]
fn a_replaced_file_keeps_its_owner_and_existing_directories_keep_theirs() {
    let backend = Backend::responding(|_| Some(issue(&[phase("scan", 1, "1")])));
    let step = Step::new("retrieve", &backend.url)
        .with("phase", "scan")
        .with("output-file", "there/new/report.json");
    let done = step.file("report.json", "old");
    std::fs::create_dir(done.path("workspace/there")).expect("made");
    let own = owner(Path::new(&done.path("workspace/there")));
    let _ = chown(done.path("workspace"), Some(1000), Some(1000));
    let _ = chown(done.path("workspace/report.json"), Some(1001), Some(1001));
    let report = owner(Path::new(&done.path("workspace/report.json")));
    let done = done.run().succeeded();
    assert_eq!(owner(&done.path("workspace/there")), own);
    assert_eq!(owner(&done.path("workspace/there/new")), own);
    let step = Step::new("retrieve", &backend.url).with("phase", "scan").with("output-file", "report.json");
    let step = step.file("report.json", "old");
    let _ = chown(step.path("workspace/report.json"), Some(1001), Some(1001));
    let done = step.run().succeeded();
    assert_eq!(owner(&done.path("workspace/report.json")), report);
}

#[test]
fn a_document_is_not_lost_in_a_directory_that_the_runner_does_not_mount() {
    let backend = Backend::responding(|_| Some(issue(&[phase("scan", 1, "1")])));
    let step = |variable: &str| {
        let step = Step::new("retrieve", &backend.url).with("phase", "scan");
        let path = step.path("not/mounted");
        step.variable(variable, &path)
    };
    let done = step("RUNNER_TEMP").run().succeeded();
    assert_eq!((done.output("data"), done.output("data-file")), (Some("1"), None));
    assert!(!done.path("not").exists());
    assert!(
        done.stdout.contains("::warning title=phase-data%3A document not written to a file::RUNNER_TEMP: ")
    );
    assert!(done.stdout.contains("set output-file to a path in the workspace"), "{}", done.stdout);
    let done = step("RUNNER_TEMP").with("output-file", "report.json").run().succeeded();
    assert!(!done.stdout.contains("::warning") && done.path("workspace/report.json").exists());
    let done = step("GITHUB_WORKSPACE").with("output-file", "report.json").run();
    let (title, message) = done.failure();
    assert_eq!(title, "phase-data: file not written");
    assert!(
        message.contains("not/mounted does not exist where the action runs\nThe runner must mount"),
        "{message}"
    );
    assert!(!done.path("not").exists());
    let store = Step::new("store", &backend.url).with("phase", "scan").with("data-file", "report.json");
    let (_, message) = store.variable("GITHUB_WORKSPACE", "/no/such/workspace").run().failure();
    assert!(
        message.contains("the directory /no/such/workspace does not exist where the action runs"),
        "{message}"
    );
}

#[test]
fn a_large_document_without_a_directory_for_it_fails_the_step() {
    let document = format!("\"{}\"", "x".repeat(256 * 1024));
    let backend = Backend::answering(vec![issue(&[phase("scan", 1, &document)])]);
    let step =
        Step::new("retrieve", &backend.url).with("phase", "scan").variable("RUNNER_TEMP", "/no/such/temp");
    let (title, message) = step.run().failure();
    assert_eq!(title, "phase-data: file not written");
    assert!(
        message.contains("the directory /no/such/temp does not exist where the action runs"),
        "{message}"
    );
}

#[test]
fn the_runners_own_files_are_not_made_where_they_are_not_mounted() {
    for (variable, file) in [("GITHUB_OUTPUT", "output2"), ("GITHUB_STEP_SUMMARY", "summary2")] {
        let step = Step::new("retrieve", "").with("persistence", "off").with("api-key", "");
        let path = step.path(file);
        let done = step.variable(variable, &path).run();
        assert!(!done.path(file).exists(), "{variable}");
        if variable == "GITHUB_OUTPUT" {
            let (title, message) = done.failure();
            assert_eq!(title, "phase-data: file not written");
            assert!(!message.contains("succeeded"), "nothing was done: {message}");
        } else {
            assert!(done.stdout.contains("::warning title=phase-data%3A no summary::"), "{}", done.stdout);
        }
    }
}

#[test]
fn a_name_with_terminal_escapes_is_shown_without_them() {
    let name = "a\u{1b}[31m\nb.pem";
    let (_, message) = Step::new("retrieve", &Backend::absent()).with("ca-file", name).run().failure();
    assert!(message.starts_with("ca-file a [31m b.pem: No such file or directory"), "{message}");
    let backend = Backend::answering(vec![issue(&[phase("scan", 1, "1")])]);
    let step =
        Step::new("retrieve", &backend.url).with("phase", "scan").with("output-file", &format!("{name}/x"));
    let (_, message) = step.file(name, "").run().failure();
    assert!(message.starts_with("can't write the document to a [31m b.pem/x: "), "{message}");
}

#[test]
fn a_file_where_the_runner_named_no_directory_is_written_with_a_warning() {
    let answer = || issue(&[phase("scan", 1, "1")]);
    for (variable, output_file) in [("RUNNER_TEMP", ""), ("GITHUB_WORKSPACE", "report.json")] {
        let backend = Backend::answering(vec![answer(), answer()]);
        let step =
            || Step::new("retrieve", &backend.url).with("phase", "scan").with("output-file", output_file);
        let warning = format!(
            "::warning title=phase-data%3A other steps may not find the file::{variable} is not set, so "
        );
        let done = step().run().succeeded();
        assert!(!done.stdout.contains("::warning"), "{}", done.stdout);
        let done = step().without(variable).run().succeeded();
        assert!(done.stdout.contains(&warning), "{}", done.stdout);
        let file = done.path(done.output("data-file").expect("a file"));
        assert_eq!(std::fs::read_to_string(&file).expect("the document"), "1");
        std::fs::remove_file(file).expect("removed: it may be outside of the test's directory");
    }
}
