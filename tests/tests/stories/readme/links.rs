//! The targets of links in documents exist.

use std::path::{Path, PathBuf};

use super::markdown::{prose, read, root};

/// Every document, relative to the checkout.
pub(super) fn documents() -> Vec<PathBuf> {
    let mut documents = Vec::new();
    for folder in ["", "docs", "examples"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder") {
            let name = PathBuf::from(entry.expect("an entry").file_name());
            if name.extension().is_some_and(|extension| extension == "md") {
                documents.push(Path::new(folder).join(name));
            }
        }
    }
    documents.sort();
    documents
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_are_there() {
    let documents = documents();
    assert!(documents.len() >= 4, "{documents:?}");
    for document in documents {
        let folder = document.parent().unwrap_or(Path::new(""));
        let text = prose(&read(&document));
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { document.clone() } else { folder.join(file) };
            assert!(root().join(&path).exists(), "{}: {target} is not there", document.display());
            let found = heading.is_empty() || anchors(&read(&path)).iter().any(|anchor| anchor == heading);
            assert!(found, "{}: {target} has no such heading", document.display());
        }
    }
}

#[test]
fn every_path_of_the_checkout_that_a_document_names_is_there() {
    for document in documents() {
        for path in inline_code(&prose(&read(&document))) {
            let first = path.split('/').next().unwrap_or_default();
            let plain = path.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
            let named = !["", ".", "target"].contains(&first) && path.contains('/');
            if plain && named && root().join(first).is_dir() {
                assert!(root().join(&path).exists(), "{}: {path} is not there", document.display());
            }
        }
    }
}

#[test]
fn every_source_file_that_a_document_names_by_its_end_is_there() {
    let (sources, mut named) = (sources(&root()), 0);
    for document in documents() {
        for code in inline_code(&prose(&read(&document))) {
            let plain =
                code.chars().all(|letter| letter.is_ascii_lowercase() || "/._0123456789-".contains(letter));
            if plain && !code.starts_with('.') && (code.ends_with(".rs") || code.ends_with(".sql")) {
                let is_there = sources.iter().any(|source| source.ends_with(&code));
                assert!(is_there, "{}: no source file is {code}", document.display());
                named += 1;
            }
        }
    }
    assert!(named > 10, "only {named} are named");
}

/// The files of a folder and its folders, without those that are hidden or built.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let is_source = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        !name.starts_with('.') && name != "target"
    };
    entries
        .filter(is_source)
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .collect()
}

/// Returns the texts between single backticks.
fn inline_code(prose: &str) -> Vec<String> {
    prose.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The anchors of a document's headings, as forges make them.
fn anchors(markdown: &str) -> Vec<String> {
    let headings = prose(markdown);
    let headings = headings.lines().filter_map(|line| line.strip_prefix('#'));
    headings
        .map(|heading| {
            let text = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = text.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
            kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
        })
        .collect()
}
