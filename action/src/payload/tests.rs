//! Each form of input has a document or a refusal that names it.

use super::*;

fn read(bytes: &[u8], format: DataFormat) -> Result<Document, PayloadError> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), bytes).expect("written");
    from_file(&NamedFile::anywhere("report.json".into(), file.path().to_owned()), format)
}

fn refusal(bytes: &[u8], format: DataFormat) -> String {
    read(bytes, format).expect_err("refused").to_string()
}

#[test]
fn each_wrong_document_has_its_own_message() {
    for (bytes, message) in [
        (&b""[..], "is empty"),
        (b" \n\t", "is empty"),
        (b"\xEF\xBB\xBF\n", "is empty"),
        (b"\xFF\xFE{\0}\0", "is encoded as UTF-16, not UTF-8"),
        (b"\xFE\xFF\0{\0}", "is encoded as UTF-16, not UTF-8"),
        (b"{\0}\0", "is encoded as UTF-16 (little-endian), not UTF-8"),
        (b"\0{\0}", "is encoded as UTF-16 (big-endian), not UTF-8"),
        (b"{\0\"\0\xFC\0\"\0", "is encoded as UTF-16 (little-endian), not UTF-8"),
        (b"\xFF\xFE\0\0{\0\0\0", "is encoded as UTF-32, not UTF-8"),
        (b"\"ab\xFF\"", "is not UTF-8: the first invalid byte is at offset 3"),
        (b"{\n\"a\": \"\xC3", "is not valid JSON: unexpected end at line 2, column 7"),
        (b"{\n  \"a\": }", "is not valid JSON: expected value at line 2, column 8"),
        (b"{\"a\": \"\\None\"}", "is not valid JSON: invalid escape at line 1, column 9"),
        (b"[1,\n2", "is not valid JSON: unexpected end at line 2, column 1"),
        (b"[\n{\"a\": 1},\n{\"b\": 2}\n", "is not valid JSON: unexpected end at line 4, column 1"),
        (b"[1,\n[2]\n", "is not valid JSON: unexpected end at line 3, column 1"),
        (b"[1 // one\n]", "is not valid JSON: comment at line 1, column 4"),
        (b"{ /* one */ }", "is not valid JSON: comment at line 1, column 3"),
        (b"[\n# one\n1]", "is not valid JSON: comment at line 2, column 1"),
        (b"{\"a\": [1, 2 ,\n]}", "is not valid JSON: trailing comma at line 2, column 1"),
        (b"{\"a\": 1,}", "is not valid JSON: trailing comma at line 1, column 9"),
        (b"{a: 1}", "is not valid JSON: key without quotes at line 1, column 2"),
        (b"{'a': 1}", "is not valid JSON: string in single quotes at line 1, column 2"),
        (b"[\"a\", 'b']", "is not valid JSON: string in single quotes at line 1, column 7"),
        (b"{\"a\": None}", "is not valid JSON: None, True or False at line 1, column 7"),
        (b"[True]", "is not valid JSON: None, True or False at line 1, column 2"),
        (b"{\"a\": NaN}", "is not valid JSON: NaN or Infinity at line 1, column 7"),
        (b"[nan]", "is not valid JSON: NaN or Infinity at line 1, column 3"),
        (b"[1, -Infinity]", "is not valid JSON: NaN or Infinity at line 1, column 6"),
        (b"[Infinity]", "is not valid JSON: NaN or Infinity at line 1, column 2"),
        (b"NaN", "is not valid JSON: NaN or Infinity at line 1, column 1"),
        (b"Command not found", "is not valid JSON: expected value at line 1, column 1"),
        (b"TypeError: x\n    at f (a.js:1:2)\n", "is not valid JSON: expected value at line 1, column 1"),
        (b"Error: no\nHint: log in\n", "is not valid JSON: expected value at line 1, column 1"),
        (b"2026-11-26 10:00 done\n", "is not valid JSON: trailing characters at line 1, column 5"),
        (b"rule,path,line\nxss,a.js,3\n", "is not valid JSON: expected value at line 1, column 1"),
        (b"\"a\": 1\n", "is not valid JSON: trailing characters at line 1, column 4"),
    ] {
        assert_eq!(refusal(bytes, DataFormat::Json), format!("data-file \"report.json\" {message}"));
    }
}

#[test]
fn other_formats_are_recognised() {
    let mut tar = vec![b'x'; 600];
    tar[257..262].copy_from_slice(b"ustar");
    for (bytes, message) in [
        (&b"\x1F\x8B\x08\0rest"[..], "is compressed with gzip"),
        (b"PK\x03\x04\x14\0", "is a ZIP archive"),
        (b"PK\x05\x06\0\0", "is a ZIP archive"),
        (b"\x28\xB5\x2F\xFD\x04", "is compressed with zstd"),
        (b"\xFD7zXZ\0\0", "is compressed with xz"),
        (b"BZh91AY&SY", "is compressed with bzip2"),
        (&tar, "is a tar archive"),
        (b"<!DOCTYPE html>\n<html>", "is an HTML page, not JSON"),
        (b"\n<HTML lang=\"en\">", "is an HTML page, not JSON"),
        (b"<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC>", "is an HTML page, not JSON"),
        (b"<?xml version=\"1.0\"?>\n<testsuites/>", "is XML, not JSON"),
        (b"<testsuites/>", "is XML, not JSON"),
        (b"---\nfindings: []\n", "looks like YAML, not JSON"),
        (b"%YAML 1.2\n---\n", "looks like YAML, not JSON"),
        (b"# report\nversion: 1\nfindings:\n  - id: a\n", "looks like YAML, not JSON"),
        (b"findings:\r\n- id: a\r\n- id: b\r\n", "looks like YAML, not JSON"),
        (b"- id: a\n  path: b\n- id: c\n", "looks like YAML, not JSON"),
        (b"\x1b[1;39m{\x1b[0m\n}", "contains the escape sequences of terminal colours"),
    ] {
        for format in [DataFormat::Json, DataFormat::JsonLines] {
            assert_eq!(refusal(bytes, format), format!("data-file \"report.json\" {message}"));
        }
    }
}

