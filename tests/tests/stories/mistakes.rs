//! The messages that an author of a workflow reads, for each mistake, and the same mistakes on a command line.

mod network;
mod table;

use phase_data_tests::{
    Backend, FakeGithub, LocalIssuer, ScriptedServer, Step, Workflow, connect, unknown_key,
};
use serde_json::json;
use sqlx::Executor;

use table::Table;

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_has_its_cause_and_what_to_do() {
    let issuer = LocalIssuer::start();
    let backend = Backend::start_with(&[
        ("PHASE_DATA_OIDC_ISSUERS", issuer.setting().as_str()),
        ("PHASE_DATA_MAX_BODY_BYTES", "1048576"),
    ])
    .await;
    let octo = backend.tenant("octo", 9919);
    let reader = backend.key(&octo.account, &["--scope", "read"]);
    let elsewhere = backend.key(&octo.account, &["--scope", "write", "--repository", "octo/other"]);
    let expired = backend.key(&octo.account, &["--scope", "write", "--expires-in-days", "1"]);
    let past =
        "update phase_data.api_key set expires_at = now() - interval '1 hour' where expires_at is not null";
    connect(backend.database_url()).await.execute(past).await.expect("an expired key");
    let mut table = Table::new(&backend, &octo);

    let step = table.store().input("operation", "save");
    table.wrong("an operation that there is not", step);
    let step = table.store().input("isue-number", "42").input("if_match", "3");
    table.wrong("inputs that there are not", step);
    let step = table.store().input("backend-url", "").input("phase", "").input("data", "");
    table.wrong("several inputs are missing", step);
    let step = table.store().input("backend-url", "phase-data.example.com");
    table.wrong("an address without https://", step);
    let step = table.store().input("phase", "validation");
    table.wrong("another word for a phase", step);
    let step = table.store().input("phase", "scan,validate");
    table.wrong("two phases for a store", step);
    let step = table.store().input("phase", "scan validate");
    table.wrong("two phases with a space between", step);
    let step = table.retrieve().input("phase", "scan validate");
    table.wrong("two phases for a retrieve without a comma", step);
    let step = table.store().input("issue-number", "42, 43");
    table.wrong("two issue numbers", step);
    let step = table.store().input("issue-number", "issue-42");
    table.wrong("a decorated issue number", step);
    let step = table.store().input("repository", "hello");
    table.wrong("a repository without its owner", step);
    let step = table.store().input("commit-sha", "main");
    table.wrong("a branch for a commit", step);
    let step = table.store().input("data-file", "report.json");
    table.wrong("both data and data-file", step);
    let step = table.store().input("data", "{\n  'a': 1\n}");
    table.wrong("JSON with the wrong quotes", step);
    let step = table.store().input("data", "{\"a\": 1").input("merge", "yes");
    table.wrong("a switch that is neither true nor false", step);
    let step = table.store().input("data", "").input("data-file", "report.json");
    table.wrong("a file that is not there", step);
    let step = table.store().input("data", "").input("data-file", ".");
    table.wrong("a folder for a file", step);
    for (mistake, content) in [
        ("an empty file", Vec::new()),
        ("a file in UTF-16", "{\"a\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("a file that is cut off", b"{\"findings\": [1, 2".to_vec()),
        ("JSON Lines without data-format", b"{}\n{}\n".to_vec()),
        ("YAML", b"version: 1\nfindings:\n  - rule: xss\n".to_vec()),
        ("a file compressed with gzip", b"\x1F\x8B\x08\0\0\0\0\0\0\x03\xAB\xAE\x05\0".to_vec()),
        ("a file of 2 MB", format!("\"{}\"", "x".repeat(2_000_000)).into_bytes()),
        ("a file with a number that grows", br#"{"a": 1e2000}"#.to_vec()),
        (
            "a file with a number that PostgreSQL can't hold",
            format!("[0.{}]", "1".repeat(16_384)).into_bytes(),
        ),
        ("a file with one key twice", br#"{"a": 1, "b": {"c": 1, "c": 2}}"#.to_vec()),
        ("a file that is nested too deeply", ["[".repeat(129), "]".repeat(129)].concat().into_bytes()),
    ] {
        let step =
            table.store().input("data", "").input("data-file", "report.json").file("report.json", content);
        table.wrong(mistake, step);
    }
    let step = table.store().input("expires-in", "30");
    table.wrong("a life without its unit", step);
    let step = table.store().input("create-only", "true").input("if-match", "1");
    table.wrong("two conditions at once", step);
    let step = table.store().file("event.json", r#"{"ref": "refs/heads/main"}"#);
    table.wrong("no issue in the event", step);
    let step = table.store().file("event.json", r#"{"action": "opened", "pull_request": {"number": 7}}"#);
    table.wrong("a pull request", step);
    let step = table.store().input("api-key", "");
    table.wrong("no key and no id-token permission", step);
    let step = table.store().input("api-key", "hunter2");
    table.wrong("a secret that is no key", step);
    let step = table.store().input("api-key", &octo.key[..octo.key.len() - 1]);
    table.wrong("a key that was cut while pasting", step);
    let step = table.store().input("api-key", concat!("ghp_", "0123456789abcdefghijklmnopqrstuvwxyz"));
    table.wrong("a token of GitHub for a key", step);
    let step = table.store().input("api-key", &unknown_key());
    table.wrong("a key of another backend", step);
    let step = table.store().input("api-key", &expired);
    table.wrong("a key that has expired", step);
    let step = table.store().input("api-key", &reader);
    table.wrong("a key that may only read", step);
    let step = table.store().input("api-key", &elsewhere);
    table.wrong("a key for another repository", step);
    let step = table.retrieve();
    table.wrong("nothing is stored", step);
    backend.store(&octo.key, "octo/hello", 42, "scan", "1").await;
    backend.store(&octo.key, "octo/hello", 42, "scan", "2").await;
    let step = table.store().input("if-match", "1");
    table.wrong("somebody was faster", step);
    let step = table.store().input("if-match", "\"2\"");
    table.wrong("a revision in quotes", step);
    let step = table.store().input("if-match", "\"2-1a2b3c4d\"");
    table.wrong("another document with the same revision", step);
    let step = table.store().input("create-only", "true");
    table.wrong("created twice", step);
    let step = table.retrieve().input("require-fresh", "true");
    table.wrong("stale data", step);
    let step = table.retrieve().input("query", "/findings/0");
    table.wrong("a query that leads nowhere", step);
    let step = table.retrieve().input("output-file", "../report.json");
    table.wrong("a file outside of the workspace", step);
    let step = table.retrieve().input("data", "{}");
    table.wrong("a document for a retrieve", step);
    let step = table.retrieve().env("RUNNER_TEMP", "/no/such/directory").input("persistence", "best-effort");
    table.wrong("a directory that the runner does not mount", step);
    let github = FakeGithub::start().await;
    let dispatch = |step: Step| {
        let step = step.env("GITHUB_API_URL", github.url()).input("github-token", "ghs_test");
        step.input("dispatch", "mitigate.yml").input("dispatch-ref", "main")
    };
    github.world().repository(1, "octo/hello", 9919);
    let step = dispatch(table.store());
    table.wrong("a workflow that does not exist is started", step);
    github.world().workflows.push(Workflow { inputs: Vec::new(), ..Workflow::for_issues(1, "mitigate.yml") });
    let step = dispatch(table.store());
    table.wrong("a workflow without the input issue-number is started", step);
    github.world().may_dispatch = false;
    let step = dispatch(table.store());
    table.wrong("a workflow is started without actions: write", step);
    let unreadable = ScriptedServer::start(|line| match line.starts_with("POST ") {
        true => (200, "application/json", b"{\"workflow_run_id\": \xFF".to_vec()),
        false => (200, "application/json", br#"{"default_branch":"a branch"}"#.to_vec()),
    });
    let step = dispatch(table.store()).env("GITHUB_API_URL", &unreadable.url());
    table.wrong("GitHub's answer to a start can't be read", step);
    let step = dispatch(table.store()).env("GITHUB_API_URL", &unreadable.url()).input("dispatch-ref", "");
    table.wrong("GitHub names a default branch that can't be one", step);
    let step = table.store().input("dispatch", ".github/workflows/mitigate.yml");
    table.wrong("a path for a workflow", step);
    let step = dispatch(table.retrieve());
    table.wrong("a retrieve that starts a workflow", step);
    let step = table.retrieve().file("event.json", r#"{"inputs":{"issue_number":"42"}}"#);
    table.wrong("a dispatched run with another name for the number", step);
    let by_token = |step: Step| issuer.permit(step.input("api-key", ""));
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    issuer.claim(json!({ "nbf": now + 3600, "iat": now + 3600, "exp": now + 7200 }));
    let step = by_token(table.retrieve());
    table.wrong("a clock that is an hour ahead", step);
    issuer.claim(json!({ "repository_owner_id": "1", "repository_owner": "nobody" }));
    let step = by_token(table.retrieve());
    table.wrong("an owner that the operator does not know", step);
    issuer.claim(json!({}));
    let step = by_token(table.retrieve()).input("repository", "octo/other");
    table.wrong("another repository with this one's token", step);

    table.compare("mistakes");
}
