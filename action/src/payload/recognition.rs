//! Recognises what is not JSON, so that the refusal can name it and how to convert it.
//!
//! It runs only after parsing has failed: no heuristic here refuses valid JSON.

use std::str::Utf8Error;

use serde_json::value::RawValue;

use crate::error::{Flaw, ForeignFormat, PayloadProblem, Position};
use crate::job::DataFormat;

/// The number of lines that are tried as the start of the JSON after other text: each may be parsed to the end.
const MAX_JSON_STARTS: usize = 8;

/// The number of lines that must look like YAML.
const MAX_YAML_LINES: usize = 100;

/// The last words of keys in error messages like `TypeError: …`, which are no YAML.
const LOG_WORDS: [&str; 8] = ["error", "exception", "failure", "fatal", "warning", "info", "usage", "hint"];

/// Recognises bytes that are not UTF-8.
pub(super) fn of_bytes(bytes: &[u8], error: Utf8Error, format: DataFormat) -> PayloadProblem {
    if let Some(format) = binary(bytes) {
        return PayloadProblem::Foreign(format);
    }
    let offset = error.valid_up_to();
    let valid = String::from_utf8_lossy(bytes.get(..offset).unwrap_or_default());
    // The last character is incomplete, and JSON ends in ASCII.
    if format != DataFormat::Text && error.error_len().is_none() && valid.trim_start().starts_with(['{', '['])
    {
        return PayloadProblem::NotJson { flaw: Flaw::UnexpectedEnd, at: position(&valid, offset) };
    }
    PayloadProblem::NotUtf8 { offset }
}

/// Recognises a text that is not one JSON value.
pub(super) fn of_text(text: &str, error: &serde_json::Error) -> PayloadProblem {
    let recognised = foreign(text)
        .or_else(|| after_first_value(text))
        .or_else(|| text_before(text, error))
        .or_else(|| looks_like_text(text));
    recognised.unwrap_or_else(|| PayloadProblem::NotJson { flaw: flaw(text, error), at: place(error) })
}

/// Recognises the problem of one of several values. The value before it ends at the offset `end`.
pub(super) fn of_value(text: &str, number: usize, end: usize, error: &serde_json::Error) -> PayloadProblem {
    if number == 1 {
        let other = foreign(text).or_else(|| text_before(text, error)).or_else(|| looks_like_text(text));
        if let Some(problem) = other {
            return problem;
        }
    }
    let line = position(text, after_whitespace(text, end)).line;
    PayloadProblem::NotJsonLines { flaw: flaw(text, error), at: place(error), number, line }
}

/// Recognises UTF-16 without a byte order mark, if it begins with two ASCII characters.
pub(super) fn utf16(bytes: &[u8]) -> Option<ForeignFormat> {
    match bytes {
        [1..=0xFF, 0, 1..=0xFF, 0, ..] => Some(ForeignFormat::Utf16Le),
        [0, 1..=0xFF, 0, 1..=0xFF, ..] => Some(ForeignFormat::Utf16Be),
        _ => None,
    }
}

/// Recognises formats by their first bytes.
fn binary(bytes: &[u8]) -> Option<ForeignFormat> {
    if bytes.get(257..262) == Some(b"ustar") {
        return Some(ForeignFormat::Tar);
    }
    Some(match bytes {
        [0x1F, 0x8B, ..] => ForeignFormat::Gzip,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => ForeignFormat::Zip,
        [0x28, 0xB5, 0x2F, 0xFD, ..] => ForeignFormat::Zstd,
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => ForeignFormat::Xz,
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31 | 0x17, ..] => ForeignFormat::Bzip2,
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => ForeignFormat::Utf32,
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => ForeignFormat::Utf16,
        _ => return utf16(bytes),
    })
}

/// Recognises formats that can't be confused with JSON.
fn foreign(text: &str) -> Option<PayloadProblem> {
    binary(text.as_bytes()).or_else(|| markup(text)).map(PayloadProblem::Foreign)
}

fn markup(text: &str) -> Option<ForeignFormat> {
    let text = text.trim_start();
    let head: String = text.chars().take(512).collect::<String>().to_ascii_lowercase();
    let rest = head.strip_prefix('<')?;
    if head.contains("<!doctype html") || head.contains("<html") {
        return Some(ForeignFormat::Html);
    }
    rest.starts_with(|next: char| next == '?' || next == '!' || next.is_ascii_alphabetic())
        .then_some(ForeignFormat::Xml)
}

/// Recognises a complete JSON value that is followed by others, or by text.
fn after_first_value(text: &str) -> Option<PayloadProblem> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    // A number or a string may also be the start of another text, like a date or a key.
    let is_container = values.next()?.ok()?.get().starts_with(['{', '[']);
    let start = after_whitespace(text, values.byte_offset());
    let are_containers = is_container && text.get(start..)?.starts_with(['{', '[']);
    let is_several = match values.next()? {
        Ok(_) => are_containers || values.all(|value| value.is_ok()),
        Err(error) => are_containers && error.is_eof(),
    };
    let at = position(text, start);
    if is_several {
        return Some(PayloadProblem::Several(at));
    }
    let line = text.get(..start)?.rsplit('\n').next()?;
    let own_line = at.line > 1 && line.trim().is_empty();
    is_container.then_some(PayloadProblem::TextAfter { at, own_line })
}