#[test]
fn text_around_the_json_and_several_values_are_told_apart() {
    let several =
        "contains several JSON values (JSON Lines or concatenated JSON): the second value begins at";
    for (text, message) in [
        ("{} {}", format!("{several} line 1, column 4")),
        ("{\"a\": 1}\n{\"b\": 2}\n", format!("{several} line 2, column 1")),
        ("{\n \"a\": 1\n}\n\n  {\n}\n", format!("{several} line 5, column 3")),
        ("[1][2]", format!("{several} line 1, column 4")),
        ("1\n2\n", format!("{several} line 2, column 1")),
        ("{}\n{\"a\": [", format!("{several} line 2, column 1")),
        ("{}\n3 findings\n", "contains text after the JSON: it begins at line 2, column 1".into()),
        ("{}\nFound 3\n", "contains text after the JSON: it begins at line 2, column 1".into()),
        ("{}]", "contains text after the JSON: it begins at line 1, column 3".into()),
        ("Scanning\nDone: 3\n{\n\"a\": 1}\n", "contains text before the JSON, which begins at line 3".into()),
        ("[INFO] scanning\n[\n{}\n]\n", "contains text before the JSON, which begins at line 2".into()),
        ("a: b\n{\"a\": 1}\nc\n", "contains text before the JSON, which begins at line 2".into()),
    ] {
        assert_eq!(
            refusal(text.as_bytes(), DataFormat::Json),
            format!("data-file \"report.json\" {message}"),
            "{text}"
        );
    }
}

#[test]
fn json_lines_become_an_array_that_keeps_each_text() {
    for (text, array) in [
        ("", "[]"),
        (" \r\n", "[]"),
        ("{\"a\": 1}", "[{\"a\": 1}]"),
        ("[1]", "[[1]]"),
        ("{\"a\":1}\r\n\r\n{\"b\":2}\r\n", "[{\"a\":1},{\"b\":2}]"),
        (
            "{\n  \"n\": 123456789012345678901234567890\n}{}[1e400]\n\"x\" -0.10",
            "[{\n  \"n\": 123456789012345678901234567890\n},{},[1e400],\"x\",-0.10]",
        ),
        ("\u{FEFF}null\ntrue", "[null,true]"),
    ] {
        let document = read(text.as_bytes(), DataFormat::JsonLines).expect("a document");
        assert_eq!(document.as_str(), array);
        assert_eq!(from_text(text, DataFormat::JsonLines).expect("a document"), document);
    }
}

#[test]
fn a_wrong_value_of_json_lines_is_named_with_its_line() {
    for (text, message) in [
        ("{}\n\n{\"a\": NaN}\n", "NaN or Infinity at line 3, column 7, in value 2, which begins at line 3"),
        ("{}\n{\"a\":\n{}\n", "unexpected end at line 4, column 1, in value 2, which begins at line 2"),
        ("{},\n{}\n", "expected value at line 1, column 3, in value 2, which begins at line 1"),
        ("{}\n{}\ndone\n", "expected value at line 3, column 1, in value 3, which begins at line 3"),
        ("{'a': 1}", "string in single quotes at line 1, column 2, in value 1, which begins at line 1"),
    ] {
        assert_eq!(
            refusal(text.as_bytes(), DataFormat::JsonLines),
            format!("data-file \"report.json\" is not valid JSON Lines: {message}")
        );
    }
}

#[test]
fn a_text_becomes_a_string() {
    for (text, string) in [
        ("", r#""""#),
        ("a \"b\"\r\n\tü\u{1b}\\\n", r#""a \"b\"\r\n\tü\u001b\\\n""#),
        ("{\"a\": 1}", r#""{\"a\": 1}""#),
        ("<html>", r#""<html>""#),
        ("\u{FEFF}a", r#""a""#),
    ] {
        assert_eq!(read(text.as_bytes(), DataFormat::Text).expect("a document").as_str(), string);
    }
    for (bytes, message) in [
        (&b"a\0b\0"[..], "is encoded as UTF-16 (little-endian), not UTF-8"),
        (b"\xFF\xFEa\0", "is encoded as UTF-16, not UTF-8"),
        (b"caf\xE9", "is not UTF-8: the first invalid byte is at offset 3"),
        (b"\x1F\x8B\x08\0\xFF", "is compressed with gzip"),
    ] {
        assert_eq!(refusal(bytes, DataFormat::Text), format!("data-file \"report.json\" {message}"));
    }
}

#[test]
fn a_document_keeps_its_text() {
    let text = "{\"n\": 123456789012345678901234567890, \"x\": 1e400}";
    for written in [text.to_owned(), format!("\u{FEFF}{text}\n")] {
        assert_eq!(from_text(&written, DataFormat::Json).expect("a document").as_str(), text);
    }
}

#[test]
fn the_commands_say_where_to_cut() {
    let hint = |text: &str| from_text(text, DataFormat::Json).expect_err("refused").hint().to_owned();
    assert!(hint("Scanning\n{\"a\": 1}").contains("`tail -n +2 FILE > converted.json`"));
    assert!(hint("{\n}\nFound 3\n").contains("`head -n 2 FILE > converted.json`"));
    assert!(!hint("{} Found 3\n").contains("head"));
}
