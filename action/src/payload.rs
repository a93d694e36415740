//! Reads the document to store, and refuses an invalid one before any request is sent.

use phase_data_wire::Document;
use serde_json::value::RawValue;

use crate::error::{PayloadError, PayloadProblem};
use crate::files::{MAX_DOCUMENT_BYTES, NamedFile, read_stream};
use crate::job::DataFormat;

mod recognition;

#[cfg(test)]
mod tests;

/// Reads the document from the input `data`.
pub(crate) fn from_text(text: &str, format: DataFormat) -> Result<Document, PayloadError> {
    document(text, format).map_err(|problem| PayloadError::new("data".to_owned(), problem))
}

/// Reads the document from a file.
pub(crate) fn from_file(file: &NamedFile, format: DataFormat) -> Result<Document, PayloadError> {
    file.read(MAX_DOCUMENT_BYTES)
        .map_err(PayloadProblem::Unreadable)
        .and_then(|bytes| of_bytes(&bytes, format))
        .map_err(|problem| PayloadError::new(format!("data-file {:?}", file.named()), problem))
}

/// Reads the document from standard input.
pub(crate) fn from_standard_input(format: DataFormat) -> Result<Document, PayloadError> {
    read_stream(std::io::stdin().lock(), MAX_DOCUMENT_BYTES)
        .map_err(PayloadProblem::StandardInput)
        .and_then(|bytes| of_bytes(&bytes, format))
        .map_err(|problem| PayloadError::new("standard input".to_owned(), problem))
}

fn of_bytes(bytes: &[u8], format: DataFormat) -> Result<Document, PayloadProblem> {
    match std::str::from_utf8(bytes) {
        Ok(text) => document(text, format),
        Err(error) => Err(recognition::of_bytes(bytes, error, format)),
    }
}

fn document(text: &str, format: DataFormat) -> Result<Document, PayloadProblem> {
    // RFC 8259 allows parsers to ignore a byte order mark, which Windows programs write.
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    match format {
        DataFormat::Json => one_value(text),
        DataFormat::JsonLines => array(text),
        DataFormat::Text => string(text),
    }
}

fn one_value(text: &str) -> Result<Document, PayloadProblem> {
    if text.trim().is_empty() {
        return Err(PayloadProblem::Empty);
    }
    serde_json::from_str(text).map_err(|error| recognition::of_text(text, &error))
}

/// Returns an array of all values in the text, each with its own spelling. An empty text is an empty array: a scanner that
/// finds nothing writes an empty file.
fn array(text: &str) -> Result<Document, PayloadProblem> {
    let mut array = String::with_capacity(text.len().saturating_add(2));
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let (mut number, mut end) = (0_usize, 0);
    while let Some(value) = values.next() {
        number = number.saturating_add(1);
        array.push(if number == 1 { '[' } else { ',' });
        array.push_str(value.map_err(|error| recognition::of_value(text, number, end, &error))?.get());
        end = values.byte_offset();
    }
    array.push_str(if number == 0 { "[]" } else { "]" });
    one_value(&array)
}

fn string(text: &str) -> Result<Document, PayloadProblem> {
    // Without a byte order mark, UTF-16 is often valid UTF-8, with many NUL characters.
    if let Some(format) = recognition::utf16(text.as_bytes()) {
        return Err(PayloadProblem::Foreign(format));
    }
    one_value(&serde_json::Value::from(text).to_string())
}
