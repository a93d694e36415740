//! Payloads: our own, which are always there, and real scanner reports, where they are at hand.

use std::path::{Path, PathBuf};

/// One of our own payloads: `scan`, `validate` or `mitigate`.
///
/// # Panics
/// If there is none of this name.
pub fn payload(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("payloads").join(format!("{name}.json"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The real scanner reports that stand beside the checkout on some machines, or `None` where they don't.
/// They are no part of the project.
///
/// # Panics
/// If the folder is there but can't be read.
pub fn scanner_reports() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/scanner-reports");
    let entries = std::fs::read_dir(folder).ok()?;
    let mut reports: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder entry").path()).collect();
    reports.sort();
    Some(reports)
}
