//! Builds can be told apart: each version that is shown has the commit of the build.

use std::path::Path;
use std::process::Command;

use phase_data_tests::{Backend, action_program};

/// The version that the programs should have: with the commit of this checkout. In sources without a repository, it is taken from
/// the backend.
fn expected() -> String {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let package = env!("CARGO_PKG_VERSION");
    if !checkout.join(".git").exists() || option_env!("BUILD_COMMIT").is_some() {
        let version = shown(Backend::run(&[], &["--version"]).stdout);
        let version = version.strip_prefix("phase-data-backend ").expect("the program's name").trim_end();
        assert!(version.strip_prefix(package).is_some_and(|rest| rest.starts_with('+')), "{version}");
        return version.to_owned();
    }
    let mut git = Command::new("git");
    let head = git.args(["rev-parse", "HEAD"]).current_dir(checkout).output().expect("git runs").stdout;
    format!("{package}+{}", &shown(head)[..7])
}

fn shown(output: Vec<u8>) -> String {
    String::from_utf8(output).expect("UTF-8")
}

#[tokio::test]
async fn every_place_that_shows_a_version_shows_the_commit_of_the_build() {
    let version = expected();
    let programs = [
        ("phase-data-backend", Backend::run(&[], &["--version"]).stdout),
        (
            "phase-data-action",
            Command::new(action_program()).arg("--version").output().expect("it runs").stdout,
        ),
    ];
    for (name, output) in programs {
        assert_eq!(shown(output), format!("{name} {version}\n"));
    }
    let backend = Backend::start().await;
    for (path, pointer) in [
        ("/", "/version"),
        ("/health/live", "/version"),
        ("/health/ready", "/version"),
        ("/openapi.json", "/info/version"),
    ] {
        let answer = backend.send("GET", path, &[], "").await.json();
        assert_eq!(answer.pointer(pointer), Some(&version.as_str().into()), "{path}");
    }
    let page = backend.send("GET", "/", &[("accept", "text/html")], "").await.body;
    assert!(page.contains(&format!("version {version}.")), "{page}");
    let log = backend.log();
    assert!(log.contains(&format!(r#""version":"{version}""#)), "{log}");
}
