//! Enough of Markdown to find in a document what can be checked.

use std::path::{Path, PathBuf};

/// A fenced block.
pub(crate) struct Block {
    /// The text after the fence, like `sh`.
    pub(crate) language: String,
    /// Its lines.
    pub(crate) text: String,
}

/// The checkout.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of the checkout.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Replaces a file of the checkout.
pub(super) fn write(path: impl AsRef<Path>, text: &str) {
    let path = root().join(path);
    std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// The fenced blocks, in their order.
pub(crate) fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push(Block { language: language.to_owned(), text: text.join("\n") });
    }
    blocks
}

/// Returns the text under a heading, up to the next one of its level or above.
pub(crate) fn section<'a>(markdown: &'a str, heading: &str) -> &'a str {
    let start = markdown.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading:?}")) + 1;
    let text = &markdown[start..];
    let level = heading.chars().take_while(|character| *character == '#').count();
    let next = (1..=level).filter_map(|level| text.find(&format!("\n{} ", "#".repeat(level)))).min();
    &text[..next.unwrap_or(text.len())]
}

/// The document without its fenced blocks.
pub(super) fn prose(markdown: &str) -> String {
    let mut inside = false;
    let outside = markdown.lines().filter(|line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    outside.collect::<Vec<_>>().join("\n")
}

/// Returns the document with this table between the two markers of this name.
pub(super) fn with_table(markdown: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
    let parts = markdown
        .split_once(&begin)
        .and_then(|(before, rest)| rest.split_once(&end).map(|(_, after)| (before, after)));
    let (before, after) = parts.unwrap_or_else(|| panic!("{begin} and {end} are missing"));
    format!("{before}{begin}{table}{end}{after}")
}
