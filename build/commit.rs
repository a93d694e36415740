//! Part of the build scripts of both programs: finds the commit that is built.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Tells `version.rs` the file whose last line names the commit: `OLD NEW …`.
///
/// Where possible this is git's own log of `HEAD`, which each commit and each checkout appends to. The compiler sees the
/// change, and compiles the few lines around `main` again. If the build script itself ran again, the libraries and all
/// tests would be compiled again, too.
///
/// # Errors
/// If `BUILD_COMMIT` is no commit, or a file can't be written.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo and the builder speak to build scripts by the environment"
)]
pub(crate) fn find(root: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", root.join("build").display());
    println!("cargo::rerun-if-env-changed=BUILD_COMMIT");
    let given = env::var("BUILD_COMMIT").ok().filter(|commit| !commit.is_empty());
    if given.as_deref().is_some_and(|commit| !is_commit(commit)) {
        return Err("BUILD_COMMIT is no commit: set it to the output of `git rev-parse HEAD`".into());
    }
    let file = match given.is_none().then(|| log_of_head(root)).flatten() {
        Some(log) => log,
        None => {
            let commit = given.or_else(|| watched_head(root)).or_else(|| exported(root));
            let file = PathBuf::from(env::var("OUT_DIR")?).join("commit");
            fs::write(&file, format!("- {}\n", commit.as_deref().unwrap_or("unknown")))?;
            file
        }
    };
    println!("cargo::rustc-env=BUILD_COMMIT_FILE={}", file.display());
    Ok(())
}

/// Git's log of `HEAD`, if git keeps one.
fn log_of_head(root: &Path) -> Option<PathBuf> {
    let head = git(root, &["rev-parse", "HEAD"])?;
    let log = root.join(git(root, &["rev-parse", "--git-path", "logs/HEAD"])?);
    let text = fs::read(&log).ok()?;
    let last = text.trim_ascii_end().rsplit(|byte| *byte == b'\n').next()?;
    (last.split(|byte| *byte == b' ').nth(1)? == head.as_bytes()).then_some(log)
}

/// The commit of `HEAD` in a repository without a log of it. The build script runs again when one of the files changes.
fn watched_head(root: &Path) -> Option<String> {
    let branch = git(root, &["symbolic-ref", "--quiet", "HEAD"]);
    for name in ["HEAD".to_owned()].into_iter().chain(branch) {
        let file = root.join(git(root, &["rev-parse", "--git-path", &name])?);
        println!("cargo::rerun-if-changed={}", file.display());
    }
    git(root, &["rev-parse", "HEAD"])
}

/// The commit that `git archive` wrote into the sources, as GitHub does in those that it packs.
fn exported(root: &Path) -> Option<String> {
    let text = fs::read_to_string(root.join("build/commit.txt")).ok()?;
    Some(text.trim().to_owned()).filter(|commit| is_commit(commit))
}

/// Asks git about the repository of these sources. A repository around them is another one.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    if !root.join(".git").exists() {
        return None;
    }
    let mut command = Command::new("git");
    // A hook of git sets these, for its own repository.
    let command = command.current_dir(root).env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    let output = command.args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
