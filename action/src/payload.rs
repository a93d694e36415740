//! Reads the document to store, and refuses an invalid one before any request is sent.
//!
//! Messages name the position, never the content: a document may contain secrets.

use phase_data_wire::Document;

use crate::error::{PayloadError, PayloadProblem};
use crate::files::{MAX_DOCUMENT_BYTES, NamedFile};

/// Reads the document from the input `data`.
pub(crate) fn from_text(text: String) -> Result<Document, PayloadError> {
    parse(text).map_err(|problem| PayloadError { origin: "data".to_owned(), problem })
}

/// Reads the document from a file.
pub(crate) fn from_file(file: &NamedFile) -> Result<Document, PayloadError> {
    file.read(MAX_DOCUMENT_BYTES)
        .map_err(PayloadProblem::Unreadable)
        .and_then(decode)
        .and_then(parse)
        .map_err(|problem| PayloadError { origin: format!("data-file {:?}", file.named()), problem })
}

fn decode(bytes: Vec<u8>) -> Result<String, PayloadProblem> {
    match bytes.as_slice() {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => return Err(PayloadProblem::Utf16),
        // JSON begins with ASCII, which UTF-16 without a byte order mark encodes with a zero byte.
        [0, 1..=0xFF, ..] | [1..=0xFF, 0, ..] => return Err(PayloadProblem::Utf16),
        _ => {}
    }
    String::from_utf8(bytes)
        .map_err(|error| PayloadProblem::NotUtf8 { offset: error.utf8_error().valid_up_to() })
}

fn parse(text: String) -> Result<Document, PayloadProblem> {
    if text.starts_with('\u{FEFF}') {
        return Err(PayloadProblem::ByteOrderMark);
    }
    if text.trim().is_empty() {
        return Err(PayloadProblem::Empty);
    }
    Document::parse(text).map_err(|error| PayloadProblem::NotJson {
        what: mistake(&error),
        line: error.line(),
        column: error.column(),
    })
}

/// Returns the kind of syntax error without its position. serde_json's texts for these two categories are constants.
fn mistake(error: &serde_json::Error) -> String {
    if !error.is_syntax() && !error.is_eof() {
        return "syntax error".to_owned();
    }
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or("syntax error").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), bytes).expect("written");
        from_file(&NamedFile::anywhere("report.json".into(), file.path().to_owned()))
            .expect_err("refused")
            .to_string()
    }

    #[test]
    fn each_wrong_document_has_its_own_message() {
        for (bytes, message) in [
            (&b""[..], "is empty"),
            (b" \n\t", "is empty"),
            (b"\xEF\xBB\xBF{}", "begins with a byte order mark (UTF-8 BOM), which JSON does not allow"),
            (b"\xFF\xFE{\0}\0", "is encoded as UTF-16, and JSON is UTF-8"),
            (b"\xFE\xFF\0{\0}", "is encoded as UTF-16, and JSON is UTF-8"),
            (b"{\0}\0", "is encoded as UTF-16, and JSON is UTF-8"),
            (b"\0{\0}", "is encoded as UTF-16, and JSON is UTF-8"),
            (b"\"ab\xFF\"", "is not UTF-8: the first invalid byte is at offset 3"),
            (b"{\n  \"a\": }", "is not valid JSON: expected value at line 2, column 8"),
            (b"{} {}", "is not valid JSON: trailing characters at line 1, column 4"),
            (b"[1,\n2", "is not valid JSON: EOF while parsing a list at line 2, column 1"),
        ] {
            assert_eq!(refusal(bytes), format!("data-file \"report.json\" {message}"));
        }
    }

    #[test]
    fn a_document_keeps_its_text() {
        let text = "{\"n\": 123456789012345678901234567890, \"x\": 1e400}";
        assert_eq!(from_text(text.to_owned()).expect("a document").as_str(), text);
    }
}
