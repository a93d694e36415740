//! The files of `backend/sql`, as far as tests read them.

use std::fs;
use std::path::Path;

/// A file, with its name without the ending.
pub(crate) struct File {
    /// The name.
    pub(crate) name: String,
    /// The text.
    pub(crate) text: String,
}

/// The files of a folder of `backend/sql`. There are some.
pub(crate) fn files(folder: &str) -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql").join(folder);
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        assert!(path.extension().is_some_and(|ending| ending == "sql"), "{} is no SQL", path.display());
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        files.push(File { name, text: fs::read_to_string(&path).expect("the text") });
    }
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files
}

/// The words of a text outside of its comments.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let code = text.lines().map(|line| line.split("--").next().unwrap_or_default());
    let is_of_word = |character: char| character.is_alphanumeric() || character == '_';
    code.flat_map(|line| line.split(move |character| !is_of_word(character)))
        .filter(|word| !word.is_empty())
        .collect()
}

/// The Rust files of a folder and its folders, with their texts.
pub(crate) fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources.extend(self::sources(&path));
        } else {
            let text = fs::read_to_string(&path).expect("the text");
            sources.push((path.display().to_string(), text));
        }
    }
    assert!(!sources.is_empty(), "{} is empty", folder.display());
    sources
}
