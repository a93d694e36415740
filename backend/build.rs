//! Finds the commit that is built. Embeds the database's functions, and has the program built anew when a file of `sql` is
//! added: the compiler itself only sees changes of those that it knows.

#[path = "../build/commit.rs"]
mod commit;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells build scripts by the environment where things are"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=sql");
    let package = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    commit::find(&package.join(".."))?;
    let root = package.join("sql");
    let mut list = String::from("[\n");
    for folder in ["types", "functions"] {
        for (name, path) in files(&root.join(folder))? {
            list += &format!("    ({:?}, include_str!({path:?})),\n", format!("{folder}/{name}"));
        }
    }
    list += "]\n";
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("functions.rs"), list)?;
    Ok(())
}

/// The names and paths of a folder's files, in the order of their names.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>, Box<dyn std::error::Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        files.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    files.sort();
    Ok(files)
}
