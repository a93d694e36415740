//! The forms in which scanners and shells write a document: each is stored, or refused with the command that converts it.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::backend::{Answer, Backend};
use crate::operations::STORED;
use crate::step::{Step, StepResult};

fn store(url: &str, format: &str, content: impl AsRef<[u8]>) -> StepResult {
    Step::new("store", url)
        .with("phase", "scan")
        .with("data-file", "report")
        .with("data-format", format)
        .file("report", content)
        .run()
}

/// Stores a document and returns the JSON that was sent for it.
fn sent(format: &str, content: impl AsRef<[u8]>) -> String {
    let backend = Backend::answering(vec![Answer::json(201, STORED)]);
    store(&backend.url, format, content).succeeded();
    let body = backend.request().body;
    let (_, data) = body.split_once("\"data\":").expect("a document");
    data.strip_suffix('}').expect("the end").to_owned()
}

/// Returns the cause and the fix of a refused document.
fn refusal(format: &str, content: impl AsRef<[u8]>) -> (String, String) {
    let (title, message) = store(&Backend::absent(), format, content).failure();
    assert_eq!(title, "phase-data: no valid document");
    let (cause, fix) = message.split_once('\n').expect("a hint");
    (cause.strip_prefix("data-file \"report\" ").expect("the file").to_owned(), fix.to_owned())
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn what_is_not_json_is_refused_with_the_command_that_converts_it() {
    let yaml = "version: 1\nfindings:\n  - rule: xss\n";
    let html = "<!DOCTYPE html>\n<html><title>Sign in</title></html>\n";
    for (content, cause, fix) in [
        (b"\x1F\x8B\x08\0\xFF\xFF".to_vec(), "is compressed with gzip", "`gzip -dc < FILE"),
        (b"PK\x03\x04\x14\0\xFF".to_vec(), "is a ZIP archive", "`unzip -p FILE"),
        (b"\x28\xB5\x2F\xFD\x04".to_vec(), "is compressed with zstd", "`zstd -dc < FILE"),
        (b"\xFD7zXZ\0\0".to_vec(), "is compressed with xz", "`xz -dc < FILE"),
        (b"BZh91AY&SY\xFF".to_vec(), "is compressed with bzip2", "`bzip2 -dc < FILE"),
        (yaml.into(), "looks like YAML, not JSON", "`yq -p=yaml -o=json . FILE"),
        (b"<?xml version=\"1.0\"?><a/>".to_vec(), "is XML, not JSON", "`yq -p=xml -o=json . FILE"),
        (html.into(), "is an HTML page, not JSON", "`curl --fail --output FILE URL`"),
        (b"\xFF\xFE{\0}\0".to_vec(), "is encoded as UTF-16, not UTF-8", "`iconv -f UTF-16 "),
        (
            b"[\"caf\xE9\"]".to_vec(),
            "is not UTF-8: the first invalid byte is at offset 5",
            "`iconv -f WINDOWS-1252 ",
        ),
        (b" \n".to_vec(), "is empty", "store [] or {}"),
        (b"[NaN]".to_vec(), "is not valid JSON: NaN or Infinity at line 1, column 2", "`python3 -c "),
        (
            b"{'a': 1}".to_vec(),
            "is not valid JSON: string in single quotes at line 1, column 2",
            "ast.literal_eval",
        ),
        (
            b"[1,]".to_vec(),
            "is not valid JSON: trailing comma at line 1, column 4",
            "`npx --yes json5@2 FILE",
        ),
        (b"[1 // a\n]".to_vec(), "is not valid JSON: comment at line 1, column 4", "`npx --yes json5@2 FILE"),
        (b"{\"a\": [1".to_vec(), "is not valid JSON: unexpected end at line 1, column 8", "was stopped"),
        (
            b"Scanning\n[{}]\n".to_vec(),
            "contains text before the JSON, which begins at line 2",
            "`tail -n +2 FILE",
        ),
        (
            b"[\n]\nDone.\n".to_vec(),
            "contains text after the JSON: it begins at line 3, column 1",
            "`head -n 2 FILE",
        ),
        (b"\x1b[1m{}\x1b[0m".to_vec(), "contains the escape sequences of terminal colours", "`sed "),
        (
            b"Killed\n".to_vec(),
            "is not valid JSON: expected value at line 1, column 1",
            "set data-format to text",
        ),
        (
            b"{\n}\n{\n}\n".to_vec(),
            "contains several JSON values (JSON Lines or concatenated JSON): the second value begins at line 3, column 1",
            "Set data-format to json-lines",
        ),
    ] {
        let (found, advice) = refusal("json", &content);
        assert_eq!(found, cause);
        assert!(advice.contains(fix), "{cause}: {advice}");
        assert!(!advice.contains("jq . "), "{cause}: {advice}");
    }
}

#[test]
fn no_refusal_quotes_the_document() {
    for content in [
        "hunter2: 1\nb: hunter2\n",
        "<hunter2/>",
        "hunter2\n{\"a\": \"hunter2\"}\n",
        "{}\nhunter2\n",
        "{'hunter2': 1}",
        "{hunter2: 1}",
        "{\"a\": \"hunter2",
        "{\"a\": hunter2}",
        "{\"a\": \"\\hunter2\"}",
        "{\"hunter2\": 1}\n{\"hunter2\": 2}\n",
    ] {
        for format in ["json", "json-lines"] {
            let done = store(&Backend::absent(), format, content);
            assert!(!done.stdout.contains("hunter2"), "{}", done.stdout);
            assert!(!done.summary.contains("hunter2"), "{}", done.summary);
        }
    }
}

/// The commands that every runner and every developer's machine has.
#[test]
fn the_commands_convert_the_document() {
    let json = "[\n{\"name\": \"ü\"}\n]\n";
    let gzip = |json: &str| {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("file"), json).expect("written");
        shell("gzip file", directory.path());
        std::fs::read(directory.path().join("file.gz")).expect("compressed")
    };
    let tar = |json: &str| {
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("file"), json).expect("written");
        shell("tar -cf file.tar file", directory.path());
        std::fs::read(directory.path().join("file.tar")).expect("archived")
    };
    for content in [
        gzip(json),
        tar(json),
        utf16(&format!("\u{FEFF}{json}"), u16::to_le_bytes),
        utf16(&format!("\u{FEFF}{json}"), u16::to_be_bytes),
        utf16(json, u16::to_le_bytes),
        utf16(json, u16::to_be_bytes),
        json.chars().map(|letter| u8::try_from(letter).expect("Latin-1")).collect(),
        format!("Scanning 3 files\n[INFO] ready\n{json}").into(),
        format!("{json}Found 1 problem\n").into(),
    ] {
        let done = store(&Backend::absent(), "json", &content);
        let (_, message) = done.failure();
        let command = message.rsplit('`').nth(1).expect("a command").replace("FILE", "report");
        let workspace = done.path("workspace");
        shell(&command, &workspace);
        let converted = std::fs::read_to_string(workspace.join("converted.json")).expect("converted");
        assert_eq!(sent("json", converted), json.trim_end(), "{command}");
    }
}

