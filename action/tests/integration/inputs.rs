//! Wrong inputs: each fails before any request, with the cause and the fix.

use crate::backend::Backend;
use crate::step::{KEY, Step};

/// The failure of a step that must not reach any backend.
fn failure(change: impl FnOnce(Step) -> Step) -> (String, String) {
    let step = Step::new("store", &Backend::absent()).with("phase", "scan").with("data", "{}");
    let done = change(step).run();
    assert_eq!(done.outputs, []);
    assert!(!done.stdout.contains("Attempt"), "a request was made: {}", done.stdout);
    done.failure()
}

pub(crate) fn wrong_input(change: impl FnOnce(Step) -> Step) -> String {
    let (title, message) = failure(change);
    assert_eq!(title, "phase-data: wrong input");
    let hint = "\nCorrect the step's `with:` block. action.yml describes each input.";
    message.strip_suffix(hint).expect("the hint").to_owned()
}

#[test]
fn a_wrong_input_is_named_with_the_right_spelling() {
    for (input, value, message) in [
        (
            "operation",
            "save",
            r#"operation: unknown operation "save": use store, retrieve, list, cleanup, restore, sweep, dispatch or doctor"#,
        ),
        (
            "operation",
            "",
            "operation is empty: use store, retrieve, list, cleanup, restore, sweep, dispatch or doctor",
        ),
        ("phase", "validation", r#"phase: unknown phase "validation": write validate"#),
        ("phase", "", "phase is empty: store needs scan, validate or mitigate"),
        (
            "issue-number",
            "issue-42",
            r#"issue-number: an issue number has only digits: write 42, not "issue-42""#,
        ),
        (
            "repository",
            "hello",
            r#"repository: a repository must have the form owner/name, with one slash (got "hello")"#,
        ),
        ("backend-url", "", "backend-url is empty: set it to the backend's address"),
        (
            "backend-url",
            "ftp://h",
            "backend-url: the scheme must be http or https: write it like https://phase-data.example.com",
        ),
        (
            "backend-url",
            "https://u:pw@h",
            "backend-url: remove the user name and the password: the key belongs in api-key",
        ),
        (
            "timeout-seconds",
            "0",
            r#"timeout-seconds: use a whole number of seconds from 1 to 3600 (got "0")"#,
        ),
        (
            "commit-sha",
            "abc1234",
            r#"commit-sha: a commit must be a full object name of 40 or 64 lower-case hexadecimal digits (got "abc1234")"#,
        ),
        ("auth", "OIDC", r#"auth: use auto, api-key or oidc (got "OIDC")"#),
        ("oidc-audience", "pd", "oidc-audience: an API key has no audience; omit oidc-audience or api-key"),
        ("auth", "oidc", "api-key: with auth: oidc no key is sent; omit api-key or auth"),
        ("data", "", "data and data-file are both empty: set one of them to the document"),
        ("data-file", "x.json", "data and data-file exclude each other: set one of them"),
        ("data-format", "jsonl", r#"data-format: use json, json-lines or text (got "jsonl")"#),
        ("output-file", "x.json", "output-file: only retrieve writes a document; store has data-file"),
    ] {
        assert_eq!(wrong_input(|step| step.with(input, value)), message);
    }
}

#[test]
fn inputs_that_an_operation_would_ignore_are_refused() {
    let message = wrong_input(|step| step.with("operation", "cleanup").with("data", ""));
    assert_eq!(message, "phase: cleanup removes all phases of the issue; omit it");
    let message = wrong_input(|step| step.with("operation", "retrieve").with("if-not-found", "skip"));
    assert_eq!(
        message,
        "data: only store takes a document; omit it\n\
         if-not-found: use fail, warn or ignore (got \"skip\")"
    );
}

#[test]
fn a_document_is_not_written_next_to_the_workspace() {
    let step = Step::new("retrieve", &Backend::absent()).with("output-file", "../x.json");
    let (title, message) = step.run().failure();
    assert_eq!(title, "phase-data: wrong input");
    assert!(
        message.starts_with("output-file: \"../x.json\": it is outside the working directory"),
        "{message}"
    );
}

#[test]
fn all_wrong_inputs_are_reported_together() {
    let message = wrong_input(|step| {
        step.with("phase", "Scan").with("issue-number", "#42").with("repository", "a/b/c")
    });
    assert_eq!(message.lines().count(), 3, "{message}");
}

#[test]
fn a_missing_key_is_explained_and_a_broken_one_is_not_shown() {
    let message = wrong_input(|step| step.with("api-key", "").with("auth", "api-key"));
    assert!(
        message.starts_with("api-key is empty: check that the secret is set for this repository."),
        "{message}"
    );
    let done = Step::new("cleanup", &Backend::absent()).with("api-key", "pd_first pd_second").run();
    assert_eq!(done.stdout.matches("pd_first").count(), 1);
    assert!(done.stdout.starts_with("::add-mask::pd_first pd_second\n"));
}

#[test]
fn a_line_of_an_input_is_no_command() {
    let done = Step::new("save\n::set-output name=found::true", &Backend::absent()).run();
    assert!(!done.stdout.contains("\n::set-output"), "{}", done.stdout);
}

#[test]
fn the_issue_comes_from_the_event_or_is_asked_for() {
    for (event, cause) in [
        (r#"{"ref":"refs/heads/main"}"#, "issue-number is empty, and this event has no issue"),
        (
            r#"{"number":7,"pull_request":{"number":7}}"#,
            "this event is about pull request 7, whose number is not an issue number",
        ),
        (
            r#"{"issue":{"number":7,"pull_request":{"url":"u"}},"comment":{}}"#,
            "this event is about pull request 7, whose number is not an issue number",
        ),
    ] {
        let (title, message) = failure(|step| step.event(event));
        assert_eq!(title, "phase-data: no issue");
        assert_eq!(message.lines().next(), Some(cause));
        assert!(message.contains("\nSet issue-number"), "{message}");
    }
    let (_, message) = failure(|step| step.without("GITHUB_EVENT_PATH"));
    assert!(message.contains("Only the events issues and issue_comment have an issue"), "{message}");
}

#[test]
fn a_document_that_is_none_is_refused_with_its_place() {
    let secret = "hunter2";
    for (content, message) in [
        (&b"{\n  \"password\": hunter2\n}"[..], "is not valid JSON: expected value at line 2, column 15"),
        (b"", "is empty"),
        (b"\xFF\xFE{\0}\0", "is encoded as UTF-16, not UTF-8"),
        (b"[\"\xE9\"]", "is not UTF-8: the first invalid byte is at offset 2"),
    ] {
        let (title, text) =
            failure(|step| step.with("data", "").with("data-file", "r.json").file("r.json", content));
        assert_eq!(title, "phase-data: no valid document");
        assert_eq!(text.lines().next(), Some(format!("data-file \"r.json\" {message}").as_str()));
        assert!(!text.contains(secret));
    }
    let (_, text) = failure(|step| step.with("data", "{\"a\":\n 1,}"));
    assert!(text.starts_with("data is not valid JSON: trailing comma at line 2, column 4\n"), "{text}");
    let (_, text) = failure(|step| step.with("data", " \n"));
    assert!(text.starts_with("data is empty\n"), "{text}");
}

#[test]
fn a_missing_file_is_explained_by_the_container() {
    let (_, text) = failure(|step| step.with("data", "").with("data-file", "no.json"));
    assert!(text.starts_with("data-file \"no.json\" can't be read: No such file or directory"), "{text}");
    assert!(text.contains("the action runs in a container"), "{text}");
}

#[test]
fn an_empty_environment_is_reported_whole() {
    let bare = Step::new("", &Backend::absent()).without("GITHUB_REPOSITORY").without("GITHUB_OUTPUT");
    let done = bare.with("backend-url", "").with("api-key", "").run();
    let (_, message) = done.failure();
    assert_eq!(message.lines().count(), 4, "{message}");
    assert!(!done.stdout.contains("add-mask") && !done.stdout.contains(KEY));
}

#[test]
fn other_peoples_input_variables_are_ignored_and_a_misspelt_input_is_refused() {
    let foreign = |step: Step| {
        step.variable("INPUT_RELEASE_TAG", "v1.2.3")
            .variable("INPUT_ENVIRONMENT", "hunter2")
            .variable("INPUT_DATE", "x")
    };
    let step = || foreign(Step::new("cleanup", "").with("persistence", "off").with("api-key", ""));
    let done = step().run().succeeded();
    assert!(!done.stdout.contains("INPUT_"), "{}", done.stdout);
    let done = step().variable("RUNNER_DEBUG", "1").run().succeeded();
    let names = "INPUT_DATE, INPUT_ENVIRONMENT, INPUT_RELEASE_TAG";
    let line = format!("::debug::Ignored variables, which are no inputs of this action: {names}\n");
    assert!(done.stdout.contains(&line) && !done.stdout.contains("hunter2"), "{}", done.stdout);
    for (variable, known) in
        [("INPUT_PHASES", "phase"), ("INPUT_DATA_FILE", "data-file"), ("INPUT_BACKEND_URL", "backend-url")]
    {
        let message = wrong_input(|step| foreign(step).variable(variable, "x"));
        let given = variable.trim_start_matches("INPUT_").to_lowercase();
        let rename = format!("If {variable} is not meant for this step, rename the variable");
        assert_eq!(message, format!("unknown input \"{given}\": did you mean {known}? {rename}"));
    }
    let message = wrong_input(|step| step.with("if-macth", "3"));
    assert_eq!(message, "unknown input \"if-macth\": did you mean if-match?");
}
