//! The text that a start on a private PostgreSQL prints. Its commands are run as they are printed, by a shell that has nothing of
//! the server's settings.

use std::path::Path;
use std::process::Command;

use phase_data_tests::{Backend, backend_program, search_path};
use serde_json::Value;
use tempfile::TempDir;

use crate::operation::{between, data_dir};

/// Returns the commands of the text.
fn commands(welcome: &str) -> String {
    let (commands, _) = welcome.split_once("In a workflow").expect("the workflow follows the commands");
    let (_, commands) = commands.split_once("In a second terminal").expect("the commands");
    let lines = commands.lines().filter_map(|line| line.strip_prefix("  "));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Pastes all commands into a shell; returns the answers to the store and to the retrieval.
fn pasted(welcome: &str, path: &[&Path]) -> (Value, Value) {
    let commands = commands(welcome);
    let system = search_path().expect("a PATH");
    let path = path.iter().map(|path| path.to_path_buf()).chain(std::env::split_paths(&system));
    let path = std::env::join_paths(path).expect("a PATH");
    let mut shell = Command::new("sh");
    shell.args(["-euc", &commands]).env_clear().env("PATH", path).current_dir("/");
    let output = shell.output().expect("a shell");
    assert!(output.status.success(), "{commands}{output:?}");
    let mut answers = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    let mut next = || answers.next().unwrap_or_else(|| panic!("{commands}{output:?}")).expect("JSON");
    (next(), next())
}

/// Pastes all commands, which must store and retrieve.
fn assert_works(welcome: &str, path: &[&Path], effect: &str) {
    let (stored, retrieved) = pasted(welcome, path);
    assert_eq!(stored["effect"], effect, "{welcome}: {stored}");
    assert_eq!(retrieved["phases"][0]["data"], serde_json::json!({"findings": []}), "{welcome}: {retrieved}");
}

/// A new data directory. Its name is one that a shell would take apart.
fn odd_data_dir() -> (TempDir, String) {
    let (folder, data_dir) = data_dir();
    (folder, format!("{data_dir} of $HOME's"))
}

/// Runs a command on the private PostgreSQL of a data directory.
fn run(data_dir: &str, arguments: &[&str]) -> String {
    let output = Backend::run(&[("PHASE_DATA_DATA_DIR", data_dir)], arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

async fn stop(backend: Backend) {
    backend.signal("TERM");
    assert!(backend.wait());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_each_start_work_as_they_are_printed() {
    let (_folder, data_dir) = odd_data_dir();
    let system = search_path().expect("a PATH");
    let path = system.to_str().expect("UTF-8");
    let at =
        |listen| [("PHASE_DATA_DATA_DIR", data_dir.as_str()), ("PATH", path), ("PHASE_DATA_LISTEN", listen)];
    let backend = Backend::launch(&at("127.0.0.1:0"));
    let welcome = backend.welcome().await;
    let key = between(&welcome, "API key   ", "  (shown only now)").to_owned();
    assert!(welcome.contains(&format!("  Docs      {}/docs\n", backend.url())), "{welcome}");
    assert_works(&welcome, &[], "created");
    stop(backend).await;

    // Another start, on all addresses: a client can't connect to these. The old key is still valid.
    for (listen, url) in [("0.0.0.0:0", "http://127.0.0.1:"), ("[::]:0", "http://[::1]:")] {
        let backend = Backend::launch(&at(listen));
        let welcome = backend.welcome().await;
        assert!(!welcome.contains(&key) && welcome.contains(&format!("  Docs      {url}")), "{welcome}");
        assert_works(&welcome, &[], "unchanged");
        stop(backend).await;
    }

    // With several accounts the commands name one.
    run(&data_dir, &["account", "create", "--owner-id", "9919", "--login", "octo"]);
    let settings = [&at("127.0.0.1:0")[..], &[("PHASE_DATA_OIDC_ISSUERS", "off")]].concat();
    let backend = Backend::launch(&settings);
    assert_works(&backend.welcome().await, &[], "unchanged");
    stop(backend).await;
    run(&data_dir, &["account", "delete", "local", "--yes"]);
    let backend = Backend::launch(&at("127.0.0.1:0"));
    assert_works(&backend.welcome().await, &[], "created");
    stop(backend).await;

    // Without any account, the start makes one, as the first start does.
    run(&data_dir, &["account", "delete", "octo", "--yes"]);
    let backend = Backend::launch(&at("127.0.0.1:0"));
    let welcome = backend.welcome().await;
    assert!(welcome.contains("  (shown only now)"), "{welcome}");
    assert_works(&welcome, &[], "created");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_name_the_program_as_a_shell_finds_it() {
    let (_folder, data_dir) = data_dir();
    let bin = backend_program().parent().expect("a directory");
    let path = backend_program().display();
    let system = search_path().expect("a PATH");
    let on_path = [("PHASE_DATA_DATA_DIR", data_dir.as_str())];
    // As `cargo run` starts it.
    let by_path = [on_path[0], ("PATH", system.to_str().expect("UTF-8"))];
    for (settings, program) in [(&on_path[..], "phase-data-backend"), (&by_path, &path.to_string())] {
        let refused = Backend::run(settings, &["account", "list"]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(said.contains(&format!("or run `{program} migrate`")), "{said}");
    }
    stop(Backend::launch(&by_path)).await;
    let backend = Backend::launch(&on_path);
    let welcome = backend.welcome().await;
    assert!(welcome.contains("$(phase-data-backend key create "), "{welcome}");
    assert_works(&welcome, &[bin], "created");
    stop(backend).await;
    let backend = Backend::launch(&by_path);
    let welcome = backend.welcome().await;
    assert!(welcome.contains(&format!("$({path} key create ")), "{welcome}");
    assert_works(&welcome, &[], "unchanged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_is_told_an_address_that_runners_reach_and_the_action_outside_of_a_checkout() {
    let (_folder, data_dir) = data_dir();
    let mut settings = vec![("PHASE_DATA_DATA_DIR", data_dir.as_str())];
    let readme = crate::readme::markdown::read("README.md");
    for (public_url, said) in [
        (None, "to an https:// address of this server that the runners can reach"),
        (Some("http://127.0.0.1:8080"), "to an https:// address of this server that the runners can reach"),
        (
            Some("https://phase-data.example.com/prefix"),
            "to https://phase-data.example.com/prefix. The runners",
        ),
    ] {
        settings.truncate(1);
        settings.extend(public_url.map(|url| ("PHASE_DATA_PUBLIC_URL", url)));
        let backend = Backend::launch(&settings);
        let welcome = backend.welcome().await;
        let (_, workflow) = welcome.split_once("In a workflow").expect("a workflow");
        assert!(workflow.contains(said) && !workflow.contains("127.0.0.1"), "{welcome}");
        for line in ["- uses: OWNER/phase-data@COMMIT", "backend-url: ${{ vars.PHASE_DATA_URL }}"] {
            assert!(workflow.contains(line) && readme.contains(line), "{line}: {welcome}");
        }
        assert!(workflow.contains("api-key: ${{ secrets.PHASE_DATA_API_KEY }}"), "{welcome}");
        stop(backend).await;
    }
}

#[tokio::test]
async fn a_start_on_an_existing_database_prints_no_key_and_no_commands() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    assert_eq!(backend.store(&octo.key, "octo/hello", 1, "scan", "1").await.status, 201);
    assert_eq!(backend.printed(), "");
}
