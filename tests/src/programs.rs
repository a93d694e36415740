//! The programs under test.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// The real backend, built by the same `cargo test`.
pub fn backend_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| program("phase-data-backend"))
}

/// The backend as its second release.
pub fn second_release() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| program("second-release"))
}

/// The backend as its third release.
pub fn third_release() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| program("third-release"))
}

/// The real action.
pub fn action_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| program("phase-data-action"))
}

/// `cargo test` of the whole workspace puts the programs beside its tests. Testing this package alone
/// would leave old ones there, and a story about an old program proves nothing.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the running test has a path");
    let profile = test.parent().and_then(Path::parent).expect("tests stand in <profile>/deps");
    let program = profile.join(name);
    let built = modified(&program);
    let newest = sources(&profile.join(format!("{name}.d"))).iter().filter_map(|path| modified(path)).max();
    assert!(
        built.is_some() && built >= newest,
        "{} is missing or older than its sources: run `cargo test` for the whole workspace",
        program.display()
    );
    program
}

/// The files that a program was made of, as cargo wrote them down beside it: `program: file file …`.
fn sources(list: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(list).unwrap_or_default();
    let files = text.split_once(": ").map_or("", |(_, files)| files);
    // A blank within a name has a backslash before it.
    let names = files.replace("\\ ", "\0");
    let paths = names.split_whitespace().map(|name| PathBuf::from(name.replace('\0', " ")));
    // A commit changes the version of the programs, and nothing else of them.
    paths.filter(|path| !path.ends_with("logs/HEAD")).collect()
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// Returns the duration of a test with a random part: this short time, or `PHASE_DATA_TEST_SECONDS`.
///
/// # Panics
/// If that is no number.
#[expect(clippy::disallowed_methods, reason = "one of the places where the harness reads the environment")]
pub fn long_test(short: Duration) -> Duration {
    let requested = std::env::var("PHASE_DATA_TEST_SECONDS").ok();
    requested.map_or(short, |seconds| Duration::from_secs(seconds.parse().expect("a number of seconds")))
}

/// Returns the number of steps and the seed of a random walk: this number and a new seed, or `PHASE_DATA_TEST_STEPS` and
/// `PHASE_DATA_TEST_SEED`.
///
/// # Panics
/// If one of these is no number.
#[expect(clippy::disallowed_methods, reason = "one of the places where the harness reads the environment")]
pub fn random_walk(steps: u32) -> (u32, u32) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    let (requested, seed) = (number("PHASE_DATA_TEST_STEPS"), number("PHASE_DATA_TEST_SEED"));
    (requested.unwrap_or(steps), seed.unwrap_or_else(std::process::id))
}

/// Returns whether tests write the tables in the documents instead of comparing them (`UPDATE_DOCS`, set by `just docs`).
#[must_use]
#[expect(clippy::disallowed_methods, reason = "one of the places where the harness reads the environment")]
pub fn update_documents() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}
