//! One step of a workflow: the environment that the runner makes, and what the step left behind.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The key that every step uses.
///
/// In two parts, so that nobody takes it for a leaked one.
pub(crate) const KEY: &str = concat!("pd_", "test0123456789abcdefghijklmnopqrstuvwxyzAB3TTuhi");
/// The commit that every step runs for.
pub(crate) const COMMIT: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f001122334";

/// The start of each `User-Agent`, with the version that the program prints.
pub(crate) fn program() -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_phase-data-action")).arg("--version").output().expect("it runs");
    String::from_utf8(output.stdout).expect("UTF-8").trim_end().replace(' ', "/")
}

/// A step to be run.
pub(crate) struct Step {
    directory: tempfile::TempDir,
    url: String,
    variables: BTreeMap<String, String>,
}

/// The result of a step.
pub(crate) struct StepResult {
    pub(crate) success: bool,
    /// Standard output with the backend's address as `http://backend`.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The outputs, in order. Their file was exactly what the runner reads.
    pub(crate) outputs: Vec<(String, String)>,
    pub(crate) summary: String,
    directory: tempfile::TempDir,
}

impl Step {
    /// A step of `octo/hello` with an event about issue 42.
    pub(crate) fn new(operation: &str, url: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        for name in ["workspace", "temp"] {
            std::fs::create_dir(directory.path().join(name)).expect("made");
        }
        for name in ["output", "summary"] {
            std::fs::write(directory.path().join(name), "").expect("written");
        }
        std::fs::write(directory.path().join("event.json"), r#"{"issue":{"number":42}}"#).expect("written");
        let mut step = Self { url: url.to_owned(), variables: BTreeMap::new(), directory };
        for (key, name) in [
            ("GITHUB_OUTPUT", "output"),
            ("GITHUB_STEP_SUMMARY", "summary"),
            ("GITHUB_WORKSPACE", "workspace"),
            ("RUNNER_TEMP", "temp"),
            ("GITHUB_EVENT_PATH", "event.json"),
        ] {
            let path = step.path(name);
            step = step.variable(key, &path);
        }
        step.variable("GITHUB_ACTIONS", "true")
            .variable("GITHUB_REPOSITORY", "Octo/Hello")
            .variable("GITHUB_SHA", COMMIT)
            .with("operation", operation)
            .with("backend-url", url)
            .with("api-key", KEY)
            .with("timeout-seconds", "5")
    }

    /// Sets an input, as the runner does.
    pub(crate) fn with(self, input: &str, value: &str) -> Self {
        let key = format!("INPUT_{}", input.to_uppercase());
        self.variable(&key, value)
    }

    pub(crate) fn variable(mut self, key: &str, value: &str) -> Self {
        self.variables.insert(key.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn without(mut self, key: &str) -> Self {
        self.variables.remove(key);
        self
    }

    pub(crate) fn event(self, event: &str) -> Self {
        std::fs::write(self.directory.path().join("event.json"), event).expect("written");
        self
    }

    /// Puts a file into the workspace.
    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.directory.path().join("workspace").join(name), content).expect("written");
        self
    }

    /// The path of a file of this step's.
    pub(crate) fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    pub(crate) fn run(self) -> StepResult {
        let output = Command::new(env!("CARGO_BIN_EXE_phase-data-action"))
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.directory.path())
            .output()
            .expect("the action runs");
        // A step without a backend has no address to be replaced.
        let url = if self.url.is_empty() { "http://backend" } else { &self.url };
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8").replace(url, "http://backend");
        let read = |name| std::fs::read_to_string(self.directory.path().join(name)).unwrap_or_default();
        StepResult {
            success: output.status.success(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            outputs: entries(&read("output")),
            summary: read("summary"),
            directory: self.directory,
        }
    }
}

impl StepResult {
    /// The step was green, and printed nothing where the runner does not look.
    pub(crate) fn succeeded(self) -> Self {
        assert!(self.success, "{}", self.stdout);
        assert_eq!(self.stderr, "");
        self
    }

    /// The step was red, with one annotation. Returns its title and message as the runner shows them.
    pub(crate) fn failure(&self) -> (String, String) {
        assert!(!self.success, "{}", self.stdout);
        assert_eq!(self.stderr, "");
        let errors: Vec<_> = self.stdout.lines().filter_map(|l| l.strip_prefix("::error title=")).collect();
        let [error] = errors.as_slice() else { panic!("not one annotation: {}", self.stdout) };
        let (title, message) = error.split_once("::").expect("an annotation");
        (unescaped(title), unescaped(message))
    }

    pub(crate) fn output(&self, name: &str) -> Option<&str> {
        self.outputs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The only file in the runner's temporary directory.
    pub(crate) fn temp_file(&self) -> PathBuf {
        let files: Vec<_> = std::fs::read_dir(self.path("temp")).expect("there").flatten().collect();
        assert_eq!(files.len(), 1);
        files.first().expect("one").path()
    }
}

/// Decodes an escaped text, like the runner.
fn unescaped(text: &str) -> String {
    [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")]
        .iter()
        .fold(text.to_owned(), |text, (code, character)| text.replace(code, character))
}

/// Reads the outputs' file strictly: anything that is not an entry of ours is a failure.
fn entries(text: &str) -> Vec<(String, String)> {
    let mut rest = text;
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let (head, tail) = rest.split_once('\n').expect("a line");
        let (name, delimiter) = head.split_once("<<").expect("an entry");
        let random = delimiter.strip_prefix("ghadelimiter_").expect("a delimiter");
        assert!(random.len() == 32 && random.bytes().all(|byte| byte.is_ascii_hexdigit()), "{delimiter}");
        let (value, after) = tail.split_once(&format!("\n{delimiter}\n")).expect("an end");
        entries.push((name.to_owned(), value.to_owned()));
        rest = after;
    }
    entries
}

/// A payload of the project's own.
pub(crate) fn payload(name: &str) -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/payloads");
    std::fs::read_to_string(directory.join(name)).expect("the payload is there")
}
