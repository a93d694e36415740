//! The result of a step whose backend can't be reached, as the workflow chooses.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use phase_data_wire::ProblemCode;

use crate::backend::{Answer, Backend};
use crate::operations::{issue, outputs, phase, row};
use crate::step::{COMMIT, KEY, Step, StepResult};

const STORED: &str = r#"{"repository":"octo/hello","issue_number":42,"phase":"scan","effect":"created",
    "revision":1,"etag":"\"1-1a2b3c4d\"","data_bytes":10,"data_sha256":"00","created_at":"2026-03-02T08:14:55Z",
    "updated_at":"2026-03-02T08:14:55Z"}"#;

/// The directory that the steps of one job share.
struct Runner(tempfile::TempDir);

impl Runner {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn kept(&self, phase: &str) -> PathBuf {
        self.0.path().join(format!("phase-data/octo/hello/42/{phase}.json"))
    }

    fn step(&self, operation: &str, url: &str, inputs: &[(&str, &str)]) -> StepResult {
        let temp = self.0.path().to_str().expect("UTF-8");
        let step = Step::new(operation, url).variable("RUNNER_TEMP", temp).with("persistence", "best-effort");
        let step = step.with("timeout-seconds", "1");
        inputs.iter().fold(step, |step, (name, value)| step.with(name, value)).run()
    }

    fn store(&self, url: &str, phase: &str, data: &str) -> StepResult {
        self.step("store", url, &[("phase", phase), ("data", data)])
    }
}

fn warning(done: &StepResult) -> &str {
    let warnings: Vec<_> = done.stdout.lines().filter(|line| line.starts_with("::warning ")).collect();
    assert_eq!(warnings.len(), 1, "{}", done.stdout);
    warnings[0]
}

fn files_in(directory: &Path) -> usize {
    std::fs::read_dir(directory).expect("there").count()
}