/// Recognises text, like a program's log, before the JSON.
fn text_before(text: &str, error: &serde_json::Error) -> Option<PayloadProblem> {
    let start = after_whitespace(text, 0);
    // JSON that is cut off or wrong further down begins with JSON.
    if error.is_eof() || text.get(start..)?.starts_with('{') || position(text, start).line != error.line() {
        return None;
    }
    let mut offset = 0_usize;
    let lines = text.split_inclusive('\n').enumerate().map(|(index, line)| {
        let start = offset;
        offset = offset.saturating_add(line.len());
        (index.saturating_add(1), start, line)
    });
    let starts = lines.filter(|(_, _, line)| starts_json(line)).take(MAX_JSON_STARTS);
    let is_value = |rest: &str| {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        values.next().is_some_and(|value| value.is_ok_and(|value| value.get().len() > 2))
    };
    for (line, start, _) in starts {
        if is_value(text.get(start..)?) {
            return Some(PayloadProblem::TextBefore { line });
        }
    }
    None
}

/// Checks if a line is the start of an object or an array, not of a line like `[INFO] …`.
fn starts_json(line: &str) -> bool {
    let Some(rest) = line.strip_prefix(['{', '[']) else { return false };
    rest.trim_start().chars().next().is_none_or(|next| "\"{}[]".contains(next))
}

fn looks_like_text(text: &str) -> Option<PayloadProblem> {
    if text.contains("\u{1b}[") {
        return Some(PayloadProblem::Foreign(ForeignFormat::TerminalColours));
    }
    is_yaml(text).then_some(PayloadProblem::Foreign(ForeignFormat::Yaml))
}

/// Recognises YAML by its first line `---`, or if each line that is not indented is a key or an item of a list.
fn is_yaml(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(first) = lines.next() else { return false };
    if first == "---" || first.starts_with("%YAML") {
        return true;
    }
    // One line like `done: 3 files` may be any text.
    let Some(second) = lines.next() else { return false };
    let has_block = first.ends_with(':') || first.starts_with("- ");
    (has_block || !second.starts_with([' ', '\t']))
        && is_yaml_entry(first)
        && std::iter::once(second)
            .chain(lines)
            .take(MAX_YAML_LINES)
            .filter(|line| !line.starts_with([' ', '\t']))
            .all(is_yaml_entry)
}

fn is_yaml_entry(line: &str) -> bool {
    if line == "---" || line == "-" || line.starts_with("- ") {
        return true;
    }
    let key = line.strip_suffix(':').or_else(|| line.split_once(": ").map(|(key, _)| key));
    key.is_some_and(|key| {
        let is_name = |letter: char| letter.is_alphanumeric() || "_-./$\"'".contains(letter);
        let lower = key.to_lowercase();
        !key.is_empty() && key.chars().all(is_name) && !LOG_WORDS.iter().any(|word| lower.ends_with(word))
    })
}

/// Returns the usual cause of a syntax error.
fn flaw(text: &str, error: &serde_json::Error) -> Flaw {
    if error.is_eof() {
        return Flaw::UnexpectedEnd;
    }
    let reason = reason(error);
    let is_in_string = reason.contains("escape") || reason.contains("control character");
    let before = text.get(..offset(text, error)).filter(|_| !is_in_string);
    let Some((before, rest)) = before.and_then(|before| text.split_at_checked(before.len())) else {
        return Flaw::Other(reason);
    };
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "_-+$".contains(letter);
    let start = before.trim_end_matches(is_part).len();
    let word = text.get(start..).unwrap_or_default();
    let word = word.split(|letter| !is_part(letter)).next().unwrap_or_default();
    match (rest.as_bytes(), word.trim_start_matches(['-', '+'])) {
        ([b'/', b'/' | b'*', ..] | [b'#', ..], _) => Flaw::Comment,
        ([b'\'', ..], _) => Flaw::SingleQuotes,
        ([b'}' | b']', ..], _) if before.trim_end().ends_with(',') => Flaw::TrailingComma,
        (_, "NaN" | "nan" | "Infinity" | "inf") => Flaw::NotANumber,
        (_, "None" | "True" | "False") => Flaw::PythonLiteral,
        (_, word) if !word.is_empty() && reason == "key must be a string" => Flaw::UnquotedKey,
        _ => Flaw::Other(reason),
    }
}

/// Returns the text of a syntax error without its position. serde_json's texts for this category are constants.
fn reason(error: &serde_json::Error) -> String {
    if !error.is_syntax() {
        return "syntax error".to_owned();
    }
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or("syntax error").to_owned()
}

/// Returns the position of an error. serde_json counts column 0 at the end of a text that ends in a line break.
fn place(error: &serde_json::Error) -> Position {
    Position { line: error.line(), column: error.column().max(1) }
}

/// Returns the offset of the byte that the error names.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    lines.map(str::len).sum::<usize>().saturating_add(error.column().saturating_sub(1))
}

/// Returns the position of the byte at an offset.
fn position(text: &str, offset: usize) -> Position {
    let before = text.get(..offset).unwrap_or(text);
    let column = before.rsplit('\n').next().unwrap_or_default().len();
    Position { line: before.matches('\n').count().saturating_add(1), column: column.saturating_add(1) }
}

/// Returns the offset of the first byte from `offset` on that is not whitespace.
fn after_whitespace(text: &str, offset: usize) -> usize {
    let rest = text.get(offset..).unwrap_or_default();
    text.len().saturating_sub(rest.trim_start().len())
}