fn shell(command: &str, directory: &std::path::Path) {
    let status = Command::new("sh").args(["-c", command]).current_dir(directory).status().expect("a shell");
    assert!(status.success(), "{command}");
}

#[test]
fn json_lines_are_sent_as_an_array() {
    for (content, array) in [
        (
            "{\"n\":123456789012345678901234567890}\n{\"x\":1e400}\n",
            r#"[{"n":123456789012345678901234567890},{"x":1e400}]"#,
        ),
        ("{\"a\":1}\r\n\r\n{\"b\":2}", r#"[{"a":1},{"b":2}]"#),
        ("{\n \"a\": 1\n}\n{\n \"b\": 2\n}\n", "[{\n \"a\": 1\n},{\n \"b\": 2\n}]"),
        ("[1]\n[2]\n", "[[1],[2]]"),
        ("{\"a\":1}\n", r#"[{"a":1}]"#),
        ("\u{FEFF}{}\n", "[{}]"),
        ("", "[]"),
    ] {
        assert_eq!(sent("json-lines", content), array);
    }
    let (cause, _) = refusal("json-lines", "{}\n{\"a\": 1}\n{\"b\": }\n{}\n");
    assert_eq!(
        cause,
        "is not valid JSON Lines: expected value at line 3, column 7, in value 3, which begins at line 3"
    );
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_document() {
    assert_eq!(sent("json", "\u{FEFF}{\"a\": 1}\r\n"), r#"{"a": 1}"#);
    assert_eq!(sent("text", "\u{FEFF}a\r\n"), r#""a\r\n""#);
}

#[test]
fn a_text_is_sent_as_a_string() {
    assert_eq!(sent("text", "version: 1\n\u{1b}[1m\"ü\"\\\n"), r#""version: 1\n\u001b[1m\"ü\"\\\n""#);
    assert_eq!(sent("text", ""), r#""""#);
}

#[test]
fn the_input_data_has_the_same_formats() {
    for (format, data, document) in
        [("json-lines", "{}\n{}\n", "[{},{}]"), ("text", "{}\n", r#""{}\n""#), ("json", "{}\n", "{}")]
    {
        let backend = Backend::answering(vec![Answer::json(201, STORED)]);
        let step = Step::new("store", &backend.url).with("phase", "scan");
        step.with("data", data).with("data-format", format).run().succeeded();
        let body = backend.request().body;
        assert!(body.ends_with(&format!("\"data\":{document}}}")), "{body}");
    }
}

#[test]
fn operations_without_a_document_refuse_a_format() {
    for operation in ["retrieve", "list", "cleanup", "restore", "sweep", "doctor"] {
        let (_, message) =
            Step::new(operation, &Backend::absent()).with("data-format", "json-lines").run().failure();
        let line = "data-format: only store takes a document; omit it";
        assert!(message.lines().any(|it| it == line), "{operation}: {message}");
    }
}

#[test]
fn large_json_lines_are_read_in_linear_time() {
    let line = format!("{{\"rule\":\"xss\",\"text\":\"{}\"}}\n", "x".repeat(70));
    for bytes in [3_000_000, 15_000_000] {
        let lines = line.repeat(bytes / line.len());
        let start = Instant::now();
        let array = sent("json-lines", &lines);
        assert_eq!(array.len(), lines.len() + 1);
        let (cause, _) = refusal("json", &lines);
        assert!(cause.ends_with("the second value begins at line 2, column 1"), "{cause}");
        let (cause, _) = refusal("json-lines", format!("{lines}done"));
        assert!(cause.starts_with("is not valid JSON Lines: expected value at line "), "{cause}");
        // A quadratic reader would take an hour.
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    }
}
