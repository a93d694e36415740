//! The layers of the server use only what ARCHITECTURE.md allows them.

use std::collections::{BTreeMap, BTreeSet};
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

/// The programs' entry points, which nothing imports.
const ROOTS: [&str; 2] = ["lib", "main"];

#[test]
fn no_modules_of_the_server_import_each_other_in_a_circle() {
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, code) in backend() {
        let module = path.split(['/', '.']).next().unwrap_or_default().to_owned();
        if !ROOTS.contains(&module.as_str()) {
            let of_module = imports.entry(module.clone()).or_default();
            of_module.extend(imported(&code).filter(|other| *other != module));
        }
    }
    assert!(imports["api"].contains("error"), "no imports are found: {imports:#?}");
    // A module that imports nothing that is left is in no circle.
    while let Some(free) = imports.iter().find(|(_, of)| of.is_empty()).map(|(module, _)| module.clone()) {
        imports.remove(&free);
        for of in imports.values_mut() {
            of.remove(&free);
        }
    }
    assert!(imports.is_empty(), "these modules import each other: {imports:#?}");
}

#[test]
fn imports_are_found_in_each_form() {
    let code =
        "use crate::one::Name; use crate::{two, three::{Name, Other}, four as five,}; crate::six::call();";
    assert_eq!(imported(code).collect::<Vec<_>>(), ["one", "two", "three", "four", "six"]);
}

/// The modules that a file names, by their first segment.
fn imported(code: &str) -> impl Iterator<Item = String> + '_ {
    code.split("crate::").skip(1).flat_map(|rest| {
        let (mut names, mut depth) = (vec![String::new()], 0_usize);
        for it in rest.chars() {
            match it {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                ',' if depth == 1 => names.push(String::new()),
                _ if depth <= 1 => names.last_mut().expect("a name").push(it),
                _ => {}
            }
            if depth == 0 && !(it.is_alphanumeric() || it == '_') {
                break;
            }
        }
        let is_part = |it: &char| it.is_alphanumeric() || *it == '_';
        let first = move |name: String| name.trim_start().chars().take_while(is_part).collect::<String>();
        // A list may end with a comma.
        names.into_iter().map(first).filter(|name| !name.is_empty())
    })
}

/// The files of `backend/src` by their paths there, without comments. Unit tests may use more.
fn backend() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let within = format!("{}/", root.display());
    let code = |text: String| {
        let server = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        server.lines().map(|line| line.split("//").next().unwrap_or_default()).collect()
    };
    let files = sources(&root).into_iter().map(|(path, text)| (path.replace(&within, ""), code(text)));
    files.filter(|(path, _)| !path.contains("/tests")).collect()
}
