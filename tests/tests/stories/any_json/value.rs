//! A JSON value that keeps all that RFC 8259 allows: digits of any number, and strings of any UTF-16 code units.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

/// A value. Two are equal if they are the same value, however they are spelled; numbers need the same digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Literal(String),
    Number(String),
    String(Vec<u16>),
    Array(Vec<Value>),
    Object(BTreeMap<Vec<u16>, Value>),
}

impl Value {
    pub(super) const NULL: &str = "null";

    /// Reads a JSON text.
    pub(super) fn parse(text: &str) -> Self {
        let mut reader = Reader(text.chars().peekable());
        let value = reader.value();
        reader.skip_blanks();
        assert_eq!(reader.0.next(), None, "one value");
        value
    }

    pub(super) fn is_null(&self) -> bool {
        *self == Self::Literal(Self::NULL.to_owned())
    }

    /// The pseudocode of RFC 7396.
    pub(super) fn merged(self, patch: &Self) -> Self {
        let Self::Object(changes) = patch else { return patch.clone() };
        let mut object = if let Self::Object(object) = self { object } else { BTreeMap::new() };
        for (key, change) in changes {
            let before = object.remove(key).unwrap_or(Self::Literal(Self::NULL.to_owned()));
            if !change.is_null() {
                object.insert(key.clone(), before.merged(change));
            }
        }
        Self::Object(object)
    }
}

struct Reader<'a>(Peekable<Chars<'a>>);

impl Reader<'_> {
    fn skip_blanks(&mut self) {
        while self.0.next_if(|one| one.is_ascii_whitespace()).is_some() {}
    }

    fn next(&mut self) -> char {
        self.skip_blanks();
        self.0.next().expect("more of the text")
    }

    /// Tells whether this comes next, and goes past it.
    fn takes(&mut self, expected: char) -> bool {
        self.skip_blanks();
        self.0.next_if_eq(&expected).is_some()
    }

    fn value(&mut self) -> Value {
        match self.next() {
            '"' => Value::String(self.string()),
            '[' => {
                let mut values = Vec::new();
                while !self.takes(']') {
                    values.push(self.value());
                    self.takes(',');
                }
                Value::Array(values)
            }
            '{' => {
                let mut members = BTreeMap::new();
                while !self.takes('}') {
                    assert_eq!(self.next(), '"');
                    let key = self.string();
                    assert_eq!(self.next(), ':');
                    let value = self.value();
                    assert!(members.insert(key, value).is_none(), "a key stands here twice");
                    self.takes(',');
                }
                Value::Object(members)
            }
            first => {
                let mut word = String::from(first);
                while let Some(next) =
                    self.0.next_if(|one| one.is_ascii_alphanumeric() || "+-.".contains(*one))
                {
                    word.push(next);
                }
                if first.is_alphabetic() { Value::Literal(word) } else { Value::Number(word) }
            }
        }
    }

    /// The code units up to the closing quote.
    fn string(&mut self) -> Vec<u16> {
        let mut units = Vec::new();
        loop {
            let character = match self.0.next().expect("a closing quote") {
                '"' => return units,
                '\\' => match self.0.next().expect("an escape") {
                    'u' => {
                        let digits: String = self.0.by_ref().take(4).collect();
                        units.push(u16::from_str_radix(&digits, 16).expect("four digits"));
                        continue;
                    }
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    other => other,
                },
                other => other,
            };
            units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
        }
    }
}
