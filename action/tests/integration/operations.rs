//! Each operation where all goes well: the request, the outputs, the log and the summary, whole.

use phase_data_wire::ProblemCode;

use crate::backend::{Answer, Backend};
use crate::step::{COMMIT, KEY, Step, StepResult, payload, program};

pub(crate) const STORED: &str = r#"{"repository":"octo/hello","issue_number":42,"phase":"scan","effect":"created",
    "revision":1,"etag":"\"1-1a2b3c4d\"","data_bytes":10,"data_sha256":"00","created_at":"2026-03-02T08:14:55Z",
    "updated_at":"2026-03-02T08:14:55Z"}"#;

/// The members that a document is checked by.
pub(crate) fn digest(data: &str) -> String {
    let data = data.trim_end();
    let digest = ring::digest::digest(&ring::digest::SHA256, data.as_bytes());
    let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!(r#""data_bytes":{},"data_sha256":"{digest}""#, data.len())
}

pub(crate) fn phase(name: &str, revision: u32, data: &str) -> String {
    let digest = digest(data);
    format!(
        r#"{{"phase":"{name}","revision":{revision},"etag":"\"{revision}-1a2b3c4d\"","commit_sha":"{COMMIT}","freshness":"fresh",
        {digest},"created_at":"2026-03-02T08:14:55Z",
        "updated_at":"2026-03-02T08:14:55Z","data":{data}}}"#
    )
}

