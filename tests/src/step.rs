//! One run of the action, as a workflow step would be.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::action_program;

/// Returns a key that no backend has made.
#[must_use]
pub fn unknown_key() -> String {
    phase_data_wire::whole_api_key("wrong0123456789abcdefghijklmnopqrstuvwxyzA")
}

/// A step to be run, on a runner of its own with an empty disk.
pub struct Step {
    disk: TempDir,
    command: Command,
}

/// The result of a step.
#[derive(Debug)]
pub struct StepResult {
    /// `true` if the step succeeded.
    pub success: bool,
    /// The output.
    pub log: String,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Its part of the job's summary.
    pub summary: String,
    disk: TempDir,
}

impl Step {
    /// A step of this operation against this backend, for an `issues` event about this issue.
    ///
    /// # Panics
    /// If the disk can't be written.
    pub fn new(operation: &str, backend_url: &str, key: &str, issue: u32) -> Self {
        let disk = TempDir::new().expect("an empty disk");
        let mut command = Command::new(action_program());
        command.env_clear().current_dir(disk.path());
        for (variable, file) in [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary")] {
            std::fs::write(disk.path().join(file), "").expect("the disk can be written");
            command.env(variable, disk.path().join(file));
        }
        let event = format!(r#"{{"action":"opened","issue":{{"number":{issue}}}}}"#);
        std::fs::write(disk.path().join("event.json"), event).expect("the disk can be written");
        command
            .env("GITHUB_EVENT_PATH", disk.path().join("event.json"))
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_EVENT_NAME", "issues")
            .env("GITHUB_REPOSITORY", "octo/hello")
            .env("GITHUB_SHA", "a".repeat(40))
            .env("GITHUB_WORKSPACE", disk.path())
            .env("RUNNER_TEMP", disk.path());
        Self { disk, command }
            .input("operation", operation)
            .input("backend-url", backend_url)
            .input("api-key", key)
    }

    /// Sets an input, as the runner hands it over.
    #[must_use]
    pub fn input(mut self, name: &str, value: &str) -> Self {
        self.command.env(format!("INPUT_{}", name.to_uppercase().replace(' ', "_")), value);
        self
    }

    /// Sets a variable of the runner's.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Puts a file into the workspace.
    ///
    /// # Panics
    /// If the disk can't be written.
    #[must_use]
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.disk.path().join(name), content).expect("the disk can be written");
        self
    }

    /// Runs the step.
    ///
    /// # Panics
    /// If the program does not start, or writes outputs that no runner would take.
    pub fn run(mut self) -> StepResult {
        let output = self.command.output().expect("the action starts");
        let read = |file| std::fs::read_to_string(self.disk.path().join(file)).expect("the runner's file");
        StepResult {
            success: output.status.success(),
            log: String::from_utf8(output.stdout).expect("the log is text")
                + &String::from_utf8_lossy(&output.stderr),
            outputs: parse_outputs(&read("output")),
            summary: read("summary"),
            disk: self.disk,
        }
    }
}

impl StepResult {
    /// An output's value, or `""`, as an expression in a workflow would see it.
    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    /// The content of the file that an output names.
    ///
    /// # Panics
    /// If there is no such file.
    pub fn read(&self, output: &str) -> String {
        let path: PathBuf = self.output(output).into();
        let path = if path.is_absolute() { path } else { self.disk.path().join(path) };
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", Path::display(&path)))
    }
}

/// Reads the outputs as the runner does: `name=value`, or `name<<DELIMITER` up to that line.
fn parse_outputs(text: &str) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((name, delimiter)) = line.split_once("<<") {
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            outputs.insert(name.to_owned(), value.join("\n"));
        } else if let Some((name, value)) = line.split_once('=') {
            outputs.insert(name.to_owned(), value.to_owned());
        } else {
            assert!(line.is_empty(), "the runner would refuse the output line {line:?}");
        }
    }
    outputs
}
