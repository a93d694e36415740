//! The programs under test.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

/// The real backend, built by the same `cargo test`.
pub fn backend_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| program("phase-data-backend", &["backend/src", "backend/migrations", "wire/src"]))
}

/// The real action.
pub fn action_program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| program("phase-data-action", &["action/src", "wire/src"]))
}

/// `cargo test` of the whole workspace puts the programs beside its tests. Testing this package alone
/// would leave old ones there, and a story about an old program proves nothing.
fn program(name: &str, sources: &[&str]) -> PathBuf {
    let test = std::env::current_exe().expect("the running test has a path");
    let profile = test.parent().and_then(Path::parent).expect("tests stand in <profile>/deps");
    let program = profile.join(name);
    let built = modified(&program);
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let newest = sources.iter().map(|source| newest_below(&workspace.join(source))).max();
    assert!(
        built.is_some() && built >= newest.flatten(),
        "{} is missing or older than its sources: run `cargo test` for the whole workspace",
        program.display()
    );
    program
}

fn newest_below(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).expect("sources can be read");
    let paths = entries.map(|entry| entry.expect("sources can be read").path());
    paths.map(|path| if path.is_dir() { newest_below(&path) } else { modified(&path) }).max().flatten()
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