pub(crate) fn issue(phases: &[String]) -> Answer {
    let phases = phases.join(",");
    Answer::json(200, format!(r#"{{"repository":"octo/hello","issue_number":42,"phases":[{phases}]}}"#))
}

pub(crate) fn outputs(done: &StepResult) -> Vec<(&str, &str)> {
    done.outputs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

pub(crate) fn row(done: &StepResult) -> &str {
    done.summary.trim_end().lines().last().expect("a row")
}

#[test]
fn store_sends_the_document_and_reports_its_revision() {
    let document = r#"{"n":1e400}"#;
    let backend = Backend::answering(vec![Answer::json(201, STORED).header("etag", "\"1-1a2b3c4d\"")]);
    let done =
        Step::new("store", &backend.url).with("phase", "scan").with("data", document).run().succeeded();
    assert_eq!(
        done.stdout,
        format!(
            "::add-mask::{KEY}\nStoring scan of octo/hello#42, 11 bytes.\n\
             Stored scan of octo/hello#42: revision 1, created.\n"
        )
    );
    assert_eq!(outputs(&done), [("revision", "1"), ("etag", "\"1-1a2b3c4d\""), ("storage", "backend")]);
    assert_eq!(
        done.summary,
        "\n| phase-data | Issue | Phase | Revision | Commit | Size | Outcome |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n\
         | store | octo/hello&#35;42 | scan | 1 | 0f1e2d3c4b5a69788796a5b4c3d2e1f001122334 | 11 bytes | created |\n\n"
    );
    let request = backend.request();
    assert_eq!(request.line, "POST /api/v1/phase_data");
    assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("user-agent"), Some(program().as_str()));
    assert_eq!(
        request.body,
        format!(
            r#"{{"repository":"octo/hello","issue_number":42,"phase":"scan","commit_sha":"{COMMIT}","data":{document}}}"#
        )
    );
}

#[test]
fn store_reads_a_file_relative_to_the_workspace() {
    let text = payload("scan.json");
    let backend = Backend::answering(vec![Answer::json(200, STORED)]);
    let step = Step::new("store", &format!("{}/prefix/", backend.url)).with("phase", "scan");
    let step = step.file("report.json", &text).with("data-file", "report.json");
    let done = step.with("commit-sha", &"a".repeat(40)).with("issue-number", "42").run().succeeded();
    assert_eq!(outputs(&done), [("revision", "1"), ("etag", "\"1-1a2b3c4d\""), ("storage", "backend")]);
    let request = backend.request();
    assert_eq!(request.line, "POST /prefix/api/v1/phase_data");
    let commit = "a".repeat(40);
    assert!(request.body.contains(&format!(r#""commit_sha":"{commit}","data":{}}}"#, text.trim_end())));
}

#[test]
fn retrieve_of_one_phase_hands_the_document_on_as_it_is_stored() {
    let text = payload("validate.json");
    let answer = issue(&[phase("validate", 3, &text)]).header("etag", "W/\"3-1a2b3c4d\"");
    let backend = Backend::answering(vec![answer]);
    let done = Step::new("retrieve", &backend.url).with("phase", "validate").run().succeeded();
    let line = format!("GET /api/v1/phase_data/octo/hello/42?phase=validate&commit_sha={COMMIT}");
    assert_eq!(backend.request().line, line);
    let file = done.temp_file();
    let document = text.trim_end();
    assert_eq!(
        outputs(&done),
        [
            ("found", "true"),
            ("phases", "[\"validate\"]"),
            ("revision", "3"),
            ("etag", "\"3-1a2b3c4d\""),
            ("status", "completed"),
            ("data-file", file.to_str().expect("UTF-8")),
            ("data", document),
            ("storage", "backend"),
        ]
    );
    assert_eq!(std::fs::read_to_string(file).expect("there"), document);
    let size = document.len();
    assert_eq!(
        done.stdout,
        format!(
            "::add-mask::{KEY}\n\
             Retrieving validate of octo/hello#42.\n\
             Found validate of octo/hello#42: revision 3, {size} bytes, for this commit, {COMMIT}.\n"
        )
    );
    assert_eq!(
        row(&done),
        format!("| retrieve | octo/hello&#35;42 | validate | 3 | {COMMIT} | {size} bytes | found |")
    );
}

#[test]
fn retrieve_without_a_phase_puts_all_documents_into_one_object() {
    let phases = [phase("scan", 1, r#"{"n":123456789012345678901234567890}"#), phase("mitigate", 2, "[1.0]")];
    let backend = Backend::answering(vec![issue(&phases)]);
    let step = Step::new("retrieve", &backend.url).without("GITHUB_SHA");
    let done = step.with("output-file", "out/all.json").run().succeeded();
    assert_eq!(backend.request().line, "GET /api/v1/phase_data/octo/hello/42");
    let all = r#"{"scan":{"n":123456789012345678901234567890},"mitigate":[1.0]}"#;
    assert_eq!(
        outputs(&done),
        [
            ("found", "true"),
            ("phases", r#"["scan","mitigate"]"#),
            ("data-file", "out/all.json"),
            ("data", all),
            ("storage", "backend"),
        ]
    );
    assert_eq!(std::fs::read_to_string(done.path("workspace/out/all.json")).expect("there"), all);
}

#[test]
fn an_absolute_path_in_the_workspace_is_handed_on_as_a_relative_one() {
    let backend = Backend::answering(vec![issue(&[phase("scan", 1, "{}")])]);
    let step = Step::new("retrieve", &backend.url);
    let path = step.path("workspace/x.json");
    let done = step.with("output-file", &path).run().succeeded();
    assert_eq!(done.output("data-file"), Some("x.json"));
}

#[test]
fn directories_on_the_way_of_an_output_file_are_made_outside_of_the_workspace_too() {
    let backend = Backend::answering(vec![issue(&[phase("scan", 1, "{}")])]);
    let step = Step::new("retrieve", &backend.url).with("allow-outside-workspace", "true");
    let path = step.path("no/such/directory/x.json");
    let done = step.with("output-file", &path).run().succeeded();
    assert_eq!(
        std::fs::read_to_string(done.path("no/such/directory/x.json")).expect("there"),
        "{\"scan\":{}}"
    );
}

#[test]
fn a_directory_that_can_not_be_made_fails_the_step() {
    let backend = Backend::answering(vec![issue(&[phase("scan", 1, "{}")])]);
    let step = Step::new("retrieve", &backend.url).with("allow-outside-workspace", "true");
    let (title, message) = step.with("output-file", "/proc/no/such/x.json").run().failure();
    assert_eq!(title, "phase-data: file not written");
    assert!(
        message.starts_with("can't write the document to /proc/no/such/x.json: No such file"),
        "{message}"
    );
}

#[test]
fn outputs_that_no_step_can_read_fail_the_step() {
    let backend = Backend::answering(vec![Answer::json(201, STORED)]);
    let step = Step::new("store", &backend.url).with("phase", "scan").with("data", "{}");
    let (title, message) = step.variable("GITHUB_OUTPUT", "/no/such/directory/output").run().failure();
    assert_eq!(title, "phase-data: file not written");
    assert!(
        message.contains("\nOther steps can't read the outputs of this step. What it changed"),
        "{message}"
    );
}

#[test]
fn a_large_document_is_handed_on_in_its_file_only() {
    let document = format!("\"{}\"", "x".repeat(256 * 1024));
    let backend = Backend::answering(vec![issue(&[phase("scan", 1, &document)])]);
    let done = Step::new("retrieve", &backend.url).with("phase", "scan").run().succeeded();
    assert_eq!(done.output("data"), None);
    assert_eq!(std::fs::read_to_string(done.temp_file()).expect("there"), document);
    let notice = "::notice title=phase-data%3A output data omitted::The document has 262146 bytes, ";
    assert!(done.stdout.contains(notice), "{}", done.stdout);
}

#[test]
fn what_is_not_there_fails_warns_or_is_ignored_as_asked() {
    for (choice, success, line) in [
        (
            "",
            false,
            "::error title=phase-data%3A not found::nothing is stored for scan of octo/hello#42%0AThe",
        ),
        (
            "fail",
            false,
            "::error title=phase-data%3A not found::nothing is stored for scan of octo/hello#42%0A",
        ),
        (
            "warn",
            true,
            "::warning title=phase-data%3A not found::nothing is stored for scan of octo/hello#42",
        ),
        ("ignore", true, "phase-data: not found: nothing is stored for scan of octo/hello#42.\n"),
    ] {
        let answer = Answer::problem(ProblemCode::PhaseDataNotFound, "Nothing is stored.");
        let backend = Backend::answering(vec![answer]);
        let step = Step::new("retrieve", &backend.url).with("phase", "scan");
        let done = step.with("if-not-found", choice).run();
        assert_eq!(done.success, success, "{choice}");
        assert!(done.stdout.contains(line), "{choice}: {}", done.stdout);
        assert_eq!(outputs(&done)[..2], [("found", "false"), ("phases", "[]")]);
        assert_eq!(done.output("storage"), success.then_some("backend"));
    }
}

#[test]
fn cleanup_reports_what_is_gone() {
    for (deleted, names, line) in [
        (r#"["scan","validate"]"#, "scan, validate", "Removed scan, validate of octo/hello#42.\n"),
        ("[]", "–", "Nothing was stored for octo/hello#42.\n"),
    ] {
        let body =
            format!(r#"{{"repository":"octo/hello","issue_number":42,"deleted":{deleted},"purged":false}}"#);
        let backend = Backend::answering(vec![Answer::json(200, body)]);
        let done = Step::new("cleanup", &backend.url).run().succeeded();
        assert_eq!(backend.request().line, "DELETE /api/v1/phase_data/octo/hello/42");
        assert_eq!(outputs(&done), [("deleted", deleted), ("storage", "backend")]);
        assert_eq!(done.stdout, format!("::add-mask::{KEY}\nCleaning up octo/hello#42.\n{line}"));
        assert!(row(&done).starts_with(&format!("| cleanup | octo/hello&#35;42 | {names} | – |")));
    }
}

#[test]
fn a_runner_without_a_file_for_the_outputs_is_told() {
    let backend = Backend::answering(vec![Answer::json(201, STORED)]);
    let step = Step::new("store", &backend.url).with("phase", "scan").with("data", "{}");
    let done = step.without("GITHUB_OUTPUT").without("GITHUB_STEP_SUMMARY").run().succeeded();
    let line = "GITHUB_OUTPUT is not set, so other steps can't read the outputs.\n";
    assert!(done.stdout.ends_with(line), "{}", done.stdout);
}
