//! Lines as they are written, with values that strangers choose.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("the database is not available")]
struct Unavailable(#[source] sqlx::Error);

#[test]
fn a_cause_that_a_library_repeats_is_shown_once() {
    let refused = || sqlx::Error::Io(std::io::Error::other("connection refused"));
    let shown = chain(&Unavailable(refused()));
    assert_eq!(shown, "the database is not available: error communicating with database: connection refused");
    let migration = sqlx::migrate::MigrateError::Execute(refused());
    let shown = chain(&migration);
    assert_eq!(shown.matches("connection refused").count(), 1, "{shown}");
}

#[test]
fn durations_have_two_decimals() {
    let shown = |micros| milliseconds(Duration::from_micros(micros)).to_string();
    assert_eq!(
        [shown(599), shown(1_216), shown(451_589), shown(30_000_004), shown(4)],
        ["0.6", "1.22", "451.59", "30000", "0"]
    );
}

/// A log in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).expect("text")
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The values that an attacker would choose: a forged line, colours, the end of a string, a right-to-left text.
const HOSTILE: &str = "a\nERROR forged\r\u{1b}[31m\"} \\ \u{2028}\u{202e}\u{85}\0é";

fn write_lines() {
    let span = tracing::error_span!("request", path = HOSTILE, later = tracing::field::Empty);
    let _in_span = span.enter();
    span.record("later", HOSTILE);
    tracing::info!(shown = %HOSTILE, debug = ?HOSTILE, long = "é".repeat(100_000), "{HOSTILE}");
    tracing::info!(word = "a/b", shown = %"a b", empty = "", number = 1.25, not_a_number = f64::NAN, none = None::<&str>, "short");
}

#[test]
fn a_json_line_is_one_bounded_object_whatever_the_values_are() {
    let lines = Lines::default();
    let writer = {
        let lines = lines.clone();
        move || lines.clone()
    };
    let subscriber =
        tracing_subscriber::fmt().with_writer(writer).fmt_fields(JsonFields).event_format(JsonLines).finish();
    tracing::subscriber::with_default(subscriber, write_lines);
    let text = lines.text();
    let parsed: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert_eq!(parsed.len(), 2, "{text}");
    for value in [
        &parsed[0]["fields"]["message"],
        &parsed[0]["fields"]["shown"],
        &parsed[0]["span"]["path"],
        &parsed[0]["span"]["later"],
    ] {
        assert_eq!(value, HOSTILE);
    }
    assert_eq!(parsed[0]["fields"]["debug"], format!("{HOSTILE:?}"));
    assert_eq!(parsed[0]["fields"]["long"], format!("{}…", "é".repeat(1000)));
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']), "{text}");
    let fields = r#""fields":{"message":"short","word":"a/b","shown":"a b","empty":"","number":1.25,"not_a_number":"NaN"}"#;
    assert!(text.contains(fields), "{text}");
}

#[test]
fn a_text_line_is_one_bounded_line_whatever_the_values_are() {
    let lines = Lines::default();
    let writer = {
        let lines = lines.clone();
        move || lines.clone()
    };
    let subscriber = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .fmt_fields(TextFields)
        .finish();
    tracing::subscriber::with_default(subscriber, write_lines);
    let text = lines.text();
    let found: Vec<&str> = text.lines().collect();
    assert_eq!(found.len(), 2, "{text}");
    assert!(found[0].len() < 4000 && !found[0].contains(['\u{1b}', '\u{2028}', '\u{202e}', '\r']), "{text}");
    let quoted = r#""a\nERROR forged\r\u{1b}[31m\"} \\ \u{2028}\u{202e}\u{85}\u{0}é""#;
    assert!(
        found[0].contains(&format!("request{{path={quoted} later={quoted}}}: a\\nERROR forged")),
        "{text}"
    );
    assert!(
        found[1].ends_with(r#"}: short word=a/b shown="a b" empty="" number=1.25 not_a_number=NaN"#),
        "{text}"
    );
}
