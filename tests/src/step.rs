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
    /// The issue of the event. `None`: the step has another event.
    issue: Option<u32>,
}

/// The result of the program on a command line.
#[derive(Debug)]
pub struct CommandLineResult {
    /// The exit status.
    pub status: i32,
    /// The result.
    pub stdout: String,
    /// The messages.
    pub stderr: String,
}

/// The variables that only a runner sets.
const RUNNERS: [&str; 9] = [
    "GITHUB_ACTIONS",
    "GITHUB_EVENT_NAME",
    "GITHUB_EVENT_PATH",
    "GITHUB_OUTPUT",
    "GITHUB_REPOSITORY",
    "GITHUB_SHA",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_WORKSPACE",
    "RUNNER_TEMP",
];

/// The result of a step.
#[derive(Debug)]
pub struct StepResult {
    /// `true` if the step succeeded.
    pub success: bool,
    /// The exit status.
    pub status: Option<i32>,
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
        Self { disk, command, issue: Some(issue) }
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
    pub fn file(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        if name == "event.json" {
            self.issue = None;
        }
        std::fs::write(self.disk.path().join(name), content).expect("the disk can be written");
        self
    }

    /// Runs the same outside of GitHub: the inputs are flags, and the runner's variables are not there.
    ///
    /// # Panics
    /// If the program does not start.
    #[must_use]
    pub fn run_on_command_line(&self) -> CommandLineResult {
        let variables: BTreeMap<String, String> = self
            .command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value?.to_str()?.to_owned())))
            .collect();
        let mut inputs: BTreeMap<String, String> = variables
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("INPUT_")?.to_lowercase(), value.clone())))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let mut command = Command::new(action_program());
        command.env_clear().current_dir(self.disk.path());
        let is_runners = |name: &str| RUNNERS.contains(&name) || name.starts_with("INPUT_");
        command.envs(variables.iter().filter(|(name, _)| !is_runners(name)));
        if let Some(key) = inputs.remove("api-key") {
            command.env("PHASE_DATA_API_KEY", key);
        }
        let operation = inputs.remove("operation").unwrap_or_default();
        inputs.entry("repository".to_owned()).or_insert("octo/hello".to_owned());
        if let Some(issue) = self.issue.filter(|_| !matches!(operation.as_str(), "list" | "sweep" | "doctor"))
        {
            inputs.entry("issue-number".to_owned()).or_insert(issue.to_string());
        }
        inputs.entry("commit-sha".to_owned()).or_insert("a".repeat(40));
        command.arg(operation).args(inputs.iter().map(|(name, value)| format!("--{name}={value}")));
        let output = command.output().expect("the action starts");
        CommandLineResult {
            status: output.status.code().expect("an exit status"),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
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
            status: output.status.code(),
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
