use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::*;

fn merged(target: Option<&str>, patch: &str) -> Value {
    let text = merge_patch(target, patch);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{target:?} + {patch} = {text}: {error}"))
}

/// The examples of RFC 7396, appendix A: original, patch, result.
const APPENDIX: [(&str, &str, &str); 15] = [
    (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
    (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
    (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
    (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
    (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
    (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
    (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
    (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
    (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
    (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
    (r#"{"a":"foo"}"#, "null", "null"),
    (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
    (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
    ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
    ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
];

#[test]
fn every_example_of_the_rfc_comes_out_as_it_says() {
    for (original, patch, result) in APPENDIX {
        let expected: Value = serde_json::from_str(result).expect("JSON");
        assert_eq!(merged(Some(original), patch), expected, "{original} + {patch}");
    }
}

#[test]
fn texts_are_copied_as_they_are_spelled() {
    for (target, patch, result) in [
        (None, r#"{"a":1,"b":null,"c":{"d":null}}"#, r#"{"a":1,"c":{}}"#),
        (None, " null ", "null"),
        (Some(r#"{"a": 1}"#), " [ null, {\"b\": null} ] ", r#"[ null, {"b": null} ]"#),
        (
            Some(r#"{"n": 1.00, "x": 1e2}"#),
            r#"{"m":1.0,"o":-0.10}"#,
            r#"{"n":1.00,"x":1e2,"m":1.0,"o":-0.10}"#,
        ),
        (
            Some(r#"{"n": 1234567890123456789012345678901234567890}"#),
            r#"{"m":0.1234567890123456789012345678901234567890}"#,
            r#"{"n":1234567890123456789012345678901234567890,"m":0.1234567890123456789012345678901234567890}"#,
        ),
        // A key is what its readers see; the target's spelling stays.
        (Some(r#"{"a": 1, "é\"": 2}"#), r#"{"\u0061":{},"\u00e9\u0022":null}"#, r#"{"a":{}}"#),
        (
            Some(r#"{"\\": 1, "}": {"{": "]"}}"#),
            r#"{"\\":2,"}":{"\"":3}}"#,
            r#"{"\\":2,"}":{"{":"]","\"":3}}"#,
        ),
        (Some(r#"{"a": {"b": [1, 2]}, "c": 3}"#), r#"{"a":{"b":{}}}"#, r#"{"a":{"b":{}},"c":3}"#),
    ] {
        assert_eq!(merge_patch(target, patch), result, "{target:?} + {patch}");
    }
}

/// The RFC's own pseudocode.
fn naive(target: Value, patch: &Value) -> Value {
    let Value::Object(changes) = patch else { return patch.clone() };
    let mut object = match target {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    for (key, change) in changes {
        if change.is_null() {
            object.remove(key);
        } else {
            let before = object.remove(key).unwrap_or(Value::Null);
            object.insert(key.clone(), naive(before, change));
        }
    }
    Value::Object(object)
}

/// A generator of documents: xorshift, so that each run sees the same ones.
struct Random(u64);

const KEYS: [&str; 8] = ["a", "b", "", "é", "\"", "\\", "a\"},{", "\u{1F600}"];

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 12 }) {
            0 | 1 => Value::Null,
            2 => Value::Bool(self.below(2) == 0),
            3 | 4 => Value::from(self.below(1000)),
            5 => Value::from(KEYS[self.below(KEYS.len())]),
            6 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => {
                let members =
                    (0..self.below(6)).map(|_| (KEYS[self.below(KEYS.len())], self.value(depth - 1)));
                Value::Object(members.map(|(key, value)| (key.to_owned(), value)).collect())
            }
        }
    }

    /// One of the ways to write a value.
    fn spelled(&mut self, value: &Value) -> String {
        let text = match value {
            Value::Object(members) => {
                let members: Vec<String> = members
                    .iter()
                    .map(|(key, value)| {
                        format!("{}:{}", self.spelled(&key.as_str().into()), self.spelled(value))
                    })
                    .collect();
                format!("{{{}{}}}", members.join(","), self.blank())
            }
            Value::Array(values) => {
                let values: Vec<String> = values.iter().map(|value| self.spelled(value)).collect();
                format!("[{}{}]", values.join(","), self.blank())
            }
            Value::String(text) if self.below(2) == 0 => {
                let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
                format!("\"{}\"", units.collect::<String>())
            }
            other => other.to_string(),
        };
        format!("{}{text}{}", self.blank(), self.blank())
    }

    fn blank(&mut self) -> &'static str {
        ["", "", " ", "\n\t"][self.below(4)]
    }
}

#[test]
fn random_documents_come_out_as_by_the_rfcs_pseudocode() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut changed = 0;
    for _ in 0..20_000 {
        let (target, patch) = (random.value(5), random.value(5));
        let texts = (random.spelled(&target), random.spelled(&patch));
        let expected = naive(target.clone(), &patch);
        changed += usize::from(expected != target && expected != patch);
        assert_eq!(merged(Some(&texts.0), &texts.1), expected, "{texts:?}");
        assert_eq!(merged(None, &texts.1), naive(Value::Null, &patch), "{texts:?}");
    }
    assert!(changed > 4000, "{changed} merges were more than one of the two texts");
}

fn nested(depth: usize, members: impl Iterator<Item = String>) -> String {
    let members: Vec<String> = members.collect();
    format!("{}{{{}}}{}", "{\"a\":".repeat(depth), members.join(","), "}".repeat(depth))
}

#[test]
fn the_work_is_proportional_to_the_texts_however_deep_they_are() {
    let time = |depth: usize| {
        let target = nested(depth, (0..70_000).map(|n| format!("\"{n:x}\":0")));
        let patch = nested(depth, (35_000..105_000).map(|n| format!("\"{n:x}\":1")));
        let started = Instant::now();
        let merged = merge_patch(Some(&target), &patch);
        let took = started.elapsed();
        assert_eq!(merged.matches(":0").count(), 35_000);
        assert_eq!(merged.matches(":1").count(), 70_000);
        took
    };
    let best = |depth| (0..3).map(|_| time(depth)).min().expect("a time");
    let (flat, deep) = (best(0), best(126));
    println!("70,000 members merged into as many: {flat:?} at the top, {deep:?} in 126 levels");
    assert!(deep < flat * 3 + Duration::from_millis(50), "{flat:?}, {deep:?}");
}
