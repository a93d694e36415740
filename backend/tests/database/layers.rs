//! The layers of the server use only what ARCHITECTURE.md allows them.

use std::path::Path;

use crate::files::sources;

/// A part of `backend/src`, and what none of its files may name.
const FORBIDDEN: [(&str, &[&str]); 3] = [
    ("domain", &["crate::api", "crate::store", "crate::auth", "poem", "sqlx"]),
    ("auth", &["crate::api", "crate::store", "poem", "sqlx::query"]),
    ("store", &["crate::api", "poem"]),
];

/// Calls that run a statement on tables.
const STATEMENTS: [&str; 3] = ["sqlx::query", "query_scalar(", "raw_sql("];

#[test]
fn auth_domain_and_store_know_none_of_the_layers_above_them() {
    let mut faults = Vec::new();
    for (part, forbidden) in FORBIDDEN {
        let of_part = |path: &str| path == format!("{part}.rs") || path.starts_with(&format!("{part}/"));
        let files: Vec<_> = backend().into_iter().filter(|(path, _)| of_part(path)).collect();
        assert!(files.len() > 1, "{part} has no files");
        for (path, code) in files {
            let named = forbidden.iter().filter(|name| code.contains(**name));
            faults.extend(named.map(|name| format!("{path}: {name}")));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn only_the_store_runs_sql_on_tables() {
    let elsewhere = |path: &str| !["store", "embedded"].iter().any(|part| path.starts_with(part));
    let files = backend().into_iter().filter(|(path, _)| elsewhere(path));
    let faults: Vec<_> = files
        .filter(|(_, code)| STATEMENTS.iter().any(|statement| code.contains(statement)))
        .map(|(path, _)| path)
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The files of `backend/src` by their paths there, without comments. Unit tests may use more.
fn backend() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let within = format!("{}/", root.display());
    let code = |text: String| text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let files = sources(&root).into_iter().map(|(path, text)| (path.replace(&within, ""), code(text)));
    files.filter(|(path, _)| !path.contains("/tests")).collect()
}
