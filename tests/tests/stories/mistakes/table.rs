//! Runs mistakes, and takes down what the program says.

use phase_data_tests::{Backend, CommandLineResult, Step, StepResult, Tenant};

pub(super) struct Table<'a> {
    backend: &'a Backend,
    octo: &'a Tenant,
    /// The annotations of the steps.
    text: String,
    /// The messages on a command line.
    on_command_line: String,
}

impl<'a> Table<'a> {
    pub(super) fn new(backend: &'a Backend, octo: &'a Tenant) -> Self {
        Self { backend, octo, text: String::new(), on_command_line: String::new() }
    }

    /// A step that is right.
    pub(super) fn store(&self) -> Step {
        Step::new("store", self.backend.url(), &self.octo.key, 42).input("phase", "scan").input("data", "{}")
    }

    pub(super) fn retrieve(&self) -> Step {
        Step::new("retrieve", self.backend.url(), &self.octo.key, 42).input("phase", "scan")
    }

    /// Runs a step that is wrong, and takes down its annotations as the runner shows them; and the same on a command line.
    pub(super) fn wrong(&mut self, mistake: &str, step: Step) {
        let other = step.run_on_command_line();
        let result = step.run();
        assert!(!result.success, "{mistake}: {}", result.log);
        assert!(
            !result.log.contains(&self.octo.key[15..]) || result.log.contains("::add-mask::"),
            "{}",
            result.log
        );
        let shown = annotations(&result, self.backend.url());
        let is_wrong_input = shown.contains("error: phase-data: wrong input");
        assert_eq!(result.status, Some(if is_wrong_input { 2 } else { 1 }), "{mistake}: {shown}");
        self.text.push_str(&format!("## {mistake}\n{shown}\n"));
        let shown = messages(mistake, &other, self.backend.url());
        self.on_command_line.push_str(&format!("## {mistake}\n{shown}\n"));
    }

    /// Compares all messages with those of the snapshots of this name.
    pub(super) fn compare(&self, name: &str) {
        insta::assert_snapshot!(name, self.text);
        insta::assert_snapshot!(format!("{name}_on_a_command_line"), self.on_command_line);
    }
}

/// The annotations with what differs from run to run replaced.
fn annotations(result: &StepResult, url: &str) -> String {
    let mut text = String::new();
    for line in result.log.lines() {
        for kind in ["error", "warning", "notice"] {
            if let Some((title, message)) =
                line.strip_prefix(&format!("::{kind} title=")).and_then(|rest| rest.split_once("::"))
            {
                let (title, message) = (unescaped(title), unescaped(message));
                text.push_str(&format!("{kind}: {title}\n{message}\n"));
            }
        }
    }
    assert!(!text.is_empty(), "no annotation: {}", result.log);
    redacted(&text.replace(url, "http://backend"))
}

/// Words that only the author of a workflow knows what to do with.
const WORKFLOW_WORDS: [&str; 9] = [
    "`with:`",
    "${{",
    "permissions:",
    "this step",
    "the step",
    "the runner",
    "the job",
    "action.yml",
    "annotation",
];

/// The error on a command line, in its own words.
fn messages(mistake: &str, result: &CommandLineResult, url: &str) -> String {
    let CommandLineResult { status, stdout, stderr } = result;
    assert!(matches!(status, 1 | 2) && stdout.is_empty(), "{mistake}: {status} {stdout} {stderr}");
    let at = stderr.find("error: ").unwrap_or_else(|| panic!("{mistake}: {stderr}"));
    let shown = stderr[at..].split("Claims of the refused token").next().unwrap_or_default();
    let is_wrong_input = shown.starts_with("error: wrong input") || !shown.contains("\n  ");
    assert_eq!(*status, if is_wrong_input { 2 } else { 1 }, "{mistake}: {stderr}");
    for word in WORKFLOW_WORDS {
        assert!(!shown.contains(word), "{mistake}: {word} in {shown}");
    }
    redacted(&shown.replace(url, "http://backend"))
}

fn unescaped(text: &str) -> String {
    let codes = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    codes.iter().fold(text.to_owned(), |text, (code, character)| text.replace(code, character))
}

/// Replaces what stands between two texts, if both are there.
fn without(text: &str, before: &str, after: &str) -> String {
    let Some((head, rest)) = text.split_once(before) else { return text.to_owned() };
    let Some((_, tail)) = rest.split_once(after) else { return text.to_owned() };
    format!("{head}{before}…{after}{tail}")
}

/// A revision and eight hexadecimal digits in quotes, but for those of examples.
fn is_tag(word: &str) -> bool {
    let inner = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let parts = inner.and_then(|inner| inner.split_once('-'));
    parts.is_some_and(|(revision, digits)| {
        digits != "1a2b3c4d"
            && revision.parse::<i64>().is_ok()
            && digits.len() == 8
            && u32::from_str_radix(digits, 16).is_ok()
    })
}

/// Without request ids, entity tags, ports, times, the version, and what a machine's resolver says.
fn redacted(text: &str) -> String {
    let text = text.replace(concat!("version ", env!("CARGO_PKG_VERSION")), "version VERSION");
    let text = without(&text, "is not valid before ", ") (401");
    let text = without(&text, "The API key expired at ", " (401");
    let text = without(&text, "could not be reached (", ")");
    let text = without(&text, "lookup address information: ", "\n");
    let words = text.split_inclusive([' ', '\n']).map(|word| {
        let bare = word.trim_end_matches([' ', '\n', '.', ',', ')', ':']);
        let rest = &word[bare.len()..];
        match bare {
            _ if bare.starts_with("local-") && bare.len() == 14 => format!("REQUEST-ID{rest}"),
            _ if is_tag(bare) => format!("\"TAG\"{rest}"),
            _ if bare.starts_with("https://localhost:") => format!("https://backend{rest}"),
            _ if bare.starts_with("http://127.0.0.1:") => format!("http://somewhere{rest}"),
            _ => word.to_owned(),
        }
    });
    words.collect()
}
