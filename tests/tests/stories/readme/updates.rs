//! The manual's commands for updates, as a shell runs them.

use std::path::Path;
use std::process::Command;

use phase_data_tests::{
    Backend, Cluster, backend_program, connect, search_path, second_release, third_release,
};
use sqlx::{AssertSqlSafe, Row};

use super::markdown::{blocks, read};

/// The blocks of one section of the manual, in one language.
fn section(heading: &str, language: &str) -> Vec<String> {
    let manual = read("docs/operating.md");
    let (_, rest) = manual.split_once(&format!("\n### {heading}\n")).expect("the section");
    let own = rest.split("\n#").next().unwrap_or_default();
    blocks(own).into_iter().filter(|block| block.language == language).map(|block| block.text).collect()
}

/// Runs a command with this program as `phase-data-backend`; answers what it printed.
fn run(script: &str, program: &Path, variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(program, folder.path().join("phase-data-backend")).expect("a link");
    let path = format!("{}:{}", folder.path().display(), search_path().unwrap_or_default().to_string_lossy());
    let mut shell = Command::new("sh");
    shell.args(["-euc", script]).env_clear().env("PATH", path).envs(variables.iter().copied());
    let output = shell.output().expect("a shell");
    assert!(output.status.success(), "{script}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[tokio::test]
async fn the_manuals_commands_update_without_downtime_go_back_and_take_a_contract_step() {
    let url = Cluster::shared().create_database().await;
    let old = Backend::start_on(url.clone(), &[]);
    let server = url.replacen("//phase_data@", "//phase_data_server@", 1);
    let database = [("DATABASE_URL", server.as_str()), ("PHASE_DATA_OWNER_DATABASE_URL", url.as_str())];

    let commands = section("Updates without downtime", "sh");
    let [migrate, ready, stop] = commands.as_slice() else { panic!("not three commands: {commands:?}") };
    let output = run(migrate, second_release(), &database);
    assert!(output.contains("installed the functions of release 2"), "{output}");
    let new = Backend::start_release(second_release(), url.clone(), &[]);
    assert!(run(ready, second_release(), &[("NEW_SERVER", new.url())]).contains("ok"));
    run(stop, second_release(), &[("OLD_SERVER_PID", &old.pid().to_string())]);
    assert!(old.wait(), "it ends well");
    let listing = section("Updates without downtime", "sql");
    let [listing] = listing.as_slice() else { panic!("not one statement: {listing:?}") };
    let mut owner = connect(&url).await;
    let servers =
        sqlx::query(AssertSqlSafe(listing.as_str())).fetch_all(&mut owner).await.expect("the servers");
    let releases: Vec<i32> = servers.iter().map(|row| row.get("release")).collect();
    assert_eq!(releases, [2]);

    let commands = section("Going back to an older release", "sh");
    let [migrate] = commands.as_slice() else { panic!("not one command: {commands:?}") };
    run(migrate, backend_program(), &database);
    let old = Backend::start_on(url.clone(), &[]);
    assert_eq!(old.send("GET", "/health/ready", &[], "").await.status, 200);

    let commands = section("Contract steps", "sh");
    let [force] = commands.as_slice() else { panic!("not one command: {commands:?}") };
    let output = run(force, third_release(), &database);
    assert!(output.contains("releases before 2 can't come back"), "{output}");
}
