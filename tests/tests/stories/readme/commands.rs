//! The README's commands for the main job, as a shell runs them.

use std::process::Command;

use phase_data_tests::{Backend, search_path};
use serde_json::Value;

use super::markdown::{blocks, read};
use crate::operation::{between, data_dir};

#[tokio::test]
async fn the_readmes_commands_store_retrieve_and_clean_up_on_the_embedded_default() {
    let (_folder, data_dir) = data_dir();
    let backend = Backend::launch(&[("PHASE_DATA_DATA_DIR", &data_dir)]);
    let welcome = backend.welcome().await;
    let key = between(&welcome, "API key   ", "  (shown only now)");
    let variables = [("PHASE_DATA_URL", backend.url()), ("PHASE_DATA_API_KEY", key)];

    let blocks = blocks(&read("README.md"));
    let mut answers = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        let is_call = block.language == "sh" && block.text.starts_with("curl ");
        if is_call {
            let answer = run(&block.text, &variables);
            assert!(answer.get("code").is_none(), "{}: {answer:#}", block.text);
            if let Some(shown) = blocks.get(at + 1).filter(|next| next.language == "json") {
                assert_shown(&shown.text, &answer);
            }
            answers.push(answer);
        }
    }
    let [stored, retrieved, cleaned] = answers.as_slice() else { panic!("not three calls: {answers:#?}") };
    assert_eq!(retrieved["phases"][0]["data"], serde_json::json!({"findings": ["sql-injection"]}));
    assert_eq!(retrieved["phases"][0]["data_sha256"], stored["data_sha256"]);
    assert_eq!(cleaned["deleted"], serde_json::json!(["scan"]));
    assert_eq!(backend.retrieve(key, "octo/hello", 42).await.status, 404);
}

#[tokio::test]
async fn the_readme_shows_what_a_first_start_prints() {
    let (_folder, data_dir) = data_dir();
    let backend = Backend::launch(&[("PHASE_DATA_DATA_DIR", &data_dir)]);
    let welcome = backend.welcome().await;
    let key = between(&welcome, "API key   ", "  (shown only now)");
    let printed = welcome.replace(backend.url(), "http://127.0.0.1:8080").replace(key, "pd_…");
    let readme = blocks(&read("README.md"));
    let shown = readme.iter().find(|block| block.language == "text").expect("a block of text");
    assert!(printed.contains(&shown.text), "README.md does not show what is printed: {printed}");
}

#[tokio::test]
async fn the_policy_in_the_documents_is_one_that_an_admin_can_set() {
    let backend = Backend::start().await;
    let octo = backend.tenant("octo", 9919);
    let admin = format!("Bearer {}", backend.key(&octo.account, &["--scope", "admin"]));
    let headers = [("authorization", admin.as_str()), ("content-type", "application/json")];
    let accounts = blocks(&read("docs/accounts.md"));
    let policies = accounts.iter().filter(|block| block.text.starts_with("{\"events\""));
    let policies: Vec<&str> = policies.map(|block| block.text.as_str()).collect();
    let [policy] = policies.as_slice() else { panic!("not one policy: {policies:?}") };
    let answer = backend.send("PUT", "/api/v1/admin/policy", &headers, (*policy).to_owned()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["refs"], serde_json::json!(["refs/heads/main"]));
}

#[test]
fn the_two_commands_stand_alone_in_their_blocks() {
    let readme = blocks(&read("README.md"));
    for command in ["cargo run", "cargo test"] {
        assert!(readme.iter().any(|block| block.language == "sh" && block.text == command), "{command}");
    }
}

fn run(script: &str, variables: &[(&str, &str)]) -> Value {
    let mut shell = Command::new("sh");
    shell.args(["-euc", script]).env_clear().envs(search_path().map(|path| ("PATH", path)));
    let output = shell.envs(variables.iter().copied()).output().expect("a shell");
    assert!(output.status.success(), "{script}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{script}: {error}: {output:?}"))
}

/// The whole answer is compared; only its times and its entity tag are its own.
fn assert_shown(shown: &str, answer: &Value) {
    let mut shown: Value = serde_json::from_str(shown).expect("JSON");
    for time in ["created_at", "updated_at"] {
        if shown[time].is_string() {
            assert!(answer[time].as_str().is_some_and(|text| text.ends_with('Z')), "{answer:#}");
            shown[time] = answer[time].clone();
        }
    }
    if shown["etag"].is_string() {
        assert!(answer["etag"].as_str().is_some_and(|tag| tag.starts_with("\"1-")), "{answer:#}");
        shown["etag"] = answer["etag"].clone();
    }
    assert_eq!(&shown, answer, "README.md shows another answer: {answer:#}");
}
