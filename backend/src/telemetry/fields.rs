//! The fields of a line. A line is one line, and bounded, whatever the values are: callers choose paths, methods and texts
//! in errors.

use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FormatFields, FormattedFields};

use super::keys::without_keys;

/// The longest value, in bytes. The rest is left out.
const MAX_VALUE_BYTES: usize = 2000;
/// The name of the text of a line.
const MESSAGE: &str = "message";

/// `"name":value` with commas between: the members of a JSON object.
#[derive(Debug)]
pub(super) struct JsonFields;

/// `name=value` with spaces between, and the message without its name.
#[derive(Debug)]
pub(super) struct TextFields;

impl<'w> FormatFields<'w> for JsonFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        record(writer, fields, true, json_field)
    }

    fn add_fields(
        &self,
        current: &'w mut FormattedFields<Self>,
        fields: &tracing::span::Record<'_>,
    ) -> fmt::Result {
        let is_first = current.fields.is_empty();
        record(current.as_writer(), fields, is_first, json_field)
    }
}

impl<'w> FormatFields<'w> for TextFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        record(writer, fields, true, text_field)
    }
}

/// A value as tracing hands it over.
enum Value<'v> {
    Text(&'v str),
    /// A number or a truth value, or a text that a type writes.
    Plain(&'v dyn Debug),
    Written(&'v dyn Debug),
}

/// Writes a field, or a separator and a field.
type WriteField = fn(&mut Writer<'_>, is_first: bool, name: &str, Value<'_>) -> fmt::Result;

struct Visitor<'w> {
    writer: Writer<'w>,
    is_first: bool,
    write: WriteField,
    result: fmt::Result,
}

fn record(writer: Writer<'_>, fields: impl RecordFields, is_first: bool, write: WriteField) -> fmt::Result {
    let mut visitor = Visitor { writer, is_first, write, result: Ok(()) };
    fields.record(&mut visitor);
    visitor.result
}

impl Visitor<'_> {
    fn add(&mut self, field: &Field, value: Value<'_>) {
        // Records of the crate `log` come with places in the source as fields.
        if self.result.is_ok() && !field.name().starts_with("log.") {
            self.result = (self.write)(&mut self.writer, self.is_first, field.name(), value);
            self.is_first = false;
        }
    }
}

impl Visit for Visitor<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no number for the others.
        self.add(field, if value.is_finite() { Value::Plain(&value) } else { Value::Written(&value) });
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, Value::Plain(&value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, Value::Plain(&value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Value::Plain(&value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, Value::Text(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, Value::Written(value));
    }
}

fn json_field(writer: &mut Writer<'_>, is_first: bool, name: &str, value: Value<'_>) -> fmt::Result {
    write!(writer, "{}\"{name}\":", if is_first { "" } else { "," })?;
    if let Value::Plain(value) = value {
        return write!(writer, "{value:?}");
    }
    writer.write_char('"')?;
    bounded(writer, escape_json, &value)?;
    writer.write_char('"')
}

fn text_field(writer: &mut Writer<'_>, is_first: bool, name: &str, value: Value<'_>) -> fmt::Result {
    writer.write_str(if is_first { "" } else { " " })?;
    if name == MESSAGE {
        return bounded(writer, escape_control, &value);
    }
    write!(writer, "{name}=")?;
    let is_bare = match &value {
        Value::Plain(value) => return write!(writer, "{value:?}"),
        Value::Text(text) => !text.is_empty() && text.bytes().all(is_bare),
        // Its length is not known: it is written twice.
        Value::Written(_) => {
            let mut probe = BareText { is_empty: true, is_bare: true };
            write!(probe, "{value}")?;
            probe.is_bare && !probe.is_empty
        }
    };
    if is_bare {
        return bounded(writer, escape_control, &value);
    }
    writer.write_char('"')?;
    bounded(writer, escape_quoted, &value)?;
    writer.write_char('"')
}

/// Tells whether a byte needs no quotation marks around it, in the text form.
fn is_bare(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'=' | b'{' | b'}')
}

/// Finds out whether a text needs quotation marks.
struct BareText {
    is_empty: bool,
    is_bare: bool,
}

impl Write for BareText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.is_empty &= text.is_empty();
        self.is_bare &= text.bytes().all(is_bare);
        Ok(())
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Plain(value) | Self::Written(value) => value.fmt(f),
        }
    }
}

/// Writes a character so that it stays within its line and its quotation marks.
type Escape = fn(&mut Writer<'_>, char) -> fmt::Result;

fn escape_control(writer: &mut Writer<'_>, it: char) -> fmt::Result {
    if is_control(it) { write!(writer, "{}", it.escape_default()) } else { writer.write_char(it) }
}

fn escape_quoted(writer: &mut Writer<'_>, it: char) -> fmt::Result {
    match it {
        '"' | '\\' => write!(writer, "\\{it}"),
        other => escape_control(writer, other),
    }
}

fn escape_json(writer: &mut Writer<'_>, it: char) -> fmt::Result {
    match it {
        '"' | '\\' => write!(writer, "\\{it}"),
        '\n' => writer.write_str("\\n"),
        // All of them have four digits.
        other if is_control(other) => write!(writer, "\\u{:04x}", u32::from(other)),
        other => writer.write_char(other),
    }
}

/// Control characters and other characters that some programs end a line at, or that change the direction of the text after
/// them.
fn is_control(it: char) -> bool {
    it.is_control()
        || matches!(it, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes a value up to the limit.
fn bounded(writer: &mut Writer<'_>, escape: Escape, value: &Value<'_>) -> fmt::Result {
    let mut out = Bounded { writer: writer.by_ref(), escape, left: MAX_VALUE_BYTES, is_cut: false };
    // An error means that the value is cut, unless the writer failed, which the next write finds out.
    let _ = write!(out, "{value}");
    if out.is_cut { writer.write_char('…') } else { Ok(()) }
}

struct Bounded<'w> {
    writer: Writer<'w>,
    escape: Escape,
    left: usize,
    is_cut: bool,
}

impl Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let text = &*without_keys(text);
        let is_plain = |it: u8| it.is_ascii_graphic() && !matches!(it, b'"' | b'\\') || it == b' ';
        if text.len() <= self.left && text.bytes().all(is_plain) {
            self.left = self.left.saturating_sub(text.len());
            return self.writer.write_str(text);
        }
        for it in text.chars() {
            let Some(left) = self.left.checked_sub(it.len_utf8()) else {
                self.is_cut = true;
                return Err(fmt::Error);
            };
            self.left = left;
            (self.escape)(&mut self.writer, it)?;
        }
        Ok(())
    }
}