#[test]
fn a_document_that_can_not_be_stored_is_kept_on_the_runner_with_a_warning() {
    let runner = Runner::new();
    let done = runner.store(&Backend::absent(), "scan", r#"{"n":1e400}"#).succeeded();
    let path = runner.kept("scan");
    let request = format!(
        r#"{{"repository":"octo/hello","issue_number":42,"phase":"scan","commit_sha":"{COMMIT}","data":{{"n":1e400}}}}"#
    );
    assert_eq!(std::fs::read_to_string(&path).expect("kept"), request);
    assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    assert_eq!(files_in(&done.path("workspace")), 0, "the checkout stays as it is");
    let warning = warning(&done);
    let start = "::warning title=phase-data%3A backend not reachable%2C continuing without it::http://backend could not be reached (";
    assert!(warning.starts_with(start), "{warning}");
    let end = format!(
        "%0Apersistence is best-effort: the document is saved in {} for the other steps of this job, and is lost when \
         the job ends.%0ACheck backend-url, that the backend runs, and that this machine can reach it. If the \
         backend is slow, increase timeout-seconds.",
        path.display()
    );
    assert!(warning.ends_with(&end), "{warning}");
    assert_eq!(outputs(&done), [("storage", "local")]);
    assert!(
        row(&done).ends_with(" | saved on the runner only&#58; backend not reachable |"),
        "{}",
        done.summary
    );
}

#[test]
fn only_what_may_pass_falls_back_and_every_refusal_fails() {
    for code in ProblemCode::ALL {
        let passes = matches!(code.status(), 408 | 429 | 500..);
        let answers = (0..20).map(|_| Answer::problem(*code, "Why.").header("retry-after", "600")).collect();
        let (runner, backend) = (Runner::new(), Backend::answering(answers));
        let done = runner.store(&backend.url, "scan", "1");
        assert_eq!(done.success, passes, "{code}: {}", done.stdout);
        assert_eq!(runner.kept("scan").exists(), passes, "{code}");
        assert_eq!(done.output("storage"), passes.then_some("local"));
    }
    for (status, passes) in [(429, true), (500, true), (503, true), (404, false), (200, false), (302, false)]
    {
        let answer = Answer::new(status, "text/html", "<html>").header("retry-after", "600");
        let (runner, backend) = (Runner::new(), Backend::answering(vec![answer]));
        assert_eq!(runner.store(&backend.url, "scan", "1").success, passes, "{status}");
    }
    let (runner, absent) = (Runner::new(), Backend::absent());
    let done = runner.step("store", &absent, &[("phase", "scan"), ("data", "1"), ("api-key", "")]);
    assert_eq!(done.failure().0, "phase-data: no credential");
}

#[test]
fn without_being_asked_to_a_step_never_falls_back() {
    for persistence in ["", "required"] {
        let runner = Runner::new();
        let inputs = [("phase", "scan"), ("data", "1"), ("persistence", persistence)];
        let done = runner.step("store", &Backend::absent(), &inputs);
        assert_eq!(done.failure().0, "phase-data: not reachable");
        assert_eq!(files_in(runner.0.path()), 0);
    }
}

#[test]
fn what_was_kept_is_found_only_while_the_backend_is_away() {
    let (runner, absent) = (Runner::new(), Backend::absent());
    runner.store(&absent, "validate", "[1.0]").succeeded();
    runner.store(&absent, "scan", "1e400").succeeded();
    let done = runner.step("retrieve", &absent, &[("phase", "scan"), ("output-file", "o.json")]).succeeded();
    assert_eq!(
        outputs(&done),
        [
            ("found", "true"),
            ("phases", "[\"scan\"]"),
            ("revision", ""),
            ("etag", ""),
            ("status", "completed"),
            ("data-file", "o.json"),
            ("data", "1e400"),
            ("storage", "local"),
        ]
    );
    warning(&done);
    let line =
        format!("Found scan of octo/hello#42: saved on the runner, 5 bytes, for this commit, {COMMIT}.\n");
    assert!(done.stdout.ends_with(&line), "{}", done.stdout);
    assert!(row(&done).ends_with("| 5 bytes | found on the runner&#58; backend not reachable |"));
    let done = runner.step("retrieve", &absent, &[]).succeeded();
    assert_eq!(done.output("data"), Some(r#"{"scan":1e400,"validate":[1.0]}"#));

    let backend = Backend::answering(vec![issue(&[phase("scan", 7, "\"newer\"")])]);
    let done = runner.step("retrieve", &backend.url, &[("phase", "scan")]).succeeded();
    assert_eq!((done.output("data"), done.output("storage")), (Some("\"newer\""), Some("backend")));
    let nothing = Answer::problem(ProblemCode::PhaseDataNotFound, "Nothing is stored.");
    let backend = Backend::answering(vec![nothing]);
    let done = runner.step("retrieve", &backend.url, &[("phase", "validate")]);
    assert_eq!(done.failure().0, "phase-data: not found");
}

#[test]
fn nothing_kept_and_nobody_to_ask_is_not_found_with_a_warning() {
    let done = Runner::new().step("retrieve", &Backend::absent(), &[("phase", "scan")]).succeeded();
    assert_eq!(outputs(&done), [("found", "false"), ("phases", "[]"), ("storage", "local")]);
    assert!(
        warning(&done)
            .contains("%0Apersistence is best-effort: only documents that this job saved on the runner")
    );
    assert!(row(&done).ends_with(" | unknown&#58; backend not reachable |"), "{}", done.summary);
}

#[test]
fn what_was_kept_is_gone_once_the_backend_has_newer_or_nothing() {
    let (runner, absent) = (Runner::new(), Backend::absent());
    runner.store(&absent, "scan", "1").succeeded();
    let backend = Backend::answering(vec![Answer::json(201, STORED)]);
    runner.store(&backend.url, "scan", "2").succeeded();
    assert!(!runner.kept("scan").exists());

    runner.store(&absent, "scan", "1").succeeded();
    let done = runner.step("cleanup", &absent, &[]).succeeded();
    assert_eq!(outputs(&done), [("deleted", "[\"scan\"]"), ("storage", "local")]);
    assert!(warning(&done).contains("the data on the backend remains."));
    assert!(!runner.kept("scan").exists());
}

#[test]
fn a_kept_file_that_somebody_changed_is_refused() {
    let (runner, absent) = (Runner::new(), Backend::absent());
    runner.store(&absent, "scan", "1").succeeded();
    let other = std::fs::read_to_string(runner.kept("scan")).expect("kept").replace("42", "43");
    for (content, cause) in
        [("{", "a step did not write it"), (&other, "it belongs to another phase or issue")]
    {
        std::fs::write(runner.kept("scan"), content).expect("written");
        let (title, message) = runner.step("retrieve", &absent, &[]).failure();
        assert_eq!(title, "phase-data: file not read");
        assert!(message.contains(&format!("scan.json: {cause}\nFind what changes files")), "{message}");
    }
}

#[test]
fn a_step_that_is_off_asks_nobody_and_is_green() {
    for (operation, expected) in [
        ("store", vec![("storage", "off")]),
        ("retrieve", vec![("found", "false"), ("phases", "[]"), ("storage", "off")]),
        ("cleanup", vec![("deleted", "[]"), ("storage", "off")]),
    ] {
        let step = Step::new(operation, "").with("persistence", "off").with("api-key", "").event("{}");
        let step = if operation == "store" { step.with("phase", "scan").with("data", "1") } else { step };
        let done = step.run().succeeded();
        assert_eq!(done.stdout, "persistence is off: nothing was done.\n");
        assert_eq!(outputs(&done), expected);
        assert!(row(&done).ends_with(" | off&#58; nothing was done |"), "{}", done.summary);
    }
    let wrong = Step::new("retrieve", "").with("persistence", "off").with("phase", "x").run();
    assert_eq!(wrong.failure().0, "phase-data: wrong input");
}

#[test]
fn without_a_backend_best_effort_is_off_and_everything_else_an_error() {
    let step = || Step::new("cleanup", "").with("api-key", "");
    let done = step().with("persistence", "best-effort").run().succeeded();
    assert_eq!(
        done.stdout,
        "::notice title=phase-data%3A off::backend-url is empty and persistence is best-effort, so nothing \
         was done. To use phase-data, set backend-url to the backend's address.\n"
    );
    assert_eq!(outputs(&done), [("deleted", "[]"), ("storage", "off")]);
    let (_, message) = step().with("api-key", KEY).run().failure();
    assert!(message.starts_with("backend-url is empty: set it to the backend's address\n"), "{message}");
}

#[test]
fn what_only_the_backend_can_decide_is_never_best_effort() {
    let inputs = [("phase", "scan"), ("data", "1"), ("create-only", "true")];
    let (_, message) = Runner::new().step("store", &Backend::absent(), &inputs).failure();
    let cause = "if-match, create-only and merge need the stored data, so they don't work with persistence: best-effort\n";
    assert!(message.starts_with(cause), "{message}");
    let done = Step::new("cleanup", &Backend::absent()).with("persistence", "Off").run();
    let (_, message) = done.failure();
    assert!(message.starts_with("persistence: use required, best-effort or off (got \"Off\")\n"));
}

#[test]
fn nothing_is_kept_in_a_directory_that_everybody_shares() {
    let step = Step::new("store", &Backend::absent()).with("phase", "scan").with("data", "1");
    let done = step.with("persistence", "best-effort").without("RUNNER_TEMP").run();
    let (title, message) = done.failure();
    assert_eq!(title, "phase-data: wrong input");
    let cause = "persistence: best-effort saves documents in RUNNER_TEMP, which is not set: set it to a private directory";
    assert!(message.starts_with(cause), "{message}");
}
