//! Makes foreign texts safe to print.

/// Returns one line of at most `max` characters, without control characters.
///
/// The text of a backend or a proxy may contain anything: line ends that start a workflow command, terminal escapes,
/// invisible characters that reorder a line.
pub(crate) fn one_line(text: &str, max: usize) -> String {
    let mut line: String = text.chars().map(visible).take(max).collect();
    if text.chars().nth(max).is_some() {
        line.push('…');
    }
    line
}

/// Returns the text without control characters, except those of its lines.
pub(crate) fn lines(text: &str) -> String {
    text.chars().map(|it| if matches!(it, '\n' | '\r' | '\t') { it } else { visible(it) }).collect()
}

/// Returns the start of a refused text, enough to recognise it.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

fn visible(character: char) -> char {
    let reorders = matches!(character,
        '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
    if character.is_control() || reorders { ' ' } else { character }
}

/// Returns the name that is most similar to a misspelt one.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |known: &str| strsim::jaro_winkler(name, known);
    let best = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.8).then_some(best)
}

/// Checks if a name is probably a misspelling of a known one. Case and separators don't count.
///
/// A short name that differs in one letter is often another word: `date` is not `data`, and `state` is not `stale`.
pub(crate) fn is_misspelt(name: &str, known: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-', ' '], "");
    let (given, known) = (plain(name), plain(known));
    let distance = strsim::osa_distance(&given, &known);
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    match known.len() {
        ..4 => distance == 0,
        4..=7 => {
            distance == 0
                || (distance == 1 && (given.len() != known.len() || sorted(&given) == sorted(&known)))
        }
        _ => distance <= 2,
    }
}

/// Returns the noun for a number of attempts.
pub(crate) fn plural(attempts: u32) -> &'static str {
    if attempts == 1 { "attempt" } else { "attempts" }
}

/// Escapes text for a cell of a Markdown table.
pub(crate) fn cell(text: &str) -> String {
    escaped(text, 300)
}

/// Returns text as code in a cell of a Markdown table. GitHub makes no link of it, and notifies nobody whom it names.
pub(crate) fn code(text: &str) -> String {
    // These two would end the code or the cell. Nothing can escape them there in all cases.
    format!("`{}`", one_line(text, 300).replace('`', "'").replace('|', "¦"))
}

/// Escapes text for Markdown, with its line breaks.
pub(crate) fn paragraph(text: &str) -> String {
    text.lines().map(|line| escaped(line, 1000)).collect::<Vec<_>>().join("<br>")
}

fn escaped(text: &str, max: usize) -> String {
    let mut markdown = String::with_capacity(text.len());
    for character in one_line(text, max).chars() {
        match character {
            // Every other ASCII character can start a link, an image, a tag, emphasis or a new cell.
            ' ' | '.' | ',' | '/' | '-' | '0'..='9' | 'a'..='z' | 'A'..='Z' => markdown.push(character),
            other if !other.is_ascii() => markdown.push(other),
            other => markdown.push_str(&format!("&#{};", u32::from(other))),
        }
    }
    markdown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_becomes_one_visible_line() {
        assert_eq!(one_line("a\r\n::error::x\u{1b}[31m\u{202E}", 80), "a  ::error::x [31m ");
        assert_eq!(one_line("abcdef", 3), "abc…");
        assert_eq!(one_line("abc", 3), "abc");
    }

    #[test]
    fn a_name_is_misspelt_if_few_letters_differ() {
        for (name, known) in [
            ("DATA_FILE", "data-file"),
            ("BACKEND_URL", "backend-url"),
            ("BACKENDURL", "backend-url"),
            ("PHASES", "phase"),
            ("PHSAE", "phase"),
            ("DTA", "data"),
            ("OPERATON", "operation"),
            ("IF-MACTH", "if-match"),
            ("ISUE_NUMBER", "issue-number"),
            ("TIMEOUT_SECOND", "timeout-seconds"),
        ] {
            assert!(is_misspelt(name, known), "{name}");
        }
        // Common names of other workflows and actions.
        for name in [
            "RELEASE_TAG",
            "ENVIRONMENT",
            "DATE",
            "STATE",
            "STAGE",
            "TOKEN",
            "PATH",
            "NAME",
            "VERSION",
            "REF",
            "TAG",
            "PHRASES",
            "COMMIT",
            "COLOR",
            "CLOUD",
            "AUTHOR",
            "SHA",
            "SCAN_FILE",
            "URL",
            "DRY",
            "TITLE",
            "USER",
            "REPO",
        ] {
            for known in crate::interface::INPUTS {
                assert!(!is_misspelt(name, known.name), "{name} {}", known.name);
            }
        }
    }

    #[test]
    fn code_in_a_cell_ends_neither_the_code_nor_the_cell() {
        assert_eq!(code("a|b `x`\n@me #1\\"), "`a¦b 'x' @me #1\\`");
        assert_eq!(code(&"x".repeat(301)), format!("`{}…`", "x".repeat(300)));
    }

    #[test]
    fn a_cell_has_no_markup() {
        assert_eq!(cell("a|b <img>\n[x](y) @me"), "a&#124;b &#60;img&#62; &#91;x&#93;&#40;y&#41; &#64;me");
        assert_eq!(cell("octo/hello#42"), "octo/hello&#35;42");
        assert_eq!(paragraph("a\n<br>"), "a<br>&#60;br&#62;");
    }
}
